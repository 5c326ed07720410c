"""Inputs that would not be there when they are needed: looked for before a version learns, by `ml.leaks`.

What is refused is left out of the version, and the input says so; an owner overrules it in writing, under
"Availability in Time". Such an input is not examined again. What is asked about is used, but holds the version back
(`questions`); what cannot be judged is said so.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np

from odoo.models import BaseModel

from ...ml import leaks
from ...ml.columns import NUMBER, Column, make_column
from ..documents.leak_row import LeakRow
from ..features.feature_reader import paths_of, walk_path
from ..features.past import KEPT, known_since, source_of
from .own_past import OwnPast
from .table import read_moments

MOST = 5000  # records of each kind that are compared
UNKNOWN_MOST = 0.1  # share of moments at which nobody knows what a tracked input was


def inputs_known_in_time(deployment: BaseModel, now: datetime) -> BaseModel:
    """Return the inputs that a version may learn from: those that do not come with the outcome.

    What was found is stored on each input.

    :param deployment: ai.deployment with all rights
    """
    features = deployment.feature_ids
    told = _known_as_they_were(deployment, now) if deployment.landmarks else features.browse()
    examined = (features - told).filtered(lambda feature: not (feature.leak_override or "").strip())
    (features - told - examined).write({"leak_verdict": "fine", "leak_reason": False})
    outcomes = deployment.env[deployment.res_model]._ai_outcomes(deployment)
    rows = outcomes.leak_rows(now, MOST)
    if not examined or not rows:
        return features.filtered(lambda feature: feature.leak_verdict != leaks.REFUSED)
    specs = [feature._to_spec() for feature in examined]
    columns = deployment._columns(specs, [row.res_id for row in rows])
    for feature, found in zip(examined, findings(deployment, specs, columns, rows), strict=True):
        feature.write({"leak_verdict": found.verdict, "leak_reason": found.reason or False})
    return features.filtered(lambda feature: feature.leak_verdict != leaks.REFUSED)


def _known_as_they_were(deployment: BaseModel, now: datetime) -> BaseModel:
    """Return the inputs that are read as they were at each moment: none of them can come with the outcome.

    Judged is only whether anybody knows what they were, and mostly.
    """
    documents = deployment.env[deployment.res_model]
    features = deployment.feature_ids
    specs = {feature: feature._to_spec() for feature in features}
    told = features.filtered(lambda feature: source_of(documents, specs[feature]) != KEPT)
    since, never = known_since(documents, [specs[feature] for feature in told])
    rows = [row for row in documents._ai_outcomes(deployment).landmark_rows(now) if not since or row[2] >= since]
    read = [specs[feature] for feature in told if feature.key not in never]
    latest = rows[-MOST:]
    asked = [(res_id, landmark) for res_id, _created, landmark, _label in latest]
    _columns, known = read_moments(deployment, read, asked) if read and rows else ({}, {})
    labels = np.array([bool(label) for _id, _created, _landmark, label in latest])
    for feature in told:
        flags = known.get(feature.key)
        is_unknown = feature.key in never or (flags is not None and unknown_share(flags, labels) > UNKNOWN_MOST)
        feature.write(
            {
                "leak_verdict": leaks.REFUSED if is_unknown else leaks.FINE,
                "leak_reason": "untracked" if is_unknown else False,
            }
        )
    return told


def unknown_share(known: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of moments at which an input is not known, of the outcome that lacks it more often.

    A gap on one side alone would leave out those who won.

    >>> unknown_share(np.array([True, True, True, False]), np.array([False, False, True, True]))
    0.5
    """
    sides = [known[labels == side] for side in (False, True)]
    return max((1 - float(side.mean()) for side in sides if len(side)), default=0.0)


def _finding(deployment: BaseModel, found: leaks.Finding, now: Column, past: leaks.Past | None) -> leaks.Finding:
    """Return `found`; refused where the input stands for its past and the log of scores shows that it was another."""
    if not deployment.landmarks or past is None or found.verdict == leaks.REFUSED or not past.known.any():
        return found
    known = np.flatnonzero(past.known)
    before, after = (column.take(known).values.astype(str) for column in (past.column, now))
    if np.mean(before != after) <= leaks.EDITS:
        return found
    return replace(found, verdict=leaks.REFUSED, reason="edited_later")


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
        _finding(
            deployment,
            leaks.examine(
                columns[spec["key"]],
                closed,
                ages,
                labels,
                created=created,
                edited_after=_edited_after_closing(deployment, spec, closed_ids),
                past=past.get(spec["key"]),
            ),
            columns[spec["key"]],
            past.get(spec["key"]),
        )
        for spec in specs
    ]


def _edited_after_closing(deployment: BaseModel, spec: dict, closed_ids: list[int]) -> float:
    """Return the largest share of `closed_ids` whose tracking shows a field read here changed after closing."""
    documents = deployment.env[deployment.res_model]
    outcomes = documents._ai_outcomes(deployment)
    names = {steps[0].field.name for path in paths_of(spec) if (steps := walk_path(documents, path))}
    return max((outcomes.edited_after_closing(name, closed_ids) for name in names), default=0.0)
