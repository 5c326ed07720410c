"""What came true: scores whose outcome is due by now against what happened, once a week.

The statistics are `ml.outcomes`; here is decided which records count. A record counts once per version: its
first score, when the days within which its outcome has to come are over. Scores of one week make a cohort; a small
one grows.
"""

import math
from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..ml import outcomes
from . import clock
from .ai_deployment_drift import JUDGED, WINDOW
from .drawn import drawn

SCORED_AS_PROBABILITY = ("scorecard", "trees", "pipeline", "reviewed")
SHOWN = ("duel", "maturity")  # never tested


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    floor_auc = fields.Float(
        "Order Right at Least", tracking=True,
        help="Of a record that came true and one that did not, the first has to have the higher score in at least this "
        "share of all cases; 50 % is chance. 0: no such floor.",
    )  # fmt: skip

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
                columns, self.id, version.id, datetime.combine(start, time.min), datetime.combine(end, time.min),
                drawn(SQL("res_id"), count),
            )
        )  # fmt: skip

    def _cohort(self, version, start, end):
        """First scores from `start` up to, not including, `end` with what came of them: as rows.

        (id, came true, value, prediction, settled without a person, Odoo's opinion); what says nothing is left out. Of
        very many, a part (see `drawn`).
        """
        rows = self._first_scores(
            version, start, end,
            SQL("res_id, date, predicted_value, prediction, route = 'automatic', incumbent_value"),
        )  # fmt: skip
        came_true = self.env[self.res_model]._ai_came_true(self, {row[0]: row[1] for row in rows})
        return [(row[0], came_true[row[0]], *row[2:]) for row in rows if row[0] in came_true]

    def _people_cohort(self, version, start, end):
        """The same for records of which a person had an estimate of their own when they were scored.

        (came true, value, the person's estimate): the first such line of each, judged by what came of it within the
        horizon from then on, as a person speaks later than at the creation.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, date, predicted_value, person_value FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND version_id = %s AND person_value IS NOT NULL AND failure_type IS NULL"
                " AND date >= %s AND date < %s ORDER BY res_id, id",
                self.id, version.id, datetime.combine(start, time.min), datetime.combine(end, time.min),
            )
        )  # fmt: skip
        landmarks = {row[0]: row[1] for row in rows}
        came_true = self.env[self.res_model]._ai_came_true(self, landmarks, from_score=True)
        return [(came_true[row[0]], *row[2:]) for row in rows if row[0] in came_true]

    def _make_performance_report(self, version, cohort, start, end):
        ids, labels, values, predictions, automatic, incumbent = (
            map(list, zip(*cohort, strict=True)) if cohort else [[]] * 6
        )
        results = outcomes.judge_outcomes(
            labels, values, predictions, automatic,
            reference=(version.positive_count, version.row_count), floor_auc=self.floor_auc or None,
            target_error=self.target_error if self.routing == "error" else None,
            capacity=self.reviews_per_day * max((end - start).days * 5 // 7, 1),
        )  # fmt: skip
        lines = [self._outcome_values(result, values) for result in results]
        judged = outcomes.enough(labels)
        if judged:
            lines += self._duel_values("incumbent", labels, values, _floats(incumbent))
            people = self._people_cohort(version, start, end)
            lines += self._duel_values("person", *zip(*people, strict=True)) if people else []
            off = sum(abs(r.statistic) for r in results if r.name == "in_the_large" and r.exceeded)
            lines += self._segment_values(ids, labels, values, predictions, off)
            lines += self._gap_values(version, labels, values, predictions)
            lines += self._risk_values(version, labels, values)
            lines += self._maturity_values()
            lines += self._given_up_values(ids, labels, predictions, automatic)
        moved = [line["text"] for line in lines if line["exceeded"]]
        words = self.env[self.res_model]._ai_words()
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
                    "summary": (moved[0] if moved else self.env._("As said."))
                    if judged
                    else self.env._(
                        "Cannot judge yet: %(wins)s %(positives)s among %(rows)s records whose outcome is due; "
                        "%(least)s are needed of either kind, and %(all)s in all.",
                        wins=sum(labels), positives=words["positives"], rows=len(labels),
                        least=outcomes.MIN_CLASS, all=outcomes.MIN_ROWS,
                    ),
                    "line_ids": [fields.Command.create({"sequence": n, **line}) for n, line in enumerate(lines)],
                }
            )
        )  # fmt: skip
        if judged:
            self._update_performance_alerts(report)
        return report

    # Alerts

    def _update_performance_alerts(self, report):
        alerts, histories, open_causes = self.env["ai.deployment.alert"], self._histories(report), self._open_causes()
        for line in report.line_ids.filtered(lambda line: line.test not in SHOWN and line.verdict != "cannot_judge"):
            cause = f"performance:{line.key}"
            fires, onset = self._alarm(line, cause, histories[line.key, line.test])
            if fires:
                alerts._raise(
                    self, cause,
                    name=self.env._("%(what)s (came in since %(date)s)", what=line.text,
                                    date=format_date(self.env, onset)),
                    suggestion=self.env._("Train again with the outcomes that are known now, and compare."),
                    onset=onset, report=report,
                )  # fmt: skip
            elif fires is False and cause in open_causes:
                alerts._resolve(self, cause)
        self._stop_where_below_floor(report)


def _floats(values):
    return [math.nan if value is None else value for value in values]
