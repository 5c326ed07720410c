"""Thresholds: where the line lies between what a deployment settles by itself and what is reviewed.

An owner chooses one of five ways: a fixed threshold, a share of wrong decisions that is not to be exceeded (proved on
held-out records, for each side separately), the same as an average (conformal risk control), a number of reviews a day,
or the least cost. What follows from the choice, for the version that serves, is kept in `routing_thresholds`: scoring
reads it there and needs no statistics library.
"""

import math
import statistics
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..tools import clock
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.sampling import MOST, drawn
from .costs import SIDES, cheapest_thresholds
from .quota import CAPACITY, DayQuota

if TYPE_CHECKING:
    from .router import Slate

RECENT = timedelta(days=28)  # records that thresholds are proposed from
WEEK = timedelta(days=7)  # for which quotas are told
ENOUGH = 50  # recent records that say how confident scores are; with fewer, those that tested the version do
FLAGGED_BY_NEED = ("capacity", "cost")  # ways in which a line of its own says what looks unusual enough


# What an owner's choice comes to


def tested_version(deployment: BaseModel) -> BaseModel:
    """Return the serving version, in sudo; of an edited form that of the stored deployment, if the user may read it."""
    return readable_origin(deployment).champion_id.sudo()


def tested_curves(deployment: BaseModel) -> dict[str, Any]:
    """Return what tells how wrong decisions above each confidence are: held-out records, or reviews of values.

    Values that are proposed have no test before people have said which are right.
    """
    if deployment.is_task:
        return deployment.env["ai.deployment.proposal"]._record_curves(readable_origin(deployment))
    return (tested_version(deployment).held_out or {}).get("curves") or {}


def compute_thresholds(deployment: BaseModel) -> dict[str, Any]:
    """Return the threshold of each side, "positive" and "negative", with what it rests on; None where there is none."""
    return THRESHOLDS[deployment.routing](deployment)


def thresholds_of(deployment: BaseModel) -> dict[str, Any]:
    """Return the stored thresholds, or the fixed one where nothing is stored."""
    return deployment.routing_thresholds or _fixed(deployment)


def sides_of(deployment: BaseModel) -> dict[bool, float | None]:
    """Return the stored threshold of each predicted side."""
    lines = thresholds_of(deployment)
    return {side: lines.get(name) for name, side in SIDES.items()}


def _fixed(deployment: BaseModel) -> dict[str, Any]:
    return {"positive": deployment.min_confidence, "negative": deployment.min_confidence}


def flag_line(deployment: BaseModel) -> float | None:
    """Return the `_confidence` below which an unusual record is reviewed; None: the version's flags count."""
    lines = thresholds_of(deployment)
    if deployment.routing not in FLAGGED_BY_NEED or lines.get("by_card"):
        return None
    return math.inf if lines.get("positive") is None else lines["positive"]


def _by_error(deployment: BaseModel) -> dict[str, Any]:
    return _proved(deployment, lambda curves: routing.guaranteed_lines(curves, target_error=deployment.target_error))


def _by_risk(deployment: BaseModel) -> dict[str, Any]:
    return _proved(deployment, lambda curves: routing.risk_controlled_lines(curves, risk=deployment.target_risk))


def _proved(deployment: BaseModel, prove: Callable[[dict], dict[bool, routing.Side]]) -> dict[str, Any]:
    """Return each side's threshold with its evidence; a side without proof has none, so all of it is reviewed."""
    curves = tested_curves(deployment)
    if not curves:
        return {"positive": None, "negative": None}
    found = prove({side: curves[name] for name, side in SIDES.items()})
    lines = {name: found[side].line for name, side in SIDES.items()}
    evidence = {name: [found[side].cases, found[side].errors] for name, side in SIDES.items()}
    return {**lines, "evidence": evidence}


def _by_capacity(deployment: BaseModel) -> dict[str, Any]:
    """Return one threshold for both sides, such that about as many records fall below it as a day allows."""
    confidences, per_day = recent_confidences(deployment)
    most = deployment.reviews_per_day
    if not confidences or not per_day:
        return {"positive": None, "negative": None, "per_day": most}
    found = routing.capacity_line(confidences, len(confidences) / per_day, most)
    line = None if math.isinf(found) else found
    return {"positive": line, "negative": line, "per_day": most}


THRESHOLDS: dict[str, Callable[[BaseModel], dict[str, Any]]] = {
    "threshold": _fixed,
    "error": _by_error,
    "risk": _by_risk,
    "capacity": _by_capacity,
    "cost": cheapest_thresholds,
}


def recent_confidences(deployment: BaseModel) -> tuple[list[float], float]:
    """Return how little each recent record needed a review, and records a day: from the log, else from the test.

    The usual day counts, not the mean: a first load of all open records in one night is no day's work.
    """
    version = tested_version(deployment)
    if not version:
        return [], 0.0
    since, tomorrow = (clock.now() - RECENT).date(), clock.today() + timedelta(days=1)
    days = deployment.env["ai.deployment.profile"]._counts_by_day(version, since, tomorrow)
    if sum(days.values()) >= ENOUGH:
        return _logged_confidences(deployment, version, days), statistics.median(days.values())
    held_out = version.held_out or {}
    return held_out.get("sureness") or [], held_out.get("per_day") or 0.0


