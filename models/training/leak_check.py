"""Inputs that would not be there when they are needed: looked for before a version learns, by `ml.leaks`.

What is refused is left out of the version, and the input says so; an owner overrules it in writing, under "Why it is
known in time". Such an input is not examined again.
"""

from datetime import datetime

from odoo.models import BaseModel

from ...ml import leaks
from ...ml.columns import NUMBER, make_column
from ..features.feature_reader import walk_path

MOST = 5000  # records of each kind that are compared


def inputs_known_in_time(deployment: BaseModel, now: datetime) -> BaseModel:
    """Return the inputs that a version may learn from: those that do not come with the outcome.

    What was found is stored on each input.

    :param deployment: ai.deployment with all rights
    """
    features = deployment.feature_ids
    examined = features.filtered(lambda feature: not (feature.leak_override or "").strip())
    (features - examined).write({"leak_verdict": "fine", "leak_reason": False})
    outcomes = deployment.env[deployment.res_model]._ai_outcomes(deployment)
    rows = outcomes.leak_rows(now, MOST)
    if not rows or not examined:
        return features
    columns = deployment._columns([feature._to_spec() for feature in examined], [row.res_id for row in rows])
    closed = make_column("closed", NUMBER, [row.closed for row in rows]).values > 0
    ages = make_column("age", NUMBER, [row.age_days for row in rows]).values
    labels = make_column("label", NUMBER, [bool(row.label) for row in rows]).values > 0
    created = make_column("created", NUMBER, [row.created for row in rows]).values
    closed_ids = [row.res_id for row in rows if row.closed]
    for feature in examined:
        edited = _edited_after_closing(feature, closed_ids)
        found = leaks.examine(columns[feature.key], closed, ages, labels, created=created, edited_after=edited)
        feature.write({"leak_verdict": found.verdict, "leak_reason": found.reason or False})
    return features.filtered(lambda feature: feature.leak_verdict != "refused")


def _edited_after_closing(feature: BaseModel, closed_ids: list[int]) -> float:
    """Return the largest share of `closed_ids` whose tracking shows a field read here changed after closing."""
    documents = feature.env[feature.res_model]
    outcomes = documents._ai_outcomes(feature.deployment_id)
    names = {steps[0].field.name for path in feature._paths() if (steps := walk_path(documents, path))}
    return max((outcomes.edited_after_closing(name, closed_ids) for name in names), default=0.0)
