"""What comes in: intake of the last week against the reference, and an alert for what moved.

The statistics are `ml.quality` (is it whole?) and `ml.drift` (has it moved?); here is decided which window is compared
with what. A window is at least a calendar week and is judged once; with too few records it stays open and grows. The
words that an owner reads are in `ai_deployment_drift_words`.
"""

from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ...ml import drift, joint, quality
from ...ml.profile import PREDICTION, SCORE, bins_of
from ..tools import clock
from .drift_windows import DriftWindows

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
        own = Domain("version_id", "=", version.id) & Domain("kind", "=", "drift")
        latest = reports.search(own & Domain("window_end", "<=", end), limit=1)
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
                Domain("version_id", "=", version.id)
                & Domain("kind", "=", "drift")
                & Domain("verdict", "in", JUDGED)
                & Domain("window_end", "<=", clock.today()),  # none that was made while the clock was ahead
                limit=1,
            )
        )
        if judged:
            return judged.window_end
        return self._first_day(version)

    def _make_report(self, version, window, start, end):
        references = self.env["ai.deployment.reference"]
        reference, noise, is_provisional = references._of(version)
        like = references._like(version, start, end)
        compared, own_noise = like or (reference, noise)
        bins, windows = bins_of(version._card()), DriftWindows(self.sudo(), version, window, start, end)
        age = (end - version.sudo().trained_date.date()).days + self.horizon_days
        whole = quality.judge_quality(
            bins,
            reference,
            window,
            weeks=windows.counts,
            opened=windows.opened(),
            last_year=windows.counts_last_year(),
            before=windows.before()[-quality.MOST_WEEKS :],
            noise=noise,
            age=age,
            min_rows=MIN_ROWS,
        )
        if start == windows.first:  # a first load brings what has been there for long
            whole = [result for result in whole if result.test != quality.LATE]
        moved, pairs, years = [], joint.JointResult(), windows.years
        if window.rows:
            moved = drift.judge(
                bins,
                compared,
                window,
                delta2=drift.PRESETS[self.drift_sensitivity],
                min_rows=MIN_ROWS,
                noise=own_noise,
                broken=quality.broken(whole),
                year=years.get(windows.weeks),
                longer=windows.longer(reference, noise),
                told=windows.told(),
                age=age,
            )
        if window.rows >= MIN_ROWS:
            pairs = windows.pairs(bins)
        results = [*drift.by_input(moved, bins), *drift.by_input(whole, bins)]
        lines = [self._line_values(result, version, bins) for result in results]
        if window.rows >= MIN_ROWS:
            lines += [self._pairs_values(pairs, version, bins), *self._estimate_values(version, start, end)]
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
                    "reference_count": compared.rows,
                    "is_provisional": is_provisional,
                    "is_like": bool(like),
                    "is_seasonal": windows.weeks in years and years[windows.weeks].rows >= drift.MIN_YEAR_ROWS,
                    "blind_spot": self._blind_spot(windows, window, drift.by_input(moved, bins), noise, bool(like)),
                    "verdict": self._report_verdict(window, lines),
                    "summary": self._summary(window, lines),
                    "line_ids": [fields.Command.create({"sequence": n, **line}) for n, line in enumerate(lines)],
                }
            )
        )
        self._update_alerts(report)
        references._propose(self)
        return report

    def _first_day(self, version):
        """The first day of the version's intake, None where nothing was scored."""
        profiles = self.env["ai.deployment.profile"].sudo()
        return profiles.search([("version_id", "=", version.id)], order="day", limit=1).day or None

    def _report_verdict(self, window, lines):
        if window.rows < MIN_ROWS:
            return "cannot_judge"
        return "drifted" if any(line["exceeded"] for line in lines) else "quiet"

    def _summary(self, window, lines):
        moved = ", ".join(dict.fromkeys(line["label"] for line in lines if line["exceeded"]))
        if window.rows < MIN_ROWS:
            text = self.env._("Cannot judge yet: %(rows)s of %(needed)s records.", rows=window.rows, needed=MIN_ROWS)
            return f"{text} {moved}" if moved else text
        return self.env._("Moved: %s", moved) if moved else self.env._("As before.")

    def _line_values(self, result, version, bins):
        return {
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
            "weeks": result.weeks,
            "effect": result.effect,
            "reference_share": result.reference_share or 0.0,
            "window_share": result.window_share or 0.0,
            "codes": _codes_of(result),
            "text": self._movement_text(result, version, bins),
        }

    def _pairs_values(self, found, version, bins):
        """The line about inputs that belong together."""
        return {
            "key": joint.PAIRS,
            "label": self._column_label(version, joint.PAIRS),
            "test": joint.JOINT,
            "statistic": found.statistic,
            "threshold": found.threshold or 0.0,
            "p_value": 1.0 if found.p_value is None else found.p_value,
            "adjusted_p": 1.0 if found.adjusted_p is None else found.adjusted_p,
            "exceeded": found.exceeded,
            "verdict": found.verdict,
            "reference_share": found.expected,
            "window_share": found.found,
            "text": self._pairs_text(found, version, bins),
        }

    # Alerts

    def _update_alerts(self, report):
        alerts, histories, open_causes = self.env["ai.deployment.alert"], self._histories(report), self._open_causes()
        judged = report.line_ids.filtered(lambda line: line.verdict != "cannot_judge")
        score_moved = any(line.exceeded for line in judged if line.key in (SCORE, PREDICTION)) or any(
            line.high < line.threshold for line in judged if line.key == "estimate:auc"
        )
        for line in judged:
            cause = f"{'quality' if line.test in quality.TESTS else 'drift'}:{line.key}:{line.test}"
            fires, onset = self._alarm(line, cause, histories[line.key, line.test])
            if fires:
                # A shape that moved without moving the score, and costs nothing as far as can be estimated, is worth
                # knowing, not worth interrupting somebody.
                quiet = (
                    (line.test in ("shape", joint.JOINT) and not score_moved)
                    or line.test == quality.REVIEW
                    or line._is_filled()
                )
                alert = alerts._raise(
                    self,
                    cause,
                    name=self._alert_text(line, onset),
                    level="notice" if quiet else "alert",
                    suggestion=self._suggestion(line),
                    onset=onset,
                    report=report,
                )
                alert.line_id = line
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
        """{(key, test): lines of that test in the reports up to this one that could judge it, oldest first}."""
        lines = (
            self.env["ai.deployment.report.line"]
            .sudo()
            .search(
                Domain("report_id.version_id", "=", report.version_id.id)
                & Domain("report_id.kind", "=", report.kind)
                & Domain("verdict", "!=", "cannot_judge")
            )
        )
        return lines.sorted(lambda line: (line.report_id.window_end, line.id)).grouped(
            lambda line: (line.key, line.test)
        )


def _codes_of(result):
    """The codes in question as a line keeps them: with their column where it is not that of the whole input."""
    column = result.parts[0].name if result.parts else result.name
    codes = list(result.codes)
    return codes if column == result.name or not codes else {"column": column, "codes": codes}