def _logged_confidences(deployment: BaseModel, version: BaseModel, days: dict[date, int]) -> list[float]:
    """Return how little each record of the latest `days` needed a review: of enough days, at least of a week."""
    count = 0
    for start in sorted(days, reverse=True):
        count += days[start]
        if count >= MOST and max(days) - start >= WEEK:
            break
    rows = deployment.env.execute_query(
        SQL(
            "SELECT confidence, predicted_value FROM ai_deployment_inference WHERE deployment_id = %s AND "
            "version_id = %s AND is_first_inference AND failure_type IS NULL AND date >= %s AND %s",
            deployment._origin.id,
            version.id,
            datetime.combine(start, time.min),
            drawn(SQL("res_id"), count),
        )
    )
    return [_confidence(deployment, *row) for row in rows]


def _confidence(deployment: BaseModel, confidence: Any, value: Any) -> Any:
    """Return how little records need a review: unusual ones do, uncertain ones do; a number or an array (n,)."""
    return 1 - value if deployment.method == "anomaly" else confidence


# Applied to a chunk


class Thresholds:
    """Apply the reasons for reviews that are on, the one of best priority first, within the quotas of the day."""

    def apply(self, slate: "Slate") -> None:
        holds, needs = {}, {}
        for name, rule in slate.rules.items():
            if name in REASONS:
                mask, needs[name] = REASONS[name](slate, rule)
                holds[name] = mask if name == routing.FAILED else mask & ~slate.failed
        slate.distances = _distances(slate)
        quota = DayQuota(slate.deployment, _limits(slate), slate.ids)
        slate.quota = quota
        if holds:
            slate.why = quota.choose(holds, needs)


def _distances(slate: "Slate") -> np.ndarray:
    """Return how far each record is from being reviewed: (n,)."""
    deployment, scored = slate.deployment, slate.scored
    if deployment.method == "anomaly":
        distances = (1 - deployment.flag_rate) - scored.values
    else:
        lines = {side: 0.0 if line is None else line for side, line in sides_of(deployment).items()}
        distances = scored.confidences - np.where(scored.predictions, lines[True], lines[False])
    return distances[slate.rows]


def _limits(slate: "Slate") -> dict[str, int]:
    """Return {limit: reviews a day} of the rules with a cap, and of a capacity."""
    limits = {name: rule["cap"] for name, rule in slate.rules.items() if rule["cap"]}
    deployment = slate.deployment
    return {CAPACITY: deployment.reviews_per_day, **limits} if deployment.routing == "capacity" else limits


# Each reason: for which records of a slate it holds, (n,) of bool, and how little each needs a review, (n,) or None.


def _failed(slate: "Slate", _rule: dict) -> tuple[np.ndarray, None]:
    return slate.failed, None


def _uncertain(slate: "Slate", _rule: dict) -> tuple[np.ndarray, np.ndarray]:
    deployment, scored = slate.deployment, slate.scored
    sides = sides_of(deployment)
    if deployment.method == "anomaly" and deployment.routing in FLAGGED_BY_NEED:
        sides = {True: 0.0, False: 0.0}  # that is a flag then
    unsure = routing.unsure(scored.values, scored.predictions, scored.confidences, sides)
    return unsure[slate.rows], _needs(slate)


def _flagged(slate: "Slate", _rule: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return which records look unusual: none where the deployment does not look for that."""
    deployment, scored = slate.deployment, slate.scored
    if deployment.method != "anomaly":
        return np.zeros(len(slate.ids), dtype=bool), _needs(slate)
    line, needs = flag_line(deployment), _needs(slate)
    return scored.predictions[slate.rows] if line is None else needs < line, needs


def _out_of_support(slate: "Slate", _rule: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return which records have a value never seen before: none where the card cannot tell what it has seen."""
    support = slate.scored.support
    unlike = np.zeros(len(slate.ids), dtype=bool) if support is None else support[slate.rows] < 1
    return unlike, _needs(slate)


def _at_stake(slate: "Slate", rule: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return in which records much money is at stake; those with most are in most need."""
    stakes = np.array([slate.standings[res_id].amount for res_id in slate.ids], dtype=np.float64)
    return stakes >= rule["amount"], -stakes


def _new_vendor(slate: "Slate", _rule: dict) -> tuple[np.ndarray, np.ndarray]:
    is_new = [bool(slate.standings[res_id].is_new_partner) for res_id in slate.ids]
    return np.array(is_new, dtype=bool), _needs(slate)


def _differing(slate: "Slate", _rule: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return of which records Odoo itself thinks otherwise; those where it differs most are in most need."""
    cut = 0.5 if slate.deployment.method == "anomaly" else getattr(slate.card, "threshold", 0.5)
    opinions = np.array(slate.incumbents, dtype=np.float64)
    differing = routing.disagreeing(slate.scored.predictions[slate.rows], opinions, cut)
    return differing, -np.abs(np.nan_to_num(opinions) - slate.scored.values[slate.rows])


def _needs(slate: "Slate") -> np.ndarray:
    return _confidence(slate.deployment, slate.scored.confidences, slate.scored.values)[slate.rows]


REASONS: dict[str, Callable[["Slate", dict], tuple[np.ndarray, np.ndarray | None]]] = {
    routing.FAILED: _failed,
    routing.LOW_CONFIDENCE: _uncertain,
    routing.FLAGGED: _flagged,
    routing.OUT_OF_SUPPORT: _out_of_support,
    routing.AMOUNT: _at_stake,
    routing.NEW_VENDOR: _new_vendor,
    routing.DISAGREEMENT: _differing,
}
