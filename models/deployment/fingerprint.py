"""The fingerprint of what evidence is about: the serving version, its inputs and the filter of the records."""

import hashlib
import json

from odoo.models import BaseModel

# Of an input: what its path leads to at this moment (another source of leads changes no declaration), and the label.
MOMENTARY = {"fields", "name"}


def evidence_fingerprint(deployment: BaseModel) -> str:
    """Return a SHA-256 (hexadecimal) of the serving version and what it reads. Another value ends evidence.

    :param deployment: one sudo record
    """
    deployment.ensure_one()
    made_of = {
        "version": deployment.champion_id.digest or "",
        "inputs": sorted(_declaration(feature) for feature in deployment.feature_ids),
        "domain": deployment.domain or "",
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def _declaration(feature: BaseModel) -> str:
    """Return what the owner has declared of an input, as JSON."""
    spec = {name: value for name, value in feature._to_spec().items() if name not in MOMENTARY}
    return json.dumps({**spec, "own_name": feature.own_name or ""}, sort_keys=True, default=str)
