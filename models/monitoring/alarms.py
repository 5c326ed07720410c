"""Alerts of report lines: conditions that raise and end them."""

from datetime import date

from odoo.models import BaseModel

from ...ml import drift
from .report_series import ReportSeries


class Alarms:
    """The alarms of the latest report of `series`, each judged by the history of its test."""

    def __init__(self, series: ReportSeries) -> None:
        self.deployment = series.deployment
        self.alerts = self.deployment.env["ai.deployment.alert"]
        self._histories = series.histories()
        open_alerts = self.alerts.search([("deployment_id", "=", self.deployment.id), ("state", "!=", "resolved")])
        self.open_causes = set(open_alerts.mapped("cause"))

    def update(self, line: BaseModel, cause: str) -> date | None:
        """Return since when `line` raises the alert `cause`; None where it raises none. Resolve one that is over.

        :param line: a line that could be judged
        """
        history = self._histories[line.key, line.test]
        state = drift.alarm_state([(earlier.exceeded, earlier.adjusted_p) for earlier in history])
        if state == "firing" and line.exceeded:
            return self._onset(cause, history)
        if state in ("quiet", "resolved") and cause in self.open_causes:
            self.alerts._resolve(self.deployment, cause)
        return None

    def _onset(self, cause: str, history: BaseModel) -> date:
        """Return the onset that the open alert names, else the first of the weeks that raised it."""
        standing = self.deployment.alert_ids.filtered(
            lambda alert: alert.cause == cause and alert.state in ("firing", "acknowledged")
        )
        weeks = [earlier.report_id.window_start for earlier in history[-3:] if earlier.exceeded]
        return standing.onset_date or min(weeks)
