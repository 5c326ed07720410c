"""Charts of the dashboard that are made of reports: what moved, input by input, and what came true."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from odoo.api import Environment
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ...ml.profile import RESERVED
from ..tools import clock
from ..tools.wording import percent, short_day
from .ai_deployment_report import JUDGED
from .chart import Opens, Point, chart, opens, row
from .dashboard_alerts import AlertMarks
from .performance import SCORED_AS_PROBABILITY
from .report_series import WINDOW


class ReportCharts:
    """Charts of the latest reports on one deployment.

    :param deployment: `ai.deployment`, with the rights of who looks
    :param lines: lines of the reports shown
    :param first_day: on which the serving version scored first, None where it has not yet
    :param marks: alerts that are shown on the time axis
    """

    def __init__(
        self, deployment: BaseModel, lines: BaseModel, first_day: date | None, marks: AlertMarks | None = None
    ) -> None:
        self.marks = marks
        self.deployment, self.first_day, self.env = deployment, first_day, deployment.env
        self.no_lines = lines.browse()
        self._lines = {report.id: own for report, own in lines.grouped("report_id").items()}

    def lines_of(self, report: BaseModel) -> BaseModel:
        """Return the lines of one report."""
        return self._lines.get(report.id, self.no_lines)

    def heat(self, reports: BaseModel) -> dict:
        """Return per input and window how far what moved is on its way to what is not tolerated any more.

        `rows`: [{"key", "label", "cells": [{"share", "text", "moved", "hint", "open"}]}], one cell per window.
        """
        heat = {
            "title": self.env._("Drift by input"),
            "note": self.env._(
                "100 % is the threshold above which a change is statistically significant. A window is a "
                "week, or longer for few records. ▲: above the threshold."
            ),
            "columns": [self._window_text(report) for report in reports],
            "rows": [],
            "marks": self.marks.on_inputs(_windows(reports)) if self.marks else [],
            "empty": "",
        }
        if not reports:
            heat["empty"] = first_report_text(self.env, self.first_day, WINDOW)
            return heat
        if not any(self.lines_of(report) for report in reports):
            heat["empty"] = reports[-1].summary or self.env._("Not enough data yet.")
            return heat
        labels: dict[str, str] = {}
        for report in reversed(reports):
            for line in self.lines_of(report).sorted("sequence"):
                if line.test != "estimate":  # what is expected is no move
                    labels.setdefault(line.key, line.label_text)
        order = [key for key in RESERVED if key in labels] + [key for key in labels if key not in RESERVED]
        for key in order:
            cells = [self._cell(report, key, labels[key]) for report in reports]
            heat["rows"].append({"key": key, "label": labels[key], "cells": cells})
        return heat

    def _cell(self, report: BaseModel, key: str, label: str) -> dict:
        own = self.lines_of(report).filtered(lambda line: line.key == key)
        if not own:
            return {"share": None, "text": "–", "moved": False, "hint": self.env._("Not an input then"), "open": None}
        moved = any(own.mapped("exceeded"))
        shares = [share for share in map(_way_to_threshold, own) if share is not None]
        verdicts = dict(own._fields["verdict"]._description_selection(self.env))
        # Nothing was tested: the verdict says why.
        hint = verdicts["drifted" if moved else "quiet"] if shares else verdicts[own[0].verdict]
        return {
            "share": round(max(shares), 3) if shares else None,
            "text": percent(self.env, max(shares)) if shares else "–",
            "moved": moved,
            "hint": hint,
            "open": opens(
                "ai.deployment.report.line",
                self.env._("%(input)s, %(window)s", input=label, window=self._window_text(report)),
                Domain("report_id", "=", report.id) & Domain("key", "=", key),
            ),
        }

    def outcomes(self, reports: BaseModel) -> dict[str, dict | None]:
        """Return the charts of order, and of chances said beside what came true, each with its interval."""
        version = self.deployment.champion_id
        words = self.env[self.deployment.res_model]._ai_words()
        title = self.env._("Predicted and actual outcomes")
        if self.deployment.method != "scorecard" or (version and version.kind not in SCORED_AS_PROBABILITY):
            empty = self.env._("Performance is monitored if the deployment predicts an outcome.")
            if self.deployment.is_task:
                empty = self.env._(
                    "How often people agree with proposed values is shown on the deployment, per answer."
                )
        elif not reports:
            empty = first_report_text(self.env, self.first_day, WINDOW + timedelta(days=self.deployment.horizon_days))
        elif not any(report.verdict in JUDGED for report in reports):
            empty = reports[-1].summary or self.env._("Not enough data yet.")
        else:
            empty = ""
        if empty:
            return {"order": None, "outcomes": chart(title, [], [], empty=empty)}
        labels = [self._window_text(report) for report in reports]

        def points(key: str, make: Callable[[dict[str, BaseModel]], Any]) -> list[Point]:
            """Return (value, text, list) per report; none where the figure could not be judged."""
            made: list[Point] = []
            for report in reports:
                own = {line.key: line for line in self.lines_of(report) if line.verdict in JUDGED}
                value = make(own) if key in own else None
                made.append((value, self._figure_text(value), self._open_lines(report)))
            return made

        floors = points("auc", lambda own: own["auc"].threshold or None)
        before = points("win_rate", lambda own: own["win_rate"].threshold or None)
        said = points(
            "win_rate",
            lambda own: own["win_rate"].statistic - own["in_the_large"].statistic if "in_the_large" in own else None,
        )
        order = [
            row(self.env._("Ranking (AUC)"), "line", points("auc", lambda own: own["auc"].statistic)),
            row(self.env._("Range"), "interval", points("auc", lambda own: [own["auc"].low, own["auc"].high])),
        ]
        if any(value for value, *_rest in floors):
            order.append(row(self.env._("Floor"), "limit", floors))
        outcomes = [
            row(self.env._("Actual"), "line", points("win_rate", lambda own: own["win_rate"].statistic)),
            row(
                self.env._("Range"),
                "interval",
                points("win_rate", lambda own: [own["win_rate"].low, own["win_rate"].high]),
            ),
            row(self.env._("Predicted"), "line", said),
            row(self.env._("In training"), "limit", before),
        ]
        marks = self.marks.on_outcomes(_windows(reports)) if self.marks else None
        return {
            "order": chart(
                self.env._("Ranking of two %s (AUC)", words["records"]),
                labels,
                order,
                percents=True,
                start=0.4,
                marks=marks,
                note=self.env._("Probability that the positive record had the higher score; 50 % is random."),
            ),
            "outcomes": chart(
                title,
                labels,
                outcomes,
                percents=True,
                marks=marks,
                note=self.env._(
                    "Share of %s among the records scored in these days, once outcomes are due.", words["positives"]
                ),
            ),
        }

    def segment(self, reports: BaseModel, key: str) -> dict[str, dict | None]:
        """Return the same charts of one segment of the records: it has no ranking of its own."""
        words = self.env[self.deployment.res_model]._ai_words()
        found = [(report, line) for report in reports for line in self.lines_of(report) if line.key == key]
        title = self.env._("Predicted and actual outcomes")
        if not found:
            empty = self.env._("No report shown here has judged this segment.")
            return {"order": None, "outcomes": chart(title, [], [], empty=empty)}
        judged = [(report, line if line.verdict in JUDGED else None) for report, line in found]

        def points(value_of: Callable[[BaseModel], Any]) -> list[Point]:
            made: list[Point] = []
            for report, line in judged:
                value = value_of(line) if line else None
                made.append((value, self._figure_text(value), self._open_lines(report)))
            return made

        series = [
            row(self.env._("Actual"), "line", points(lambda line: line.statistic)),
            row(self.env._("Range"), "interval", points(lambda line: [line.low, line.high])),
            row(self.env._("Predicted"), "line", points(lambda line: line.threshold)),
        ]
        outcomes = chart(
            self.env._("%(title)s, %(segment)s", title=title, segment=found[-1][1].label),
            [self._window_text(report) for report, _line in found],
            series,
            percents=True,
            note=self.env._("Share of %s in this segment, once outcomes are due.", words["positives"]),
            marks=self.marks.on_outcomes(_windows([report for report, _line in found])) if self.marks else None,
        )
        return {"order": None, "outcomes": outcomes}

    def _window_text(self, report: BaseModel) -> str:
        """Return a window in as few signs as a column has room for."""
        return self.env._(
            "%(start)s to %(end)s",
            start=short_day(self.env, report.window_start),
            end=short_day(self.env, report.window_end - timedelta(days=1)),
        )

    def _figure_text(self, value: float | list[float] | None) -> str:
        if value is None:
            return ""
        if isinstance(value, list):
            low, high = value
            return self.env._("%(low)s to %(high)s", low=percent(self.env, low), high=percent(self.env, high))
        return percent(self.env, value)

    def _open_lines(self, report: BaseModel) -> Opens:
        return opens("ai.deployment.report.line", self._window_text(report), Domain("report_id", "=", report.id))


def _windows(reports: Iterable[BaseModel]) -> list[tuple[date, date]]:
    """Return (first day, day after the last) of each report."""
    return [(report.window_start, report.window_end) for report in reports]


def first_report_text(env: Environment, first_day: date | None, after: timedelta) -> str:
    """Return when the first report comes, once what was scored since `first_day` has waited for `after`."""
    if first_day is None:
        return env._(
            "There is no report yet: the first is created %s days after the first record is scored.",
            after.days,
        )
    due = first_day + after
    if due < clock.today():
        return env._(
            "There is no report yet, though the first was due on %s. Ask an administrator to check the "
            "scheduled action “AI Deployment: monitoring”.",
            format_date(env, due),
        )
    return env._("There is no report yet: the first is created on %s.", format_date(env, due))


def _way_to_threshold(line: BaseModel) -> float | None:
    """Return the share of the way from what is expected to what is not tolerated; None if not tested."""
    fewer = line.threshold < line.reference_share and line.test == "missing"  # asked both ways
    if line.verdict not in JUDGED or not (fewer or line.threshold > line.reference_share):
        return None
    # of a distribution nothing is expected: its share before is 0
    return max((line.statistic - line.reference_share) / (line.threshold - line.reference_share), 0.0)
