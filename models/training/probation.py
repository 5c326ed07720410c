"""The first days of a promoted version: guards that roll it back by themselves.

What it does is compared with what the version before did, with what people can review, and with what the replay said
of it before the promotion. A share counts only where it is beyond doubt (Clopper-Pearson), so a handful of records
rolls nothing back. What serves after an automatic rollback is on no probation, so there are never two in a row.
"""

import statistics
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import intervals, performance, promotion
from ...ml.drift import stability_index
from ..alerting.alert_kinds import ROLLBACK
from ..routing.forecast import answers_per_day
from ..tools import clock
from ..tools.limits import LONGEST_TOLD
from ..tools.told import said_in, told
from ..tools.wording import about, number, percent, plain
from .replay import SCORE_BINS, known_outcomes
from .rollback import Rollback

MIN_ROWS = 50  # first scores, under which nothing is said
MOST_ROWS = 20_000  # that two versions are compared on
BEFORE = timedelta(days=28)  # of the version before
LEVEL = 0.999  # of the shares, which are looked at hourly
FAILED_SHARE = 0.05  # of records, which may fail in any case
FAR = 0.25  # stability index; usual limit of a shift that needs action
MIN_SCORES = 200  # for the shape of the scores, where bins of few records say nothing
TIMES = 2.0  # as many flags as expected, or half as many
MIN_OUTCOMES = 50  # below which a version on probation is not judged
OFF = 0.1  # mean score against the share that came true


class Days(NamedTuple):
    """What a version did within some days: counts of first scores, and of all that failed."""

    rows: int
    failed: int
    reviewed: int
    flagged: int
    bins: list[int]


