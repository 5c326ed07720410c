"""From columns to a scorecard or an anomaly model: which learner, with which options.

Its statistics (`ml.training`, `ml.anomaly_training`, `ml.reviewed_training`) are called through `workbench`, which
decides in which process they run; no process that only scores loads scipy.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from odoo.models import BaseModel

from ...ml.columns import NUMBER, Column
from ...ml.errors import TooFewCases
from ...ml.reviewed import SURPRISE
from ..features.ai_deployment_feature import DIRECTIONS
from ..features.input_names import OVERALL
from ..tools import clock
from .readiness import MIN_CASES
from .verdicts import verdicts
from .workbench import train_anomaly, train_reviewed, train_scorecard

ALL_ROWS = (0.85, 0.15, 0.0)  # learn from all; the later part still decides how far back to look

Columns = dict[str, Column]


def fit(
    deployment: BaseModel,
    specs: list[dict],
    columns: Columns,
    moments: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
) -> tuple[Any, Any]:
    """Return (the training that was tested, the training whose card serves).

    :param moments: days, shape (rows,), ascending; `labels`: bool, shape (rows,)
    :param groups: the record of each row, where rows are moments of records
    :raise TrainingError: where the rows do not allow it
    """
    if deployment.method == "anomaly":
        return fit_anomaly(deployment, specs, columns, moments, labels)
    return fit_scorecard(deployment, specs, columns, moments, labels, groups)


def fit_anomaly(
    deployment: BaseModel, specs: list[dict], columns: Columns, moments: np.ndarray, labels: np.ndarray
) -> tuple[Any, Any]:
    """Learn an anomaly model and, where there are enough verdicts, one that has learned from them as well."""
    options = {"flag_rate": deployment.flag_rate, "required": [spec["key"] for spec in specs if spec["required"]]}
    training = learn_usual(specs, columns, moments, **options)
    found, chances = verdicts(deployment)
    if not found:
        return training, training
    rows = deployment.env[deployment.res_model]._ai_training_rows(deployment, clock.now())
    ids = [res_id for res_id, *_told in rows]
    judged = [found.get(res_id) for res_id in ids]
    sampled = [chances.get(res_id, np.nan) for res_id in ids]
    try:
        reviewed = train_reviewed(columns, moments, judged, surprise=training.card, chances=sampled, **options)
    except TooFewCases:
        return training, training
    # Who called keeps the declarations of all that the card reads, this one too.
    specs.append(deployment.feature_ids._card_spec(SURPRISE, OVERALL))
    return reviewed


def fit_scorecard(
    deployment: BaseModel,
    specs: list[dict],
    columns: Columns,
    moments: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
) -> tuple[Any, Any]:
    """Learn a scorecard that is tested on the latest rows, then again by the same recipe with these rows as well.

    Where the world moves, they teach the most. The figures are those of the test; where the latest rows are too few
    for one, of all rows, each judged by a model that has not seen it (`ml.training`).
    """
    options = scorecard_options(deployment, specs)
    if groups is not None:
        options["groups"] = groups
    tested = train_scorecard(columns, labels, moments, **options)
    again = train_scorecard(columns, labels, moments, shares=ALL_ROWS, recipe=tested.recipe, **options)
    return tested, replace(again, metrics={**tested.metrics, "learned_rows": again.metrics["train_rows"]})


def learn_usual(specs: list[dict], columns: Columns, moments: np.ndarray, **options: Any) -> Any:
    """Learn an anomaly model of what is usual in these rows."""
    return train_anomaly(
        columns,
        moments,
        tails={spec["key"]: spec["tail"] for spec in specs if spec["kind"] == NUMBER},
        weights={spec["key"]: spec["weight"] for spec in specs},
        pairs=[(spec["key"], spec["together"]) for spec in specs if spec["together"]],
        context=[spec["key"] for spec in specs if not spec["stands_alone"]],
        **options,
    )


def scorecard_options(deployment: BaseModel, specs: list[dict]) -> dict:
    """Return the options with which a scorecard of `deployment` is learned."""
    return {
        "required": [spec["key"] for spec in specs if spec["required"]],
        "monotone": {spec["key"]: DIRECTIONS[spec["direction"]] for spec in specs if spec["kind"] == NUMBER},
        "min_cases": MIN_CASES,
        "pairs": deployment.max_interactions,
        "positive_weight": deployment.positive_weight,
    }
