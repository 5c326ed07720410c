"""Forecast of reviews of a batch before scoring, with the workload of reviewers.

It applies the deployment's present lines and reasons to what the version scored last; where that is too little, to the
records that tested the version. What a reason's cap or the reviews of a day leave out is left out here as well.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..tools import clock
from ..tools.sampling import MOST, drawn
from ..tools.wording import days_text, number, percent
from .quota import SHARED
from .router import rules_on
from .thresholds import flag_line, thresholds_of

RECENT = timedelta(days=28)  # records that a forecast is made from
ENOUGH = 50  # scored records that say which share goes to people; with fewer, those that tested the version do
ENOUGH_DAYS = 5  # with answers, that say how many a day there are; with fewer, the owner's setting does
FAR = 20  # days of reviewing, beyond which somebody has to confirm a batch: four weeks of work


class Forecast(NamedTuple):
    """Expected reviews of a batch."""

    records: int  # that have no score by this version yet
    reviews: int
    basis: int  # scored records that the share was taken from; 0 where it was taken from the test
    per_day: float  # answers a day

    @property
    def days(self) -> float:
        return self.reviews / self.per_day if self.per_day else math.inf

    @property
    def is_far_beyond(self) -> bool:
        """Return whether this is far more than the reviewers can answer."""
        return bool(self.reviews) and self.days > FAR

    def sentence(self, env: Environment) -> str:
        """Say it in the reader's language; empty where nobody is asked."""
        if not self.records:
            return ""
        values = {
            "reviews": number(env, self.reviews),
            "records": number(env, self.records),
            "share": percent(env, self.reviews / self.records),
            "basis": number(env, self.basis),
        }
        if self.basis:
            told = env._(
                "About %(reviews)s of %(records)s new records will be sent to human review (%(share)s): "
                "estimated from %(basis)s records recently scored by this version.",
                **values,
            )
        else:
            told = env._(
                "About %(reviews)s of %(records)s new records will be sent to human review (%(share)s): "
                "estimated from the test records of this version.",
                **values,
            )
        if not self.reviews or not self.per_day:
            return told
        per_day = number(env, self.per_day, 0 if self.per_day >= 1 else 1)
        days = days_text(env, max(math.ceil(self.days), 1))
        return env._(
            "%(told)s That is %(days)s of work (answers a day: %(per_day)s).",
            told=told,
            per_day=per_day,
            days=days,
        )


def forecast(deployment: BaseModel, ids: Sequence[int], again: bool = False) -> Forecast | None:
    """Return what scoring the records `ids` will ask of people; None where no version can tell.

    :param deployment: record of `ai.deployment`, in sudo
    :param again: whether records that have not changed are scored as well
    """
    version = deployment.champion_id
    if not version or not ids:
        return None
    shares, basis = _shares_of_late(deployment, version)
    if shares is None:
        shares = _shares_in_test(deployment, version)
    if shares is None:
        return None
    records = len(ids) if again else _unscored(deployment, version, ids)
    return Forecast(records, _reviews(deployment, shares, records), basis, answers_per_day(deployment))


def _unscored(deployment: BaseModel, version: BaseModel, ids: Sequence[int]) -> int:
    """Count the records without a current score by this version; the others have rarely changed."""
    [[count]] = deployment.env.execute_query(
        SQL(
            "SELECT COUNT(*) FROM unnest(%s::int[]) AS asked (id) WHERE NOT EXISTS"
            " (SELECT FROM ai_deployment_score score WHERE score.deployment_id = %s AND score.res_id = asked.id"
            " AND score.version_id = %s AND score.state = 'scored')",
            list(ids),
            deployment.id,
            version.id,
        )
    )
    return count


