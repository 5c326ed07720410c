"""The fingerprint of what evidence is about: the serving version, its inputs and the filter of the records."""

import hashlib
import json

from odoo.models import BaseModel


def evidence_fingerprint(deployment: BaseModel) -> str:
    """Return a SHA-256 (hexadecimal) of the serving version and what it reads. Another value ends evidence.

    :param deployment: one sudo record
    """
    deployment.ensure_one()
    made_of = {
        "version": deployment.champion_id.digest or "",
        "inputs": sorted(
            json.dumps(feature._to_spec(), sort_keys=True, default=str) for feature in deployment.feature_ids
        ),
        "domain": deployment.domain or "",
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
