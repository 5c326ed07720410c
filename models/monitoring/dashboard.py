"""The dashboard of one deployment: what its charts show, and the list of records behind every number.

Read are counts: profiles, reports, and the sums of the last weeks. What is sent to the browser is ready to draw:
numbers, the words for them, and the list that each of them opens.
"""

from collections.abc import Iterator
from datetime import date

from odoo.fields import Domain
from odoo.models import BaseModel

from ...ml.errors import InferenceError
from ..alerting.alert_kinds import PERFORMANCE, of_kind
from .ai_deployment_report import JUDGED
from .base_rate import worse_than_base_rate
from .chart import opens
from .dashboard_alerts import AlertMarks
from .dashboard_counts import CountCharts
from .dashboard_filters import DashboardFilters
from .dashboard_reports import ReportCharts, first_report_text
from .report_series import WINDOW

OPEN = ("firing", "acknowledged")  # states of an alert
LEVELS = ("danger", "warning", "info")  # of messages, the gravest on top


class Dashboard:
    """The dashboard, with the rights of who looks: record rules decide which reports and alerts are seen.

    :param deployment: `ai.deployment`, not in sudo
    :param filters: time range, version and segment; the usual ones where not given
    """

    def __init__(self, deployment: BaseModel, filters: DashboardFilters | None = None) -> None:
        self.deployment, self.env = deployment, deployment.env
        self.filters = filters or DashboardFilters.read(deployment, None)
        self.version = self.filters.version or deployment.champion_id

    def page(self) -> dict:
        """Return {"state", "messages": [{"level", "text"}], "alerts", "filters", "heat", four charts by name}.

        `state`: "ready", "empty" (nothing judged yet) or "failing" (no version that could be judged).
        """
        card, broken = None, None
        if self.version:
            try:
                card = self.version._card()
            except InferenceError as error:
                broken = error
        drift, performance = self._latest_reports("drift"), self._latest_reports("performance")
        filters, marks = self.filters, AlertMarks(self.deployment, self.filters.weeks)
        lines, counts = self._lines_of(drift + performance), CountCharts(self.deployment, self.version)
        charts = ReportCharts(self.deployment, lines, self._first_scored_day(), marks)
        messages = sorted(
            self._messages(broken, drift, performance, charts), key=lambda message: LEVELS.index(message[0])
        )
        page = {
            "state": "ready" if drift or performance else "empty",
            "messages": [{"level": level, "text": text} for level, text in messages],
            "alerts": self._open_alerts(),
            "filters": filters.choices(self.deployment, lines),
            "distribution": counts.distribution(card),
            "heat": charts.heat(drift),
            **(charts.segment(performance, filters.segment) if filters.segment else charts.outcomes(performance)),
            "volumes": counts.volumes(filters.weeks, marks),
        }
        if not self.version or broken:
            page["state"] = "failing"
        return page

    def _latest_reports(self, kind: str) -> BaseModel:
        """Return the last reports of a kind, oldest first; an open window is told by its newest look alone."""
        own = Domain("deployment_id", "=", self.deployment.id) & Domain("kind", "=", kind)
        if self.filters.version:
            own &= Domain("version_id", "=", self.filters.version.id)
        # More than are shown: a window that had too few records has one report per look.
        found = self.env["ai.deployment.report"].search_fetch(
            own,
            [
                "version_id",
                "window_start",
                "window_end",
                "row_count",
                "verdict",
                "summary",
                "is_provisional",
                "blind_spot",
            ],
            limit=3 * self.filters.weeks,
        )
        newest: dict[tuple[int, date], BaseModel] = {}
        for report in found:
            newest.setdefault((report.version_id.id, report.window_start), report)
        return found.browse([report.id for report in newest.values()][: self.filters.weeks])[::-1]

    def _lines_of(self, reports: BaseModel) -> BaseModel:
        return self.env["ai.deployment.report.line"].search_fetch(
            [("report_id", "in", reports.ids)],
            [
                "report_id",
                "sequence",
                "key",
                "label",
                "test",
                "statistic",
                "low",
                "high",
                "threshold",
                "exceeded",
                "verdict",
                "reference_share",
                "text",
            ],
        )

    def _first_scored_day(self) -> date | None:
        if not self.version:
            return None
        first = self.env["ai.deployment.profile"].search([("version_id", "=", self.version.id)], order="day", limit=1)
        return first.day or None

    def _open_alerts(self) -> dict:
        of_ours = Domain("deployment_id", "=", self.deployment.id) & Domain("state", "in", OPEN)
        count = self.env["ai.deployment.alert"].search_count(of_ours)
        return {
            "count": count,
            "text": self.env._("1 open alert") if count == 1 else self.env._("%s open alerts", count),
            "open": opens("ai.deployment.alert", self.env._("Alerts"), of_ours),
        }

    def _messages(
        self, broken: InferenceError | None, drift: BaseModel, performance: BaseModel, charts: ReportCharts
    ) -> Iterator[tuple[str, str]]:
        """Yield (level, text) of what is told beside the charts."""
        deployment = self.deployment
        for worse in worse_than_base_rate(deployment.sudo()).values():
            yield "danger", self.env._("Worse than the base rate: %s.", worse)
        if deployment.is_demonstration:
            yield "info", self.env._("Demonstration: the records are invented, so its figures prove nothing.")
        if not self.version:
            yield (
                "danger",
                self.env._("No version serves, so nothing can be judged. Train one, or promote an earlier one."),
            )
        elif broken:
            yield "danger", self.env._("The serving version cannot be used, so no new records are judged: %s", broken)
        if deployment.state not in deployment._at_work_states():
            yield "warning", self.env._("This deployment is not live: no new records are scored or judged.")
        elif self.version and not drift and not performance:
            yield "info", first_report_text(self.env, charts.first_day, WINDOW)
        own = drift.filtered(lambda report: report.version_id == self.version)
        if self.version and not broken and (not own or own[-1].is_provisional):
            yield (
                "info",
                self.env._("Provisional: compared with the training records until enough records have been scored."),
            )
        if own and own[-1].blind_spot:
            yield "info", own[-1].blind_spot
        yield from self._performance_messages(performance, charts)

    def _performance_messages(self, reports: BaseModel, charts: ReportCharts) -> Iterator[tuple[str, str]]:
        """Yield (level, text): open alerts on what came true, what the latest report cannot see, and who is better."""
        alerts = self.env["ai.deployment.alert"].search(
            Domain("deployment_id", "=", self.deployment.id) & of_kind(PERFORMANCE) & Domain("state", "in", OPEN),
            order="id",
        )
        for alert in alerts:
            yield "warning", alert.name
        own = reports.filtered(lambda report: report.version_id == self.version)
        if own and own[-1].verdict not in JUDGED:
            yield "info", own[-1].summary
        if own and own[-1].blind_spot:
            yield "info", own[-1].blind_spot
        judged = own.filtered(lambda report: report.verdict in JUDGED)[-1:]
        duels = [line.text for line in charts.lines_of(judged) if line.test == "duel"]
        for text in dict.fromkeys(duels):
            yield "info", text