def _shares_of_late(deployment: BaseModel, version: BaseModel) -> tuple[dict[str, float] | None, int]:
    """({reason: share of what this version scored lately that goes to people by the present settings}, records read)"""
    since, tomorrow = (clock.now() - RECENT).date(), clock.today() + timedelta(days=1)
    days = deployment.env["ai.deployment.profile"]._counts_by_day(version, since, tomorrow)
    count = sum(days.values())
    if count < ENOUGH:
        return None, 0
    rows = deployment.env.execute_query(
        SQL(
            "SELECT predicted_value, prediction, confidence, review_reason, failure_type IS NOT NULL FROM "
            "ai_deployment_inference WHERE deployment_id = %s AND version_id = %s AND is_first_inference AND "
            "date >= %s AND %s LIMIT %s",
            deployment.id,
            version.id,
            datetime.combine(since, time.min),
            drawn(SQL("res_id"), count),
            2 * MOST,
        )
    )
    if len(rows) < ENOUGH:
        return None, 0
    said, flags, sure, reasons, failed = zip(*rows, strict=True)
    values, confidences = np.array(said, dtype=np.float64), np.array(sure, dtype=np.float64)
    predictions = np.array(list(map(bool, flags)))
    unsure, name = needs_review(deployment, values, predictions, confidences)
    counts = Counter()
    for reason, is_failed, is_unsure in zip(reasons, failed, unsure.tolist(), strict=True):
        if is_failed:
            counts[routing.FAILED] += 1
        elif is_unsure:
            counts[name] += 1
        elif reason and reason not in (*SHARED, routing.AUDIT):
            counts[reason] += 1
    shares = {reason: found / len(rows) for reason, found in counts.items()}
    shares[routing.AUDIT] = (1 - sum(shares.values())) * deployment.audit_share
    return shares, len(rows)


def needs_review(
    deployment: BaseModel, values: np.ndarray, predictions: np.ndarray, confidences: np.ndarray
) -> tuple[np.ndarray, str]:
    """Return ((n,) bool: which rows are on the wrong side of the present lines, the reason that says so)."""
    if deployment.method != "anomaly":
        lines = thresholds_of(deployment)
        sides = {True: lines.get("positive"), False: lines.get("negative")}
        return routing.unsure(values, predictions, confidences, sides), routing.LOW_CONFIDENCE
    line = flag_line(deployment)
    return predictions if line is None else 1 - values < line, routing.FLAGGED


def _shares_in_test(deployment: BaseModel, version: BaseModel) -> dict[str, float] | None:
    """{reason: share of the records that tested the version}; None without a test."""
    if deployment.method == "anomaly":
        line = flag_line(deployment) if deployment.routing == "cost" else None
        return {
            routing.FLAGGED: deployment.flag_rate if line is None else min(line, 1.0),
            routing.AUDIT: deployment.audit_share,
        }
    curves = (version.held_out or {}).get("curves") or {}
    total = sum(curve[-1][1] for curve in curves.values() if curve)
    if not total:
        return None
    lines = thresholds_of(deployment)
    settled = sum(
        routing.settled_by_line([curve], lines[side])[0]
        for side, curve in curves.items()
        if curve and lines.get(side) is not None
    )
    unsure = 1 - settled / total
    return {routing.LOW_CONFIDENCE: unsure, routing.AUDIT: (1 - unsure) * deployment.audit_share}


def _reviews(deployment: BaseModel, shares: dict[str, float], records: int) -> int:
    """Count the reviews expected of `records`, within the caps of active reasons and the daily quota."""
    rules, limits = rules_on(deployment), {}
    counts = {reason: share * records for reason, share in shares.items() if reason in rules}
    for reason, count in counts.items():
        limits[reason] = min(count, rules[reason]["cap"] or math.inf)
    if deployment.routing == "capacity":
        shared = sum(limits.pop(reason, 0) for reason in SHARED)
        limits[routing.LOW_CONFIDENCE] = min(shared, deployment.reviews_per_day)
    return round(sum(limits.values()))


def answers_per_day(deployment: BaseModel) -> float:
    """Answers a day: of the days with answers in the last weeks, else as many as the owner says can be looked at."""
    deployment.env["ai.deployment.review"].flush_model(["decided_date", "deployment_id", "state"])
    answers, days = deployment.env.execute_query(
        SQL(
            "SELECT COUNT(*), COUNT(DISTINCT decided_date::date) FROM ai_deployment_review"
            " WHERE deployment_id = %s AND state = 'decided' AND decided_date > %s",
            deployment.id,
            clock.now() - RECENT,
        )
    )[0]
    return answers / days if days >= ENOUGH_DAYS else float(deployment.reviews_per_day)
