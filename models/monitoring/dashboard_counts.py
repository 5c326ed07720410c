"""Charts of the dashboard that are made of counts: how the scores are distributed, and how many records come.

Read are profiles, sums of days and current scores; nothing here looks at the log.
"""

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.binning import few_digits
from ...ml.profile import SCORE
from ..tools import clock
from ..tools.wording import number, percent, plain, short_day
from .chart import Opens, Point, chart, opens, row
from .dashboard_alerts import AlertMarks
from .intake import first_scored_between

NOW_DAYS = timedelta(days=28)  # that the distribution of scores shows
MOST_BARS = 10  # of the distribution of scores
TO_A_PERSON = ("in_review", "reviewed", "expired")


class CountCharts:
    """Charts of one version.

    :param deployment: `ai.deployment`, with the rights of who looks
    :param version: whose scores are shown; the serving one where not given
    """

    def __init__(self, deployment: BaseModel, version: BaseModel | None = None) -> None:
        self.deployment, self.env = deployment, deployment.env
        self.version = deployment.champion_id if version is None else version

    def distribution(self, card: Any) -> dict:
        """Return the chart of scores of the last weeks beside those of the reference, in the bins of the monitors.

        :param card: the scorer of the serving version, None where it cannot be used
        """
        version = self.version
        title = self.env._("Scores now and in the reference")
        if card is None:
            return chart(title, [], [], empty=self.env._("No version can be read, so there are no scores."))
        end = clock.today() + timedelta(days=1)
        start = end - NOW_DAYS
        bins, reference = card.score_bins, self.env["ai.deployment.reference"]._of(version)[0]
        now = self.env["ai.deployment.profile"]._sum(version, start, end)
        if not bins.intervals or not reference.rows:
            return chart(title, [], [], empty=self.env._("The version has no counts to compare with."))
        if not now.rows:
            empty = self.env._("No record was scored for the first time in the last %s days.", NOW_DAYS.days)
            return chart(title, [], [], empty=empty)
        # Few bars: with twenty of a few hundred records, chance is all that one sees. A wide bar holds several bins.
        # A bar begins where a list can tell exactly: Odoo compares scores to four digits.
        lows = [0.0, *bins.edges]
        exact = [place for place, low in enumerate(lows) if round(low, 4) == low]
        starts = exact[:: math.ceil(len(exact) / MOST_BARS)]
        cuts = [*(lows[start] for start in starts), 1.0]
        shares, rows = {}, {}
        for name, profile in (("now", now), ("before", reference)):
            rows[name] = np.add.reduceat(bins.fold(profile.counts[SCORE]), starts).tolist()
            shares[name] = [count / max(sum(rows[name]), 1) for count in rows[name]]
        scored = (
            first_scored_between(self.deployment, start, end)
            & Domain("version_id", "=", version.id)
            & Domain("failure_type", "=", False)
        )
        standing = self.standing_counts(cuts)
        texts = [plain(self.env, cut) for cut in few_digits([100 * cut for cut in cuts])]
        labels = [self.env._("%(low)s to %(high)s %%", low=low, high=high) for low, high in pairwise(texts)]
        learned = opens("ai.deployment.version", self.env._("Reference"), Domain("id", "=", version.id))
        series = [
            row(
                self.env._("Last %s days", NOW_DAYS.days),
                "bar",
                [
                    (
                        round(share, 4),
                        self._share_text(share, count),
                        opens(
                            "ai.deployment.inference",
                            self.env._("Scores of %s", label),
                            scored & _between("predicted_value", cuts, place),
                        ),
                    )
                    for place, (share, count, label) in enumerate(zip(shares["now"], rows["now"], labels, strict=True))
                ],
            ),
            row(
                self.env._("Reference"),
                "before",
                [
                    (round(share, 4), self._share_text(share, count), learned)
                    for share, count in zip(shares["before"], rows["before"], strict=True)
                ],
            ),
            row(
                self.env._("All records today"),
                "line",
                [
                    (
                        round(count / max(sum(standing), 1), 4),
                        self._share_text(count / max(sum(standing), 1), count),
                        opens(
                            "ai.deployment.score",
                            self.env._("Records with %s", label),
                            self._standing_domain() & _between("predicted_value", cuts, place),
                        ),
                    )
                    for place, (count, label) in enumerate(zip(standing, labels, strict=True))
                ],
            ),
        ]
        note = self.env._(
            "%(now)s first scores, compared with a reference of %(reference)s.",
            now=number(self.env, now.rows),
            reference=number(self.env, reference.rows),
        )
        return chart(title, labels, series, percents=True, note=note)

    def volumes(self, count: int, marks: AlertMarks | None = None) -> dict:
        """Return the chart of records requested in each of the last `count` weeks, and of first scores that failed."""
        title = self.env._("Records per week")
        this_week = clock.today() - timedelta(days=clock.today().weekday())
        weeks = [this_week - timedelta(weeks=back) for back in reversed(range(count))]
        sums = self.env["ai.deployment.ledger"].search_fetch(
            [("deployment_id", "=", self.deployment.id), ("day", ">=", weeks[0])],
            ["day", "automatic", *TO_A_PERSON, "waiting"],
        )
        failed = self._failed_per_day(weeks[0])
        if not sums and not any(failed.values()):
            empty = self.env._("No record was requested in the last %s weeks.", count)
            return chart(title, [], [], empty=empty)

        def per_week(count: Callable[[date, date], int], target: Callable[[date, date], Opens]) -> list[Point]:
            points: list[Point] = []
            for week in weeks:
                found = count(week, week + timedelta(weeks=1))
                points.append((found, number(self.env, found), target(week, week + timedelta(weeks=1))))
            return points

        def asked(start: date, end: date) -> Domain:
            return (
                Domain("deployment_id", "=", self.deployment.id)
                & Domain("day", ">=", str(start))
                & Domain("day", "<", str(end))
            )

        def logged(route: str) -> Callable[[date, date], Opens]:
            def target(start: date, end: date) -> Opens:
                domain = (
                    Domain("deployment_id", "=", self.deployment.id)
                    & Domain("route", "=", route)
                    & Domain("requested_day", ">=", str(start))
                    & Domain("requested_day", "<", str(end))
                )
                return opens("ai.deployment.inference", self.env._("Log"), domain)

            return target

        def summed(*names: str) -> Callable[[date, date], int]:
            return lambda start, end: sum(sum(row[name] for name in names) for row in sums if start <= row.day < end)

        series = [
            row(self.env._("Automatic"), "bar", per_week(summed("automatic"), logged("automatic"))),
            row(self.env._("Human review"), "bar", per_week(summed(*TO_A_PERSON), logged("review"))),
        ]
        if any(row.waiting for row in sums):
            waiting = per_week(
                summed("waiting"),
                lambda start, end: opens("ai.deployment.ledger", self.env._("Reconciliation"), asked(start, end)),
            )
            series.append(row(self.env._("Waiting"), "bar", waiting))
        failures = per_week(
            lambda start, end: sum(count for day, count in failed.items() if start <= day < end),
            lambda start, end: opens(
                "ai.deployment.inference",
                self.env._("Could Not Be Scored"),
                first_scored_between(self.deployment, start, end) & Domain("failure_type", "!=", False),
            ),
        )
        series.append(row(self.env._("Of these, could not be scored"), "line", failures))
        return chart(
            title,
            [short_day(self.env, week) for week in weeks],
            series,
            stacked=True,
            note=self.env._("By week of the request, without unchanged records."),
            marks=marks.on_records([(week, week + timedelta(weeks=1)) for week in weeks]) if marks else None,
        )

    def _standing_domain(self) -> Domain:
        return (
            Domain("deployment_id", "=", self.deployment.id)
            & Domain("version_id", "=", self.version.id)
            & Domain("state", "=", "scored")
        )

    def standing_counts(self, cuts: list[float]) -> list[int]:
        """Return how many current scores lie between `cuts`.

        They are shown and never tested, as most records stood there before.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT width_bucket(predicted_value, %s::float8[]), COUNT(*) FROM ai_deployment_score"
                " WHERE deployment_id = %s AND version_id = %s AND state = 'scored' GROUP BY 1",
                cuts[1:-1],
                self.deployment.id,
                self.version.id,
            )
        )
        found = dict(rows)
        return [found.get(place, 0) for place in range(len(cuts) - 1)]

    def _share_text(self, share: float, count: int) -> str:
        return f"{percent(self.env, share, 1)} ({number(self.env, count)})"

    def _failed_per_day(self, start: date) -> dict[date, int]:
        """Return {day: records that could not be scored at their first time}"""
        self.env["ai.deployment.profile"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT day, SUM((counts->>'failed')::int) FROM ai_deployment_profile WHERE day >= %s"
                    " AND version_id IN (SELECT id FROM ai_deployment_version WHERE deployment_id = %s) GROUP BY day",
                    start,
                    self.deployment.id,
                )
            )
        )


def _between(field: str, cuts: list[float], place: int) -> Domain:
    """Return the domain of the interval at `place`; the first and the last one also hold what lies beyond."""
    domain = Domain.TRUE
    if place > 0:
        domain &= Domain(field, ">=", cuts[place])
    if place < len(cuts) - 2:
        domain &= Domain(field, "<", cuts[place + 1])
    return domain
