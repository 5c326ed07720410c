"""Performance of anomaly models, of whose flagged records nobody knows an outcome by itself.

Judged is a window of reviewers' verdicts: how many of the flagged records were right, what random checks found among
the others, how many that went through were reversed later, and how much money lies in what was found. Only the first
is held against a floor; rare events allow no more.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import intervals
from ..tools import clock
from ..tools.wording import days_text, number, percent
from .intake import first_scores
from .performance_alerts import update_alerts
from .performance_wording import UNTESTED, PerformanceWording
from .report_series import ReportSeries

MIN_FLAGGED = 10  # verdicts on flagged records, under which their share says nothing


class Verdict(NamedTuple):
    """Answer of a reviewer on a record."""

    res_id: int
    reason: str  # why it came: "flagged", "audit" (a random check), or another reason of a review
    is_unusual: bool
    chance: float | None  # of a random check of this record


class AnomalyPerformance:
    """Judges the flagged records of the serving version of an anomaly model.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.version, self.env = deployment, deployment.champion_id, deployment.env
        self.documents = self.env[deployment.res_model]
        self.series = ReportSeries(deployment, self.version, "performance")
        self.wording = PerformanceWording(deployment)

    def report(self) -> BaseModel:
        """Report on the verdicts that no report has judged, once a week; return the report, or an empty one."""
        if not self.version or self.deployment.method != "anomaly":
            return self.series.reports
        end, start = clock.today(), self.series.start()
        if not start or not self.series.is_due(start, end):
            return self.series.reports
        decided = self._decided_reviews(start, end)
        flagged = [verdict for verdict in decided if verdict.reason == "flagged"]
        judged = len(flagged) >= MIN_FLAGGED
        lines = [self._precision_line(flagged)] if judged else []
        lines += self._audit_lines([verdict for verdict in decided if verdict.reason == "audit"])
        lines += self._reversal_lines(start, end)
        moved = [line["text"] for line in lines if line["exceeded"]]
        too_few = self.wording.told(
            lambda there: there.env._(
                "Not enough data yet: %(rows)s of %(needed)s answers on flagged %(records)s.",
                rows=number(there.env, len(flagged)),
                needed=MIN_FLAGGED,
                records=there.words["records"],
            )
        )
        report = self.series.create(
            start,
            end,
            lines,
            row_count=len(decided),
            reference_count=self.version.row_count,
            verdict=("drifted" if moved else "quiet") if judged else "cannot_judge",
            summary=(moved[0] if moved else lines[0]["text"]) if judged else too_few,
        )
        if judged:
            update_alerts(self.series, report)
        return report

    def _decided_reviews(self, start: date, end: date) -> list[Verdict]:
        """Return the verdicts in a window.

        Of several about one record the latest counts, as in training.
        """
        self.env["ai.deployment.review"].flush_model()
        rows = self.env.execute_query(
            SQL(
                # What is flagged is flagged whatever reason it came by: the one of best priority is told.
                "SELECT DISTINCT ON (review.res_id) review.res_id,"
                " CASE WHEN review.prediction AND review.reason <> 'audit' THEN 'flagged' ELSE review.reason END,"
                " review.ground_truth = 'positive', 1 / NULLIF(review.label_weight, 0)"
                " FROM ai_deployment_review review"
                " WHERE review.deployment_id = %s AND review.version_id = %s AND review.state = 'decided'"
                " AND review.is_label AND review.decided_date >= %s AND review.decided_date < %s"
                " ORDER BY review.res_id, review.id DESC",
                self.deployment.id,
                self.version.id,
                datetime.combine(start, time.min),
                datetime.combine(end, time.min),
            )
        )
        return [Verdict(*row) for row in rows]

    def _precision_line(self, flagged: list[Verdict]) -> dict:
        floor = self.deployment.floor_precision
        right = [verdict.res_id for verdict in flagged if verdict.is_unusual]
        low, high = intervals.clopper_pearson(len(right), len(flagged))
        exceeded = bool(floor) and high < floor

        def text(there: PerformanceWording) -> str:
            env = there.env
            found = env._(
                "%(right)s of %(flagged)s flagged %(records)s were %(positive)s (%(low)s to %(high)s)",
                right=number(env, len(right)),
                flagged=number(env, len(flagged)),
                low=percent(env, low),
                high=percent(env, high),
                records=there.words["records"],
                positive=there.words["positive"],
            )
            if floor:
                found = env._("%(text)s; required: %(floor)s", text=found, floor=percent(env, floor))
            return there.with_money(found, right)

        return {
            **UNTESTED,
            "key": "precision",
            "test": "floor" if floor else "figure",
            "label": self.wording.told(lambda there: there.env._("Flagged and %s", there.words["positive"])),
            "statistic": len(right) / len(flagged),
            "low": low,
            "high": high,
            "threshold": floor,
            "exceeded": exceeded,
            "verdict": "drifted" if exceeded else "quiet",
            "text": self.wording.told(text),
        }

    def _audit_lines(self, audited: list[Verdict]) -> list[dict]:
        """Return a line on what random checks say of all that nobody looked at."""
        chances = [verdict.chance for verdict in audited if verdict.chance]
        if not chances:
            return []
        found = [verdict.is_unusual for verdict in audited if verdict.chance]
        share, low, high = intervals.weighted_share(found, chances)
        return [
            {
                **UNTESTED,
                "key": "audit",
                "test": "figure",
                "label": self.wording.told(lambda there: there.env._("Missed, by random checks")),
                "statistic": share,
                "low": low,
                "high": high,
                "text": self.wording.told(
                    lambda there: there.env._(
                        "%(checks)s random checks: %(share)s of the automatic decisions were %(positive)s "
                        "(%(low)s to %(high)s)",
                        checks=number(there.env, len(audited)),
                        share=percent(there.env, share),
                        low=percent(there.env, low),
                        high=percent(there.env, high),
                        positive=there.words["positive"],
                    )
                ),
            }
        ]

    def _reversal_lines(self, start: date, end: date) -> list[dict]:
        """Return a line on reversals of the records scored a horizon ago, and whether a person had seen these."""
        due = timedelta(days=self.deployment.horizon_days)
        columns = SQL("res_id, date, route = 'automatic'")
        rows = first_scores(self.deployment, self.version, start - due, end - due, columns)
        landmarks = {res_id: moment for res_id, moment, _alone in rows}
        came = self.documents._ai_came_true(self.deployment, landmarks) if landmarks else {}
        reversed_ids = [res_id for res_id, is_reversed in came.items() if is_reversed]
        if not reversed_ids:
            return []
        alone = {res_id for res_id, _moment, is_alone in rows if is_alone}
        missed = [res_id for res_id in reversed_ids if res_id in alone]

        def text(there: PerformanceWording) -> str:
            env = there.env
            found = env._(
                "%(reversed)s of %(all)s %(records)s were reversed within the outcome window (%(window)s); "
                "%(missed)s of them had been accepted automatically",
                reversed=number(env, len(reversed_ids)),
                all=number(env, len(came)),
                window=days_text(env, self.deployment.horizon_days),
                missed=number(env, len(missed)),
                records=there.words["records"],
            )
            return there.with_money(found, missed)

        return [
            {
                **UNTESTED,
                "key": "reversed",
                "test": "figure",
                "label": self.wording.told(lambda there: there.env._("Reversed later")),
                "statistic": len(missed) / len(reversed_ids),
                "text": self.wording.told(text),
            }
        ]
