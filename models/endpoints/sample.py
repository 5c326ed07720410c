"""A made-up record to test an endpoint with: values that its version knows, so that no model has to refuse it."""

from typing import Any

from odoo.models import BaseModel

from ...ml.columns import NUMBER
from ...remote.contract import DOCUMENT, Contract

LANGUAGE = "en_US"  # of names that are sent
TEXT = "Test"


def sample_inputs(version: BaseModel, contract: Contract) -> dict[str, Any]:
    """Return what is sent of a made-up record: {name in the contract: value}.

    A number is 1, a category the level that most records had when the version was bound; a text where none is known.

    :param version: `ai.deployment.version`, in sudo
    """
    documents = version.env[version.deployment_id.res_model].with_context(lang=LANGUAGE)
    specs, features = version._specs(), {feature.name: feature for feature in version._card().features}
    sent: dict[str, Any] = {}
    for key, name in contract.inputs.items():
        spec = specs[key]
        if spec["kind"] == NUMBER:
            sent[name] = 1.0
            continue
        counts = getattr(features[key].bins, "level_counts", {}) if key in features else {}
        level = max(counts, key=lambda one: counts[one], default=None)
        names = {}
        if level is not None and spec["source"] == "path":
            learned = (spec.get("fields") or {}).get(spec["path"])
            names = documents._ai_level_names(spec["path"], [level], learned)
        sent[name] = TEXT if level is None else str(names.get(level, level))
    if contract.document:
        sent[DOCUMENT] = TEXT
    return sent
