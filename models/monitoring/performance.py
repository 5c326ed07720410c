"""Performance: scores whose outcome is due by now against what happened, once a week.

The statistics are `ml.outcomes`; here is decided which records count. A record counts once per version: its first
score, when the days within which its outcome has to come are over. Scores of one week make a cohort; a small one grows.
"""

import math
from datetime import date, timedelta
from typing import Any, NamedTuple

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import counts, outcomes, performance
from ..tools import clock
from .band_performance import BandPerformance
from .duel import Duel
from .estimated_performance import EstimatedPerformance, tested_rows
from .intake import first_day, first_scores
from .lifetime_performance import LifetimePerformance
from .outcome_maturity import OutcomeMaturity
from .performance_alerts import update_alerts
from .performance_wording import PerformanceWording
from .report_series import ReportSeries
from .segment_performance import SegmentPerformance

SCORED_AS_PROBABILITY = ("scorecard", "pipeline", "reviewed", "remote", "pushed")
FIRST_REPORTS = 12  # that tell how much weeks differ, where its test does not


class Scored(NamedTuple):
    """A record at its first score, and what came of it."""

    res_id: int
    came_true: bool
    value: float
    prediction: bool
    automatic: bool  # settled without a person
    incumbent: float | None  # Odoo's own estimate


class PerformanceMonitor:
    """Compares the scores of the serving version with the outcomes of their records.

    :param deployment: `ai.deployment`, in sudo
    :param version: the version to look at instead of the serving one
    """

    def __init__(self, deployment: BaseModel, version: BaseModel | None = None) -> None:
        self.deployment, self.env = deployment, deployment.env
        self.version = deployment.champion_id if version is None else version
        self.documents = self.env[deployment.res_model]
        self.series = ReportSeries(deployment, self.version, "performance")
        self.wording = PerformanceWording(deployment)

    def report(self) -> BaseModel:
        """Report on the scores whose outcome is due and that no report has judged; return the report, or an empty one.

        Versions that give no probabilities have no such reports.
        """
        if self.version.kind not in SCORED_AS_PROBABILITY or self.deployment.method != "scorecard":
            return self.series.reports
        end = clock.today() - timedelta(days=self.deployment.horizon_days)
        start = self.series.start()
        if not start or not self.series.is_due(start, end):
            return self.series.reports
        return self._report_on(self.cohort(start, end), start, end)

    def cohort(self, start: date, end: date) -> list[Scored]:
        """Return first scores from `start` up to, not including, `end` with what came of them.

        What says nothing is left out. Of very many, a sample is read.
        """
        rows = first_scores(
            self.deployment,
            self.version,
            start,
            end,
            SQL("res_id, date, predicted_value, prediction, route = 'automatic', incumbent_value"),
        )
        landmarks = {res_id: moment for res_id, moment, *_told in rows}
        came_true = self.documents._ai_came_true(self.deployment, landmarks)
        return [Scored(res_id, came_true[res_id], *told) for res_id, _moment, *told in rows if res_id in came_true]

    def spread_between_weeks(self, weeks: int = 1) -> float:
        """Return by how much so many `weeks` of this version together differ from others, in log odds.

        Told by the weeks that tested it; where these are too few, by its first reports without a fault as well. Later
        ones do not count, or what creeps would become usual.
        """
        offsets = [tuple(week) for week in (self.version.held_out or {}).get("weeks") or ()]
        if len(offsets) >= counts.MIN_WEEKS:
            return counts.spread_of(offsets, weeks) or 0.0
        for line in self.series.first_quiet_lines("in_the_large", FIRST_REPORTS):
            rows = line.report_id.row_count
            information = ((line.high - line.low) / (2 * 1.96) * rows) ** 2
            if information:
                offsets.append((line.statistic * rows / information, information))
        return counts.weekly_spread(offsets) or 0.0

    def tested_auc(self) -> float | None:
        """Return how well the version ordered the records that tested it; None where nothing did."""
        labels, values = tested_rows(self.version)
        return performance.auc(labels, values) if len(labels) else None

    def _report_on(self, cohort: list[Scored], start: date, end: date) -> BaseModel:
        together = outcomes.entered_together(
            self.documents._ai_outcomes(self.deployment).ends({row.res_id: None for row in cohort}) if cohort else {}
        )
        cohort = [row for row in cohort if not together or row.res_id not in together.unknown]
        values, between = [row.value for row in cohort], self.spread_between_weeks(round((end - start).days / 7))
        judged = outcomes.enough(values) or outcomes.surprising([row.came_true for row in cohort], values, between)
        lines = self._lines(cohort, start, end, between) if judged else []
        moved = [line["text"] for line in lines if line["exceeded"]]
        summary = moved[0] if moved else self.wording.told(lambda there: there.env._("As expected."))
        report = self.series.create(
            start,
            end,
            lines,
            row_count=len(cohort),
            reference_count=self.version.row_count,
            verdict=("drifted" if moved else "quiet") if judged else "cannot_judge",
            summary=summary if judged else self.wording.told(lambda there: there.not_judged(values, start, end)),
            blind_spot=self.wording.told(lambda there: there.entered_together(together)),
        )
        if judged:
            update_alerts(self.series, report)
        return report

    def _lines(self, cohort: list[Scored], start: date, end: date, between: float) -> list[dict]:
        """Return the lines of a report on a cohort that can be judged, `between` as in `outcomes.judge_outcomes`."""
        ids, labels, values, predictions, automatic, incumbent = (list(column) for column in zip(*cohort, strict=True))
        order = self._order_cohort(cohort, start)
        results = outcomes.judge_outcomes(
            labels,
            values,
            predictions,
            automatic,
            reference=(self.version.positive_count, self.version.row_count),
            floor_auc=self.deployment.floor_auc or None,
            tested_auc=self.tested_auc(),
            target_error=self.deployment.target_error if self.deployment.routing == "error" else None,
            capacity=self.deployment.reviews_per_day * max((end - start).days * 5 // 7, 1),
            between=between,
            order=order,
        )
        off = sum(abs(r.statistic) for r in results if r.name == "in_the_large" and r.exceeded and r.statistic)
        lifetime = LifetimePerformance(self.deployment, self.version)
        opinions = [math.nan if value is None else value for value in incumbent]
        given_up = [row.res_id for row in cohort if row.came_true and row.automatic and not row.prediction]
        return [
            *(self.wording.line(result, values, order[0]) for result in results),
            *BandPerformance(self.deployment).lines(labels, values),
            *Duel(self.deployment, lifetime).lines(labels, values, opinions, start, end),
            *SegmentPerformance(self.deployment, self.series).lines(ids, labels, values, predictions, off),
            *EstimatedPerformance(self.deployment).gap_lines(labels, values, predictions),
            *lifetime.watch_lines(labels, values, between),
            *lifetime.risk_lines(labels, values),
            *OutcomeMaturity(self.deployment).lines(),
            *self.wording.given_up_lines(given_up, len(cohort)),
        ]

    def _order_cohort(self, cohort: list[Scored], start: date) -> tuple[tuple[Any, ...], ...]:
        """Return (came true, value), each a tuple, of a cohort and the rows before it that no order was judged of.

        Wins are rare, so that the order of one cohort can often not be judged.
        """
        since = self.series.latest_line("auc").report_id.window_end or first_day(self.version) or start
        earlier = self.cohort(since, start) if since < start else []
        return tuple(zip(*((row.came_true, row.value) for row in [*earlier, *cohort]), strict=True))
