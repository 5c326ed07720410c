"""The reports of one kind on one version: which window is due, and which lines they had."""

from datetime import date, timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from ..tools.told import keep
from .ai_deployment_report import JUDGED
from .intake import first_day

WINDOW = timedelta(days=7)  # that a report covers at least


class ReportSeries:
    """Reports of one kind ("drift" or "performance") on the intake of one version.

    A window is at least a calendar week and is judged once; with too few records it stays open and grows.

    :param deployment: `ai.deployment`, in sudo
    :param version: `ai.deployment.version`
    """

    def __init__(self, deployment: BaseModel, version: BaseModel, kind: str) -> None:
        self.deployment, self.version, self.kind = deployment, version, kind
        self.reports = deployment.env["ai.deployment.report"]
        self.lines = deployment.env["ai.deployment.report.line"]

    def start(self) -> date | None:
        """Return the first day that no report has judged yet, None where nothing was scored so far."""
        if not self.version:
            return None
        # None that was made while the clock was ahead.
        past = Domain("window_end", "<=", clock.today()) & Domain("verdict", "in", JUDGED)
        judged = self.reports.search(self._own() & past, limit=1)
        return judged.window_end if judged else first_day(self.version)

    def is_due(self, start: date | None, end: date) -> bool:
        """Return whether a window of a week or more is over; an open one is looked at once a week, not at every run."""
        if start is None or end - start < WINDOW:
            return False
        latest = self.reports.search(self._own() & Domain("window_end", "<=", end), limit=1)
        return not latest or end - latest.window_end >= WINDOW

    def create(self, start: date, end: date, lines: list[dict], **values: object) -> BaseModel:
        """Create the report on a window, with `lines` in this order; its sentences are stored in every language."""
        report = self.reports.create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "kind": self.kind,
                "date": clock.now(),
                "window_start": start,
                "window_end": end,
                "line_ids": [fields.Command.create({"sequence": n, **line}) for n, line in enumerate(lines)],
                **values,
            }
        )
        keep(report, values)
        for line, said in zip(report.line_ids.sorted("sequence"), lines, strict=True):
            keep(line, said)
        return report

    def latest_judged(self) -> BaseModel:
        """Return the latest report that could judge; empty where there is none."""
        return self.reports.search(self._own() & Domain("verdict", "in", JUDGED), limit=1)

    def latest_line(self, key: str) -> BaseModel:
        """Return the latest line of `key` that could be judged; empty where there is none."""
        return self.lines.search(
            self._own_lines() & Domain("key", "=", key) & Domain("verdict", "in", JUDGED), order="id desc", limit=1
        )

    def first_quiet_lines(self, key: str, count: int) -> BaseModel:
        """Return so many of the first lines of `key` without a fault, oldest first."""
        return self.lines.search(
            self._own_lines() & Domain("key", "=", key) & Domain("verdict", "=", "quiet"), order="id", limit=count
        )

    def histories(self) -> dict[tuple[str, str], BaseModel]:
        """Return {(key, test): lines of that test that could be judged, oldest first}."""
        lines = self.lines.search(self._own_lines() & Domain("verdict", "!=", "cannot_judge"))
        return lines.sorted(lambda line: (line.report_id.window_end, line.id)).grouped(
            lambda line: (line.key, line.test)
        )

    def _own(self) -> Domain:
        return Domain("version_id", "=", self.version.id) & Domain("kind", "=", self.kind)

    def _own_lines(self) -> Domain:
        return Domain("report_id.version_id", "=", self.version.id) & Domain("report_id.kind", "=", self.kind)
