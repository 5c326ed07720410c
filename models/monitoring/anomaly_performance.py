"""What came of flagged records where nobody knows an outcome by itself: reviewers' verdicts, random checks, reversals.

Judged is a window of verdicts: how many of the flagged ones were right, what random checks found among the others, how
many that went through were reversed later, and how much money lies in what was found. Only the first is held against
a floor; rare events allow no more.
"""

from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ...ml import intervals
from ..tools import clock
from ..tools.wording import percent
from .drift import JUDGED, WINDOW
from .performance_wording import UNTESTED

MIN_FLAGGED = 10  # verdicts on flagged records, under which their share says nothing


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    floor_precision = fields.Float(
        "Flagged Right at Least",
        tracking=True,
        help="Of the flagged records that reviewers decided, at least this share has to be unusual. 0: no floor.",
    )

    _floor_precision_is_share = models.Constraint(
        "CHECK(floor_precision >= 0 AND floor_precision < 1)", "The share flagged right lies between 0 and 100 %."
    )

    def _report_verdicts(self):
        """Report on the verdicts that no report has judged, once a week; the report, or nothing."""
        self.ensure_one()
        version, end = self.champion_id, clock.today()
        reports = self.env["ai.deployment.report"].sudo()
        if not version or self.method != "anomaly":
            return reports
        own = Domain("version_id", "=", version.id) & Domain("kind", "=", "performance")
        own &= Domain("window_end", "<=", end)  # none that was made while the clock was ahead
        start = reports.search(own & Domain("verdict", "in", JUDGED), limit=1).window_end or self._first_day(version)
        latest = reports.search(own, limit=1)
        if not start or end - start < WINDOW or (latest and end - latest.window_end < WINDOW):
            return reports
        decided = self._decided_reviews(version, start, end)
        flagged = [row for row in decided if row[1] == "flagged"]
        judged = len(flagged) >= MIN_FLAGGED
        lines = [self._precision_line(flagged)] if judged else []
        lines += self._audit_lines([row for row in decided if row[1] == "audit"])
        lines += self._reversal_lines(version, start, end)
        moved = [line["text"] for line in lines if line["exceeded"]]
        report = reports.create(
            {
                "deployment_id": self.id,
                "version_id": version.id,
                "kind": "performance",
                "date": clock.now(),
                "window_start": start,
                "window_end": end,
                "row_count": len(decided),
                "reference_count": version.row_count,
                "verdict": ("drifted" if moved else "quiet") if judged else "cannot_judge",
                "summary": (moved[0] if moved else lines[0]["text"])
                if judged
                else self.env._(
                    "Cannot judge yet: %(rows)s of %(needed)s verdicts on flagged %(records)s.",
                    rows=len(flagged),
                    needed=MIN_FLAGGED,
                    records=self.env[self.res_model]._ai_words()["records"],
                ),
                "line_ids": [fields.Command.create({"sequence": n, **line}) for n, line in enumerate(lines)],
            }
        )
        if judged:
            self._update_performance_alerts(report)
        return report

    def _decided_reviews(self, version, start, end):
        """(record id, why it came, whether it was unusual, chance of the random check) of verdicts in a window.

        Of several about one record the latest counts, as in training.
        """
        self.env["ai.deployment.review"].flush_model()
        return self.env.execute_query(
            SQL(
                # What is flagged is flagged whatever reason it came by: the one of best priority is told.
                "SELECT DISTINCT ON (review.res_id) review.res_id,"
                " CASE WHEN review.prediction AND review.reason <> 'audit' THEN 'flagged' ELSE review.reason END,"
                " review.ground_truth = 'positive', 1 / NULLIF(review.label_weight, 0)"
                " FROM ai_deployment_review review"
                " WHERE review.deployment_id = %s AND review.version_id = %s AND review.state = 'decided'"
                " AND review.is_label AND review.decided_date >= %s AND review.decided_date < %s"
                " ORDER BY review.res_id, review.id DESC",
                self.id,
                version.id,
                datetime.combine(start, time.min),
                datetime.combine(end, time.min),
            )
        )

    def _precision_line(self, flagged):
        right = [res_id for res_id, _why, unusual, _chance in flagged if unusual]
        low, high = intervals.clopper_pearson(len(right), len(flagged))
        exceeded = bool(self.floor_precision) and high < self.floor_precision
        words = self.env[self.res_model]._ai_words()
        text = self.env._(
            "%(right)s of %(flagged)s flagged %(records)s were %(positive)s (%(low)s to %(high)s)",
            right=len(right),
            flagged=len(flagged),
            low=percent(self.env, low),
            high=percent(self.env, high),
            records=words["records"],
            positive=words["positive"],
        )
        if self.floor_precision:
            text = self.env._(
                "%(text)s; asked for: %(floor)s", text=text, floor=percent(self.env, self.floor_precision)
            )
        money = self._money_text(right)
        return {
            **UNTESTED,
            "key": "precision",
            "test": "floor" if self.floor_precision else "figure",
            "label": self.env._("Flagged and %s", words["positive"]),
            "statistic": len(right) / len(flagged),
            "low": low,
            "high": high,
            "threshold": self.floor_precision,
            "exceeded": exceeded,
            "verdict": "drifted" if exceeded else "quiet",
            "text": f"{text}. {money}" if money else text,
        }

    def _audit_lines(self, audited):
        """What random checks say of all that nobody looked at."""
        audited = [row for row in audited if row[3]]
        if not audited:
            return []
        share, low, high = intervals.weighted_share([row[2] for row in audited], [row[3] for row in audited])
        return [
            {
                **UNTESTED,
                "key": "audit",
                "test": "figure",
                "label": self.env._("Missed, by random checks"),
                "statistic": share,
                "low": low,
                "high": high,
                "text": self.env._(
                    "%(checks)s random checks: %(share)s of what went through was %(positive)s (%(low)s to %(high)s)",
                    checks=len(audited),
                    share=percent(self.env, share),
                    low=percent(self.env, low),
                    high=percent(self.env, high),
                    positive=self.env[self.res_model]._ai_words()["positive"],
                ),
            }
        ]

    def _reversal_lines(self, version, start, end):
        """Of the records scored a horizon ago: how many were reversed since, and had a person seen these?"""
        due = timedelta(days=self.horizon_days)
        rows = self._first_scores(version, start - due, end - due, SQL("res_id, date, route = 'automatic'"))
        landmarks = {row[0]: row[1] for row in rows}
        came = self.env[self.res_model]._ai_came_true(self, landmarks) if landmarks else {}
        reversed_ids = [res_id for res_id, is_reversed in came.items() if is_reversed]
        if not reversed_ids:
            return []
        alone = {row[0] for row in rows if row[2]}
        missed = [res_id for res_id in reversed_ids if res_id in alone]
        text = self.env._(
            "%(reversed)s of %(all)s %(records)s were reversed within %(days)s days; "
            "%(missed)s of them had gone through",
            reversed=len(reversed_ids),
            all=len(came),
            days=self.horizon_days,
            missed=len(missed),
            records=self.env[self.res_model]._ai_words()["records"],
        )
        money = self._money_text(missed)
        return [
            {
                **UNTESTED,
                "key": "reversed",
                "test": "figure",
                "label": self.env._("Reversed later"),
                "statistic": len(missed) / len(reversed_ids),
                "text": f"{text}. {money}" if money else text,
            }
        ]

    def _money_text(self, ids):
        """The money in records `ids`, as a sentence; empty where there is none."""
        amount = sum(self.env[self.res_model].sudo().browse(ids).exists()._ai_amounts().values())
        if not amount:
            return ""
        currency = self.company_id.currency_id
        return self.env._("In them: %s", formatLang(self.env, amount, currency_obj=currency))
