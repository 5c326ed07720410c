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
from .ai_deployment_drift_words import percent
from .drawn import drawn

SCORED_AS_PROBABILITY = ("scorecard", "trees", "pipeline", "reviewed")


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
        latest = reports.search(own, limit=1)
        if latest and end - latest.window_end < WINDOW:
            return reports
        return self._make_performance_report(version, self._cohort(version, start, end), start, end)

    def _cohort_start(self, version):
        """The first day whose scores no report has judged yet, None where nothing was scored."""
        reports = self.env["ai.deployment.report"].sudo()
        own = Domain("version_id", "=", version.id) & Domain("kind", "=", "performance")
        judged = reports.search(own & Domain("verdict", "in", JUDGED), limit=1)
        if judged:
            return judged.window_end
        first = self.env["ai.deployment.profile"].sudo().search([("version_id", "=", version.id)], order="day", limit=1)
        return first.day or None

    def _cohort(self, version, start, end):
        """First scores from `start` up to, not including, `end` with what came of them: as rows.

        (came true, value, prediction, settled without a person, Odoo's opinion); what says nothing is left out. Of very
        many, a part (see `drawn`).
        """
        count = sum(self.env["ai.deployment.profile"]._counts_by_day(version, start, end).values())
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, date, predicted_value, prediction, route = 'automatic', incumbent_value"
                " FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s AND is_intake"
                " AND failure_type IS NULL AND date >= %s AND date < %s AND %s ORDER BY id",
                self.id, version.id, datetime.combine(start, time.min), datetime.combine(end, time.min),
                drawn(SQL("res_id"), count),
            )
        )  # fmt: skip
        came_true = self.env[self.res_model]._ai_came_true({row[0]: row[1] for row in rows}, self.horizon_days)
        return [(came_true[row[0]], *row[2:]) for row in rows if row[0] in came_true]

    def _make_performance_report(self, version, cohort, start, end):
        labels, values, predictions, automatic, incumbent = map(list, zip(*cohort, strict=True)) if cohort else [[]] * 5
        results = outcomes.judge_outcomes(
            labels, values, predictions, automatic,
            reference=(version.positive_count, version.row_count), floor_auc=self.floor_auc or None,
            target_error=self.target_error if self.routing == "error" else None,
        )  # fmt: skip
        lines = [self._outcome_values(result, values) for result in results]
        judged = outcomes.enough(labels)
        if judged:
            lines += self._duel_values(labels, values, [math.nan if each is None else each for each in incumbent])
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

    # Words

    def _outcome_values(self, result, values):
        """A figure as a line of the report, with its sentence."""
        label, text = self._outcome_text(result, values)
        return {
            "key": result.name,
            "label": label,
            "test": result.test,
            "statistic": result.statistic or 0.0,
            "low": result.low or 0.0,
            "high": result.high or 0.0,
            "threshold": result.threshold or 0.0,
            # a figure that was not tested proves nothing: 1, not the 0 that an empty float reads as
            "p_value": 1.0 if result.p_value is None else result.p_value,
            "adjusted_p": 1.0 if result.adjusted_p is None else result.adjusted_p,
            "exceeded": result.exceeded,
            "verdict": result.verdict,
            "text": text,
        }

    def _outcome_text(self, result, values):
        """(what the figure is called, what it says) for people."""
        words, say = self.env[self.res_model]._ai_words(), self.env._
        label = {
            "win_rate": say("Share of %s", words["positives"]),
            "in_the_large": say("Chance said, on average"),
            "slope": say("How far apart"),
            "auc": say("Order"),
            "average_precision": say("Precision of the top"),
            "brier": say("Distance from the truth (Brier)"),
            "brier_skill": say("Better than the base rate"),
            "error_automatic": say("Wrong without a person"),
        }[result.name]
        if result.statistic is None:
            return label, say("Cannot judge yet.")
        text_of = getattr(self, f"_text_of_{result.name}", None)
        if text_of:
            return label, text_of(result, values, words)
        return label, f"{result.statistic:.3f}" if result.name == "brier" else percent(result.statistic)

    def _text_of_win_rate(self, result, _values, words):
        text = self.env._(
            "%(now)s %(positives)s among %(records)s",
            now=percent(result.statistic), positives=words["positives"], records=words["records"],
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._("%(text)s, %(before)s before", text=text, before=percent(result.threshold))

    def _text_of_in_the_large(self, result, values, words):
        said = sum(values) / len(values)
        return self.env._(
            "The scores said %(said)s %(positives)s on average, %(true)s came true",
            said=percent(said), positives=words["positives"], true=percent(said + result.statistic),
        )  # fmt: skip

    def _text_of_slope(self, result, _values, _words):
        if not result.exceeded:
            return self.env._("Scores are as far apart as what came true")
        if result.statistic < 1:
            return self.env._("High scores are too high and low ones too low")
        return self.env._("High scores are too low and low ones too high")

    def _text_of_auc(self, result, _values, words):
        text = self.env._(
            "Of two %(records)s, the one that came true had the higher score in %(now)s of cases "
            "(%(low)s to %(high)s)",
            records=words["records"], now=percent(result.statistic), low=percent(result.low), high=percent(result.high),
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._("%(text)s; asked for: %(floor)s", text=text, floor=percent(result.threshold))

    def _text_of_error_automatic(self, result, _values, _words):
        text = self.env._(
            "%(now)s of what was settled without a person was wrong (%(low)s to %(high)s)",
            now=percent(result.statistic), low=percent(result.low), high=percent(result.high),
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._("%(text)s; promised: at most %(target)s", text=text, target=percent(result.threshold))

    def _duel_values(self, labels, values, incumbent):
        """Lines of ours against Odoo's own estimate on the same records; none where Odoo had no opinion."""
        result = outcomes.duel(labels, values, incumbent)
        if not result:
            return []
        say = self.env._
        verdict = {
            outcomes.OURS: say("Better than Odoo's own estimate on the same %s records", result.rows),
            outcomes.THEIRS: say("Odoo's own estimate was better on the same %s records", result.rows),
            outcomes.TOO_EARLY: say(
                "Too early to say whether Odoo's own estimate is better: about %s more outcomes needed",
                result.more_needed,
            ),
        }[result.verdict]
        shared = {"test": "duel", "verdict": "quiet", "exceeded": False, "threshold": 0.0, "adjusted_p": 1.0}
        gains = {"incumbent:auc": (result.auc, say("Order, ours minus Odoo's")),
                 "incumbent:brier": (result.brier, say("Closer to the truth, ours minus Odoo's"))}  # fmt: skip
        return [
            {**shared, "key": key, "label": label, "statistic": gain.estimate, "low": gain.low, "high": gain.high,
             "p_value": gain.p_value, "text": verdict}
            for key, (gain, label) in gains.items()
        ]  # fmt: skip

    # Alerts

    def _update_performance_alerts(self, report):
        alerts, histories, open_causes = self.env["ai.deployment.alert"], self._histories(report), self._open_causes()
        for line in report.line_ids.filtered(lambda line: line.test != "duel" and line.verdict != "cannot_judge"):
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
