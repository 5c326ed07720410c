"""Costs of decisions and reviews, and what thresholds cost: the choice by money of `ml.costs`.

What a wrong decision loses and a review costs is entered, or taken from the records: the expected revenue of a lead and
the margin on it, the amount of a bill, the seconds of answered reviews. A review is assumed to find the right answer.
"""

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import costs
from ...ml.costs import Choice
from ...ml.errors import CostError, NoLoss, NoReviewCost, TooFewErrors
from ..tools.ai_deployment_readable_mixin import readable_origin

# of a deployment, that costs are computed from
COST_FIELDS = ("loss_missed", "loss_false", "review_minutes", "value_margin", "value_hourly_cost")
ENTERED, LOGGED = "entered", "logged"
LEAST_LOGGED = 20  # answers whose seconds are known, to say how long a review takes
MOST_REVIEWED = 5000  # latest reviewed records that costs are measured on
SIDES = {"positive": True, "negative": False}


class Untested(CostError):
    """No record has a known outcome, a score and an amount."""

    sentence = "No tested records."


class Tested(NamedTuple):
    """Records with known outcome: how sure their decision was, which it was, and what it was about, (n,) each."""

    confidences: np.ndarray
    predictions: np.ndarray
    wrong: np.ndarray
    amounts: np.ndarray
    weights: np.ndarray