class Probation:
    """The probation of the serving version of one deployment.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.assignment = deployment.assignment_ids.filtered(lambda one: one.role == "champion" and not one.end_date)[
            :1
        ]

    def _in(self, env: Environment) -> "Probation":
        return Probation(self.deployment.with_env(env))

    @property
    def is_on(self) -> bool:
        """Return whether the serving version was promoted in the last days, in place of another one."""
        assignment, days = self.assignment, self.deployment.probation_days
        return bool(
            days
            and assignment.way == "promotion"
            and clock.now() < assignment.start_date + timedelta(days=days)
            and self._before()
        )

    def watch(self) -> str:
        """Roll the serving version back where a guard is broken; return what was found, empty where all is well."""
        if not self.is_on:
            return ""
        broken = self.broken()
        if not broken:
            return ""
        env, deployment, version = self.env, self.deployment, self.assignment.version_id
        sentences = told(env, lambda there: " ".join(self._in(there).broken()))
        found, previous = " ".join(broken), self._before()
        try:
            with env.cr.savepoint():
                Rollback(deployment).to(previous, "automatic_rollback", found)
        except UserError as error:
            why = str(error)
            name = told(
                env,
                lambda there: there._(
                    "“%(name)s” should be rolled back: %(found)s",
                    name=deployment.name,
                    found=said_in(there, sentences),
                )[:LONGEST_TOLD],
            )
            suggestion = told(
                env,
                lambda there: there._(
                    "It was not rolled back automatically: %s Promote another version, or suspend it.", why
                ),
            )
        else:
            name = told(
                env,
                lambda there: there._(
                    "“%(name)s” was rolled back from %(old)s to %(new)s: %(found)s",
                    name=deployment.name,
                    old=version.name,
                    new=previous.name,
                    found=said_in(there, sentences),
                )[:LONGEST_TOLD],
            )
            suggestion = told(
                env,
                lambda there: there._(
                    "Open %s to have its records scored again. The next version is promoted by a person.", version.name
                ),
            )
        env["ai.deployment.alert"]._raise(deployment, ROLLBACK, name=name, suggestion=suggestion)
        return found

    def broken(self) -> list[str]:
        """Return a sentence for each guard that does not hold."""
        start = self.assignment.start_date
        now = self._days(self.assignment.version_id, start, clock.now())
        before = self._days(self._before(), start - BEFORE, start)
        if now.rows + now.failed < MIN_ROWS:
            return []
        found = [self._failures(now, before), self._load(now, before), self._scores(now), self._calibration()]
        return [text for text in found if text]

    def _before(self) -> BaseModel:
        """Return the version that served before; empty where none did."""
        served = self.deployment.assignment_ids.filtered(lambda one: one.role == "champion").sorted("id", reverse=True)
        return served.filtered(lambda one: one.version_id != self.assignment.version_id)[:1].version_id

    def _days(self, version: BaseModel, start: datetime, end: datetime) -> Days:
        self.env["ai.deployment.inference"].flush_model()
        [counts] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FILTER (WHERE is_first_inference), COUNT(DISTINCT res_id) FILTER"
                " (WHERE failure_type IS NOT NULL), COUNT(*) FILTER (WHERE is_first_inference AND route = 'review'"
                " AND failure_type IS NULL), COUNT(*) FILTER (WHERE is_first_inference AND prediction), %s"
                " FROM (SELECT * FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s"
                " AND date >= %s AND date < %s ORDER BY id DESC LIMIT %s) AS line",
                SQL(", ").join(
                    SQL(
                        "COUNT(*) FILTER (WHERE is_first_inference AND LEAST(FLOOR(predicted_value * %s), %s) = %s)",
                        SCORE_BINS,
                        SCORE_BINS - 1,
                        place,
                    )
                    for place in range(SCORE_BINS)
                ),
                self.deployment.id,
                version.id,
                start,
                end,
                MOST_ROWS,
            )
        )
        first, failed, reviewed, flagged, *bins = counts
        return Days(first, failed, reviewed, flagged, bins)

    def _failures(self, now: Days, before: Days) -> str:
        total = now.rows + now.failed
        low, _high = intervals.clopper_pearson(now.failed, total, LEVEL)
        usual = before.failed / max(before.rows + before.failed, 1)
        if low <= max(FAILED_SHARE, TIMES * usual):
            return ""
        return self.env._(
            "%(share)s of the records could not be scored, %(usual)s with the version before.",
            share=percent(self.env, now.failed / total),
            usual=percent(self.env, usual),
        )

    def _load(self, now: Days, before: Days) -> str:
        capacity = max(answers_per_day(self.deployment), float(self.deployment.reviews_per_day))
        if not capacity:
            return ""
        per_day = self._usual_per_day()
        sides = [promotion.overload(side.reviewed, side.rows, per_day, capacity) for side in (now, before)]
        broken = promotion.newly_broken(*sides)
        if not broken:
            return ""
        return self.env._(
            "About %(found)s records a day are sent to review; people answer about %(allowed)s.",
            found=about(self.env, broken[0].found),
            allowed=plain(self.env, round(capacity, 1)),
        )

    def _usual_per_day(self) -> float:
        """Return new records of a usual day: a new version scores all open records anew, which is no usual day."""
        start = self.assignment.start_date
        days = self.env["ai.deployment.profile"]._counts_by_day(
            self._before(), (start - BEFORE).date(), start.date() + timedelta(days=1)
        )
        if days:
            return float(statistics.median(days.values()))
        return (self.assignment.version_id.held_out or {}).get("per_day") or 0.0

    def _scores(self, now: Days) -> str:
        """Return whether flags or scores are far from what the replay said before the promotion."""
        said = self._expected()
        if not said or not said["rows"]:
            return ""
        low, high = intervals.clopper_pearson(now.flagged, now.rows, LEVEL)
        if low > TIMES * said["flagged"] or high < said["flagged"] / TIMES:
            return self.env._(
                "%(share)s of the records are flagged; the replay before the promotion said %(said)s.",
                share=percent(self.env, now.flagged / now.rows, 1),
                said=percent(self.env, said["flagged"], 1),
            )
        if min(now.rows, said["rows"]) < MIN_SCORES:
            return ""
        index = stability_index(np.array(said["bins"]), np.array(now.bins))
        if index <= FAR:
            return ""
        return self.env._(
            "The scores are far from those of the replay before the promotion (stability index %s).",
            plain(self.env, round(float(index), 2)),
        )

    def _expected(self) -> dict[str, Any]:
        comparison = self.env["ai.deployment.comparison"].search(
            [
                ("deployment_id", "=", self.deployment.id),
                ("challenger_id", "=", self.assignment.version_id.id),
                ("state", "=", "done"),
                ("end_date", "<=", self.assignment.start_date),
            ],
            limit=1,
        )
        return (comparison.result or {}).get("expected") or {}

    def _calibration(self) -> str:
        """Return whether the scores are far from what came true, where outcomes are known this early."""
        if self.deployment.method == "anomaly":
            return ""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, date, predicted_value FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND version_id = %s AND is_first_inference AND failure_type IS NULL"
                " AND date >= %s ORDER BY res_id, id LIMIT %s",
                self.deployment.id,
                self.assignment.version_id.id,
                self.assignment.start_date,
                MOST_ROWS,
            )
        )
        known = known_outcomes(self.deployment, {res_id: moment for res_id, moment, _value in rows}) if rows else {}
        judged = [(known[res_id], value) for res_id, _moment, value in rows if res_id in known and value is not None]
        if len(judged) < MIN_OUTCOMES:
            return ""
        labels, values = (np.array(side, dtype=np.float64) for side in zip(*judged, strict=True))
        off = float(values.mean() - labels.mean())
        if abs(off) <= OFF or performance.in_the_large_test(labels, values).p_value > 1 - LEVEL:
            return ""
        return self.env._(
            "The mean score is %(said)s; %(true)s of %(count)s came true.",
            said=percent(self.env, float(values.mean())),
            true=percent(self.env, float(labels.mean())),
            count=number(self.env, len(judged)),
        )
