"""Alerts of a report on outcomes: lines that say the same are one alert, and the stop rule follows."""

from datetime import date
from functools import partial

from odoo.models import BaseModel

from ...ml import outcomes
from ..alerting.alert_kinds import PERFORMANCE, Cause
from .alarms import Alarms
from .performance_wording import PerformanceWording
from .report_series import ReportSeries
from .stop_rule import stop_where_below_floor

SHOWN = ("duel", "maturity")  # tests whose lines never raise an alert


def update_alerts(series: ReportSeries, report: BaseModel) -> None:
    """Open and resolve the alerts of `report`, the latest of `series`, and apply the stop rule."""
    alarms, wording = Alarms(series), PerformanceWording(series.deployment)
    firing, exceeded = {}, {line.key: line for line in report.line_ids if line.exceeded}
    for line in report.line_ids.filtered(lambda line: line.test not in SHOWN and line.verdict != "cannot_judge"):
        onset = alarms.update(line, _cause(line.key))
        if onset:
            firing[line.key] = line, onset
    for key, (line, onset) in firing.items():
        if _is_told_by_another(key, firing, alarms.open_causes):
            continue
        alarms.alerts._raise(
            series.deployment,
            _cause(key),
            name=wording.told(partial(_alert_name, line=line, onset=onset, exceeded=exceeded)),
            suggestion=wording.told(partial(_suggestion, line=line, report=report)),
            onset=onset,
            report=report,
        )
        for other in _less_telling(key):
            alarms.alerts._resolve(series.deployment, _cause(other))
    stop_where_below_floor(series.deployment, report)


def _alert_name(wording: PerformanceWording, line: BaseModel, onset: date, exceeded: dict[str, BaseModel]) -> str:
    return wording.alert(line, onset, exceeded)


def _suggestion(wording: PerformanceWording, line: BaseModel, report: BaseModel) -> str:
    return wording.suggestion(line, report)


def _cause(key: str) -> str:
    return str(Cause(PERFORMANCE, key))


def _is_told_by_another(key: str, firing: dict, open_causes: set[str]) -> bool:
    """Return whether a line that says the same more plainly is an alert, or becomes one now."""
    more_telling = {other for group in outcomes.ONE_CAUSE if key in group for other in group[: group.index(key)]}
    return any(other in firing or _cause(other) in open_causes for other in more_telling)


def _less_telling(key: str) -> set[str]:
    """Return the lines that need no alert of their own while this one has one."""
    return {other for group in outcomes.ONE_CAUSE if key in group for other in group[group.index(key) + 1 :]}
