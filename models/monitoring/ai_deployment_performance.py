"""What came true: scores whose outcome is due by now against what happened, once a week.

The statistics are `ml.outcomes`; here is decided which records count. A record counts once per version: its
first score, when the days within which its outcome has to come are over. Scores of one week make a cohort; a small
one grows.
"""

import math
from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml import counts, outcomes, performance
from ..tools import clock
from ..tools.sampling import drawn
from .ai_deployment_drift import JUDGED, WINDOW

SCORED_AS_PROBABILITY = ("scorecard", "trees", "pipeline", "reviewed")
SHOWN = ("duel", "maturity")  # never tested
FIRST_REPORTS = 12  # that tell how much weeks differ, where its test does not


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    floor_auc = fields.Float(
        "Order Right at Least",
        tracking=True,
        help="Of a record that came true and one that did not, the first has to have the higher score in at least this "
        "share of all cases; 50 % is chance. 0: no such floor.",
    )

    _floor_auc_is_share = models.Constraint(
        "CHECK(floor_auc >= 0 AND floor_auc < 1)", "The share of cases ordered right lies between 0 and 100 %."
    )

    def _report_performance(self):
        """Report on the scores whose outcome is due and that no report has judged; the report, or nothing."""
        self.ensure_one()
        version = self.champion_id
        reports = self.env["ai.deployment.report"].sudo()
        if not version or version.kind not in SCORED_AS_PROBABILITY or self.method != "scorecard":
            return reports
        end = clock.today() - timedelta(days=self.horizon_days)
        start = self._cohort_start(version)
        if start is None or end - start < WINDOW:
            return reports
        own = Domain("version_id", "=", version.id) & Domain("kind", "=", "performance")
        latest = reports.search(own & Domain("window_end", "<=", end), limit=1)
        if latest and end - latest.window_end < WINDOW:
            return reports
        return self._make_performance_report(version, self._cohort(version, start, end), start, end)

    def _cohort_start(self, version):
        """The first day whose scores no report has judged yet, None where nothing was scored."""
        reports = self.env["ai.deployment.report"].sudo()
        own = Domain("version_id", "=", version.id) & Domain("kind", "=", "performance")
        past = Domain("window_end", "<=", clock.today())  # none that was made while the clock was ahead
        judged = reports.search(own & past & Domain("verdict", "in", JUDGED), limit=1)
        if judged:
            return judged.window_end
        first = self.env["ai.deployment.profile"].sudo().search([("version_id", "=", version.id)], order="day", limit=1)
        return first.day or None

    def _first_scores(self, version, start, end, columns):
        """`columns` (SQL) of the first scores from `start` up to, not including, `end`; of very many, a part."""
        count = sum(self.env["ai.deployment.profile"]._counts_by_day(version, start, end).values())
        return self.env.execute_query(
            SQL(
                "SELECT %s FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s AND is_intake"
                " AND failure_type IS NULL AND date >= %s AND date < %s AND %s ORDER BY id",
                columns,
                self.id,
                version.id,
                datetime.combine(start, time.min),
                datetime.combine(end, time.min),
                drawn(SQL("res_id"), count),
            )
        )

    def _cohort(self, version, start, end):
        """First scores from `start` up to, not including, `end` with what came of them: as rows.

        (id, came true, value, prediction, settled without a person, Odoo's opinion); what says nothing is left out. Of
        very many, a part (see `drawn`).
        """
        rows = self._first_scores(
            version,
            start,
            end,
            SQL("res_id, date, predicted_value, prediction, route = 'automatic', incumbent_value"),
        )
        came_true = self.env[self.res_model]._ai_came_true(self, {row[0]: row[1] for row in rows})
        return [(row[0], came_true[row[0]], *row[2:]) for row in rows if row[0] in came_true]

    def _make_performance_report(self, version, cohort, start, end):
        together = outcomes.entered_together(
            self.env[self.res_model]._ai_outcomes(self).ends({row[0]: None for row in cohort}) if cohort else {}
        )
        cohort = [row for row in cohort if not together or row[0] not in together.unknown]
        ids, labels, values, predictions, automatic, _incumbent = (
            map(list, zip(*cohort, strict=True)) if cohort else [[]] * 6
        )
        judged = outcomes.enough(values)
        lines = self._judged_lines(version, cohort, start, end) if judged else []
        moved = [line["text"] for line in lines if line["exceeded"]]
        summary = moved[0] if moved else self.env._("As said.")
        report = (
            self.env["ai.deployment.report"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id,
                    "version_id": version.id,
                    "kind": "performance",
                    "date": clock.now(),
                    "window_start": start,
                    "window_end": end,
                    "row_count": len(cohort),
                    "reference_count": version.row_count,
                    "verdict": ("drifted" if moved else "quiet") if judged else "cannot_judge",
                    "summary": summary if judged else self._not_judged_text(values, start, end),
                    "blind_spot": self._entered_together_text(together),
                    "line_ids": [fields.Command.create({"sequence": n, **line}) for n, line in enumerate(lines)],
                }
            )
        )
        if judged:
            self._update_performance_alerts(report)
        return report

    def _judged_lines(self, version, cohort, start, end):
        """The lines of a report on a cohort that can be judged."""
        ids, labels, values, predictions, automatic, incumbent = map(list, zip(*cohort, strict=True))
        between, order = self._spread_between_weeks(version), self._order_cohort(version, cohort, start, end)
        results = outcomes.judge_outcomes(
            labels,
            values,
            predictions,
            automatic,
            reference=(version.positive_count, version.row_count),
            floor_auc=self.floor_auc or None,
            tested_auc=self._tested_auc(version),
            target_error=self.target_error if self.routing == "error" else None,
            capacity=self.reviews_per_day * max((end - start).days * 5 // 7, 1),
            between=between,
            order=order,
        )
        lines = [self._outcome_values(result, values, order[0]) for result in results]
        off = sum(abs(r.statistic) for r in results if r.name == "in_the_large" and r.exceeded)
        return [
            *lines,
            *self._duel_lines(version, labels, values, _floats(incumbent), start, end),
            *self._segment_values(ids, labels, values, predictions, off),
            *self._gap_values(version, labels, values, predictions),
            *self._watch_lines(version, labels, values, between),
            *self._risk_values(version, labels, values),
            *self._maturity_values(),
            *self._given_up_values(ids, labels, predictions, automatic),
        ]

    def _order_cohort(self, version, cohort, start, end):
        """(came true, value) of a cohort and of the rows before it that no order was judged of, as wins are rare."""
        latest = (
            self.env["ai.deployment.report.line"]
            .sudo()
            .search(
                Domain("report_id.version_id", "=", version.id)
                & Domain("report_id.kind", "=", "performance")
                & Domain("key", "=", "auc")
                & Domain("verdict", "in", JUDGED),
                order="id desc",
                limit=1,
            )
        )
        since = latest.report_id.window_end or self._first_day(version) or start
        earlier = self._cohort(version, since, start) if since < start else []
        return tuple(zip(*((row[1], row[2]) for row in [*earlier, *cohort]), strict=True))

    def _spread_between_weeks(self, version):
        """By how much weeks of this version differ in log odds.

        Told by the weeks that tested it; where these are too few, by its first reports without a fault as well. Later
        ones do not count, or what creeps would become usual.
        """
        offsets = [tuple(week) for week in (version.sudo().held_out or {}).get("weeks") or ()]
        if len(offsets) >= counts.MIN_WEEKS:
            return counts.weekly_spread(offsets) or 0.0
        lines = (
            self.env["ai.deployment.report.line"]
            .sudo()
            .search(
                Domain("report_id.version_id", "=", version.id)
                & Domain("report_id.kind", "=", "performance")
                & Domain("key", "=", "in_the_large")
                & Domain("verdict", "=", "quiet"),
                order="id",
                limit=FIRST_REPORTS,
            )
        )
        for line in lines:
            rows = line.report_id.row_count
            information = ((line.high - line.low) / (2 * 1.96) * rows) ** 2
            if information:
                offsets.append((line.statistic * rows / information, information))
        return counts.weekly_spread(offsets) or 0.0

    def _tested_auc(self, version):
        """How well the version ordered the records that tested it; None where nothing did."""
        labels, values = self._tested_rows(version)
        return performance.auc(labels, values) if len(labels) else None

    # Alerts

    def _update_performance_alerts(self, report):
        alerts, histories, open_causes = self.env["ai.deployment.alert"], self._histories(report), self._open_causes()
        firing, exceeded = {}, {line.key: line for line in report.line_ids if line.exceeded}
        for line in report.line_ids.filtered(lambda line: line.test not in SHOWN and line.verdict != "cannot_judge"):
            cause = f"performance:{line.key}"
            fires, onset = self._alarm(line, cause, histories[line.key, line.test])
            if fires:
                firing[line.key] = line, onset
            elif fires is False and cause in open_causes:
                alerts._resolve(self, cause)
        for key, (line, onset) in firing.items():
            if _is_told_by_another(key, firing, open_causes):
                continue
            alerts._raise(
                self,
                f"performance:{key}",
                name=self._performance_alert_text(line, onset, exceeded),
                suggestion=self._performance_suggestion(line, report),
                onset=onset,
                report=report,
            )
            for other in _less_telling(key):
                alerts._resolve(self, f"performance:{other}")
        self._stop_where_below_floor(report)


def _is_told_by_another(key, firing, open_causes):
    """Whether a line that says the same more plainly is an alert, or becomes one now."""
    more_telling = {other for group in outcomes.ONE_CAUSE if key in group for other in group[: group.index(key)]}
    return any(other in firing or f"performance:{other}" in open_causes for other in more_telling)


def _less_telling(key):
    """Lines that need no alert of their own while this one has one."""
    return {other for group in outcomes.ONE_CAUSE if key in group for other in group[group.index(key) + 1 :]}


def _floats(values):
    return [math.nan if value is None else value for value in values]
