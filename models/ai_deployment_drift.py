"""What comes in: intake of the last week against the reference, and an alert for what moved.

The statistics are `ml.drift`; here is decided which window is compared with what, and which words an owner reads.
A window is at least a calendar week and is judged once; with too few records it stays open and grows.
"""

from datetime import timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date

from ..ml import drift
from ..ml.binning import FIRST
from ..ml.profile import PREDICTION, SCORE, Profile, bins_of
from . import clock

WINDOW = timedelta(days=7)
JUDGED = ("drifted", "quiet")
MIN_ROWS = 50  # under which a window has no verdict


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _report_drift(self):
        """Report on the window that ends today; the report, or nothing where the week is not over."""
        self.ensure_one()
        version, end = self.champion_id, clock.today()
        start = self._window_start(version)
        reports = self.env["ai.deployment.report"].sudo()
        if start is None or end - start < WINDOW:
            return reports
        latest = reports.search(Domain("version_id", "=", version.id) & Domain("kind", "=", "drift"), limit=1)
        if latest and end - latest.window_end < WINDOW:
            return reports  # an open window is looked at once a week, not at every run
        window = self.env["ai.deployment.profile"]._sum(version, start, end)
        return self._make_report(version, window, start, end)

    def _window_start(self, version):
        """The first day that no report has judged yet, None where nothing was scored so far."""
        if not version:
            return None
        judged = (
            self.env["ai.deployment.report"]
            .sudo()
            .search(
                Domain("version_id", "=", version.id) & Domain("kind", "=", "drift") & Domain("verdict", "in", JUDGED),
                limit=1,
            )
        )
        if judged:
            return judged.window_end
        first = self.env["ai.deployment.profile"].sudo().search([("version_id", "=", version.id)], order="day", limit=1)
        return first.day or None

    def _make_report(self, version, window, start, end):
        reference = Profile.from_dict(version.sudo().reference)
        card = version._card()
        bins = bins_of(card)
        results = drift.judge(
            bins, reference, window,
            delta2=drift.PRESETS[self.drift_sensitivity], min_rows=MIN_ROWS, floors=version.sudo().floors or None,
        ) if window.rows else []  # fmt: skip
        lines = [self._line_values(n, result, version, bins, end) for n, result in enumerate(results)]
        report = (
            self.env["ai.deployment.report"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id,
                    "version_id": version.id,
                    "date": clock.now(),
                    "window_start": start,
                    "window_end": end,
                    "row_count": window.rows,
                    "failed_count": window.failed,
                    "reference_count": reference.rows,
                    "is_provisional": True,
                    "verdict": self._report_verdict(window, results),
                    "summary": self._summary(window, results, lines),
                    "line_ids": [(0, 0, line) for line in lines],
                }
            )
        )
        if report.verdict in JUDGED:
            self._update_alerts(report)
        return report

    def _report_verdict(self, window, results):
        if window.rows < MIN_ROWS:
            return "cannot_judge"
        return "drifted" if any(result.exceeded for result in results) else "quiet"

    def _summary(self, window, results, lines):
        verdict = self._report_verdict(window, results)
        if verdict == "cannot_judge":
            return self.env._("Cannot judge yet: %(rows)s of %(needed)s records.", rows=window.rows, needed=MIN_ROWS)
        moved = [line["label"] for line in lines if line["exceeded"]]
        if moved:
            return self.env._("Moved: %s", ", ".join(dict.fromkeys(moved)))
        return self.env._("As before.")

    def _line_values(self, sequence, result, version, bins, end):
        return {
            "sequence": sequence,
            "key": result.name,
            "label": self._column_label(version, result.name),
            "test": result.test,
            "statistic": result.statistic,
            "threshold": result.threshold,
            # a test that was not made proves nothing: 1, not the 0 that an empty float reads as
            "p_value": 1.0 if result.p_value is None else result.p_value,
            "adjusted_p": 1.0 if result.adjusted_p is None else result.adjusted_p,
            "exceeded": result.exceeded,
            "verdict": result.verdict,
            "effect": result.effect,
            "reference_share": result.reference_share or 0.0,
            "window_share": result.window_share or 0.0,
            "text": self._movement_text(result, version, bins),
        }

    def _column_label(self, version, name):
        if name == SCORE:
            return self.env._("The score")
        if name == PREDICTION:
            return self.env._("The verdict")
        return version._specs()[name]["name"]

    def _movement_text(self, result, version, bins):
        """What moved, in the words of the people who keep these records."""
        label, words = self._column_label(version, result.name), self.env[self.res_model]._ai_words()
        if result.test in ("missing", "unseen"):
            sentence = (
                self.env._("%(input)s is empty on %(now)s of %(records)s, %(before)s before")
                if result.test == "missing"
                else self.env._("%(input)s has a value never seen before on %(now)s of %(records)s, %(before)s before")
            )
            return sentence % {
                "input": label,
                "records": words["records"],
                "now": percent(result.window_share or 0.0),
                "before": percent(result.reference_share or 0.0),
            }
        names = version._level_names_cached().get(result.name)
        if result.name == PREDICTION:
            names = {"yes": words["positive"], "no": words["negative"]}
        moved = "; ".join(
            self.env._(
                "“%(bin)s” %(now)s, %(before)s before",
                bin=_bin_text(result.name, bins[result.name], code, names),
                now=percent(now),
                before=percent(before),
            )  # fmt: skip
            for code, before, now in result.moved
        )
        return f"{label}: {moved}" if moved else label

    # Alerts

    def _update_alerts(self, report):
        alerts, histories, open_causes = self.env["ai.deployment.alert"], self._histories(report), self._open_causes()
        score_moved = any(line.exceeded for line in report.line_ids if line.key in (SCORE, PREDICTION))
        for line in report.line_ids:
            cause = f"drift:{line.key}:{line.test}"
            fires, onset = self._alarm(line, cause, histories[line.key, line.test])
            if fires:
                # A shape that moved without moving the score is worth knowing, not worth interrupting somebody.
                quiet = line.test == "shape" and not score_moved
                alerts._raise(
                    self, cause,
                    name=self.env._("%(what)s (since %(date)s)", what=line.text, date=format_date(self.env, onset)),
                    level="notice" if quiet else "alert",
                    suggestion=self._suggestion(line), onset=onset, report=report,
                )  # fmt: skip
            elif fires is False and cause in open_causes:
                alerts._resolve(self, cause)

    def _open_causes(self):
        alerts = self.env["ai.deployment.alert"].sudo()
        return set(alerts.search([("deployment_id", "=", self.id), ("state", "!=", "resolved")]).mapped("cause"))

    def _alarm(self, line, cause, history):
        """(whether this line raises its alarm, since when); None where it neither raises nor ends it.

        `history`: the lines of this test up to this one, oldest first.
        """
        state = drift.alarm_state([(earlier.exceeded, earlier.adjusted_p) for earlier in history])
        if state == "firing" and line.exceeded:
            return True, self._onset(cause, history)
        return (False if state in ("quiet", "resolved") else None), None

    def _onset(self, cause, history):
        """Since when: as the alert says while it is open, else the first of the weeks that raised it."""
        standing = self.alert_ids.filtered(lambda a: a.cause == cause and a.state in ("firing", "acknowledged"))
        weeks = [earlier.report_id.window_start for earlier in history[-3:] if earlier.exceeded]
        return standing.onset_date or min(weeks)

    def _histories(self, report):
        """{(key, test): lines of that test in the judged reports up to this one, oldest first}."""
        lines = self.env["ai.deployment.report.line"].sudo().search(
            Domain("report_id.version_id", "=", report.version_id.id)
            & Domain("report_id.kind", "=", report.kind)
            & Domain("report_id.verdict", "in", JUDGED)
        )  # fmt: skip
        return lines.sorted(lambda line: (line.report_id.window_end, line.id)).grouped(
            lambda line: (line.key, line.test)
        )

    def _suggestion(self, line):
        if line.test == "missing":
            return self.env._("Look for a form, an import or an integration that stopped filling this field.")
        if line.test == "unseen":
            return self.env._(
                "Check whether the new values are right. If they stay, train again once outcomes are known."
            )
        return self.env._("Ask whether the business changed. If it did, train again once outcomes are known.")


def _bin_text(name, bins, code, names):
    """A bin in words; those of the score are shares, shown as per cent as everywhere on screen."""
    if name != SCORE or not FIRST <= code < bins.size:
        return bins.label(code, names)
    low, high = bins.bounds(code)
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def percent(share):
    return f"{100 * share:.0f} %"
