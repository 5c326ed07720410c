"""Inputs that would not be there when they are needed: looked for before a version learns, by `ml.leaks`.

What is refused is left out of the version, and the input says so; an owner overrules it in writing, under
"Availability in Time". Such an input is not examined again. What is asked about is used, but holds the version back
(`questions`); what cannot be judged is said so.
"""

from datetime import datetime

import numpy as np

from odoo.models import BaseModel

from ...ml import leaks
from ...ml.columns import NUMBER, Column, make_column
from ..documents.leak_row import LeakRow
from ..features.feature_reader import paths_of, walk_path
from .own_past import OwnPast

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
    if not examined or not rows:
        return features
    specs = [feature._to_spec() for feature in examined]
    columns = deployment._columns(specs, [row.res_id for row in rows])
    for feature, found in zip(examined, findings(deployment, specs, columns, rows), strict=True):
        feature.write({"leak_verdict": found.verdict, "leak_reason": found.reason or False})
    return features.filtered(lambda feature: feature.leak_verdict != leaks.REFUSED)


def findings(
    deployment: BaseModel, specs: list[dict], columns: dict[str, Column], rows: list[LeakRow]
) -> list[leaks.Finding]:
    """Return what is found on each of the inputs `specs`.

    :param columns: {key: column}, rows as in `rows`
    """
    closed = np.array([row.closed for row in rows])
    ages = make_column("age", NUMBER, [row.age_days for row in rows]).values
    labels = np.array([bool(row.label) for row in rows])
    created = make_column("created", NUMBER, [row.created for row in rows]).values
    closed_ids = [row.res_id for row in rows if row.closed]
    past = OwnPast(deployment, rows).of(specs, columns)
    return [
        leaks.examine(
            columns[spec["key"]],
            closed,
            ages,
            labels,
            created=created,
            edited_after=_edited_after_closing(deployment, spec, closed_ids),
            past=past.get(spec["key"]),
        )
        for spec in specs
    ]


def _edited_after_closing(deployment: BaseModel, spec: dict, closed_ids: list[int]) -> float:
    """Return the largest share of `closed_ids` whose tracking shows a field read here changed after closing."""
    documents = deployment.env[deployment.res_model]
    outcomes = documents._ai_outcomes(deployment)
    names = {steps[0].field.name for path in paths_of(spec) if (steps := walk_path(documents, path))}
    return max((outcomes.edited_after_closing(name, closed_ids) for name in names), default=0.0)