class RoutingCosts:
    """Costs of one deployment and the thresholds that follow from them.

    :param deployment: ai.deployment, also one that is being edited; what is read is the stored one's, with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.stored = readable_origin(deployment).sudo()
        self.env = deployment.env
        self.is_anomaly = deployment.method == "anomaly"

    # What things cost

    @cached_property
    def minutes(self) -> tuple[float, str]:
        """(minutes of a review, whether these are entered or logged); (0, "") where nobody knows."""
        if self.deployment.review_minutes:
            return self.deployment.review_minutes, ENTERED
        reviews = self.env["ai.deployment.review"].sudo()
        reviews.flush_model(["deployment_id", "state", "seconds_spent"])
        ((count, seconds),) = self.env.execute_query(
            SQL(
                "SELECT COUNT(*), AVG(seconds_spent) FROM ai_deployment_review"
                " WHERE deployment_id = ANY(%s) AND state = 'decided' AND seconds_spent > 0",
                self.stored.ids,
            )
        )
        return (float(seconds) / 60, LOGGED) if count >= LEAST_LOGGED else (0.0, "")

    @property
    def review(self) -> float:
        """Money that a review costs; 0 where that is not known."""
        return self.minutes[0] / 60 * self.deployment.value_hourly_cost

    def losses(self, tested: Tested) -> np.ndarray:
        """Return what each decision loses if it is wrong, (n,)."""
        deployment = self.deployment
        missed = np.full(len(tested.amounts), deployment.loss_missed)
        if not deployment.loss_missed:
            missed = np.maximum(tested.amounts, 0.0) * (1.0 if self.is_anomaly else deployment.value_margin)
        if self.is_anomaly:
            return missed
        return np.where(tested.predictions, deployment.loss_false, missed)

    # What was tested

    @cached_property
    def tested(self) -> Tested | None:
        """Records with known outcome; None where there are none."""
        found = self._reviewed() if self.is_anomaly else self._held_out()
        return found if found is not None and len(found.wrong) else None

    def _held_out(self) -> Tested | None:
        stakes = self.stored.champion_id.stakes or {}
        if not stakes:
            return None
        values, labels = np.array(stakes["values"]), np.array(stakes["labels"], dtype=bool)
        predictions = values >= stakes["threshold"]
        return Tested(
            np.maximum(values, 1 - values),
            predictions,
            predictions != labels,
            np.array(stakes["amounts"]),
            np.ones(len(values)),
        )

    def _reviewed(self) -> Tested | None:
        """What people found out about bills of this version: all that were flagged, and random checks by their chance.

        What went to a person for another reason stands for nothing but itself.
        """
        reviews = self.env["ai.deployment.review"].sudo()
        reviews.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, predicted_value, ground_truth = 'positive',"
                " CASE WHEN reason = 'audit' THEN label_weight ELSE 1 END FROM ai_deployment_review"
                " WHERE deployment_id = ANY(%s) AND version_id = %s AND state = 'decided' AND is_label"
                " AND ground_truth IS NOT NULL AND (reason = 'flagged' OR reason = 'audit' AND label_weight > 0)"
                " ORDER BY res_id DESC, id DESC LIMIT %s",
                self.stored.ids,
                self.stored.champion_id.id or 0,
                MOST_REVIEWED,
            )
        )
        if not rows:
            return None
        ids, values, found, weights = zip(*rows, strict=True)
        documents = self.env[self.deployment.res_model].sudo().browse(ids).exists()
        amounts = documents._ai_amounts()
        return Tested(
            1 - np.array(values, dtype=np.float64),
            np.zeros(len(rows), dtype=bool),
            np.array(found, dtype=bool),
            np.array([amounts.get(res_id, math.nan) for res_id in ids], dtype=np.float64),
            np.array(weights, dtype=np.float64),
        )

    # What follows

    def choice(self, side: bool | None = None) -> Choice:
        """Return the threshold that costs least, of one predicted side or of all records.

        :raise CostError: where it cannot be chosen
        """
        tested = self.tested
        if tested is None:
            raise Untested
        rows = np.ones(len(tested.wrong), dtype=bool) if side is None else tested.predictions == side
        return costs.cheapest(
            tested.confidences[rows],
            tested.wrong[rows],
            self.losses(tested)[rows],
            review_cost=self.review,
            weights=tested.weights[rows],
        )

    @cached_property
    def choices(self) -> dict[str, Choice | CostError]:
        """{"positive", "negative": the choice of each predicted side, or why there is none}; "all" for bills."""
        found: dict[str, Choice | CostError] = {}
        for name, side in {"all": None}.items() if self.is_anomaly else SIDES.items():
            try:
                found[name] = self.choice(side)
            except CostError as error:
                found[name] = error
        return found

    def why_not(self, error: CostError) -> str:
        """Return the sentence of an error, in the reader's language."""
        env = self.env
        if isinstance(error, NoReviewCost):
            return env._(
                "To choose by costs, enter the minutes of a review and, under Business Value, the hourly cost."
            )
        if isinstance(error, NoLoss) and self.is_anomaly:
            return env._("To choose by costs, some reviewed bills must have been wrong; none was.")
        if isinstance(error, NoLoss):
            return env._(
                "To choose by costs, enter what a wrong decision loses: the loss per missed case or the margin on won "
                "revenue, and the loss per false positive."
            )
        if isinstance(error, TooFewErrors):
            return env._(
                "Only %(found)s of the decisions tested were wrong; %(needed)s are needed to choose by costs.",
                found=error.found,
                needed=error.needed,
            )
        if self.is_anomaly:
            return env._("To choose by costs, reviewed bills are needed.")
        return env._("To choose by costs, a version tested on records with amounts is needed.")


def cheapest_thresholds(deployment: BaseModel) -> dict[str, float | bool | None]:
    """Return each side's threshold that costs least; what cannot be chosen by costs keeps the fixed threshold.

    None where every review pays, 0 where none does, also as a wrong decision of that side loses nothing. Of bills
    both sides are one; `by_card` says that nothing could be chosen, so that the flags of the version count.
    """
    found = RoutingCosts(deployment)
    lines: dict[str, float | bool | None] = {}
    for name, choice in found.choices.items():
        if isinstance(choice, Choice):
            lines[name] = None if math.isinf(choice.line) else choice.line
        else:
            lines[name] = 0.0 if isinstance(choice, NoLoss) else deployment.min_confidence
    if found.is_anomaly:
        by_card = isinstance(found.choices["all"], CostError)
        return {"positive": lines["all"], "negative": lines["all"], "by_card": by_card}
    if all(isinstance(choice, NoLoss) for choice in found.choices.values()):
        return dict.fromkeys(lines, deployment.min_confidence)
    return lines
