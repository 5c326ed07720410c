"""When a trigger would have fired, by the reports and versions of the last year: it reads, and starts nothing."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from odoo.fields import Domain
from odoo.models import BaseModel

BACK = timedelta(days=365)  # days that a preview looks at
MOST_REPORTS = 400  # of them that a preview looks at
CALIBRATION = "calibration"  # test of a line of a report


def would_have_fired(trigger: BaseModel, now: datetime) -> list[date]:
    """Return the days within `BACK` on which `trigger` would have fired, in order.

    A rule fires once per serving version, a schedule every so many days. Alerts outlive the report that raised them;
    here, what one report found has to suffice, so that drift that is spread over several weeks may fire later.

    :param trigger: ai.deployment.trigger with all rights
    """
    if not trigger.deployment_id or trigger.threshold < 1:
        return []
    days = {"age": _aged, "schedule": _scheduled, "labels": _with_outcomes}.get(trigger.kind, _reported)
    return sorted({day for day in days(trigger, now) if now.date() - BACK <= day <= now.date()})


def _aged(trigger: BaseModel, now: datetime) -> Iterator[date]:
    """Yield the day on which each version that still served then was older than the threshold."""
    for assignment in _served(trigger):
        day = assignment.version_id.trained_date + timedelta(days=trigger.threshold + 1)
        if assignment.start_date <= day < (assignment.end_date or datetime.max):
            yield day.date()


def _scheduled(trigger: BaseModel, now: datetime) -> Iterator[date]:
    first = min((assignment.start_date for assignment in _served(trigger)), default=None)
    if first:
        day = max(first, now - BACK) + timedelta(days=trigger.threshold)
        while day <= now:
            yield day.date()
            day += timedelta(days=trigger.threshold)


def _with_outcomes(trigger: BaseModel, now: datetime) -> Iterator[date]:
    """Yield, per version that served, the end of the first report window by which enough outcomes were known."""
    deployment = trigger.deployment_id
    outcomes = trigger.env[deployment.res_model]._ai_outcomes(deployment)
    for version, reports in _by_version(_reports(trigger, now, "drift")):
        days = reports.mapped("window_end")

        def is_enough(day: date, version: BaseModel = version) -> bool:
            counts = outcomes.counts(datetime.combine(day, time.min), since=version.trained_date)
            return sum(counts or ()) >= trigger.threshold

        first = bisect_left(days, True, key=is_enough)  # outcomes only become more
        if first < len(days):
            yield days[first]


def _reported(trigger: BaseModel, now: datetime) -> Iterator[date]:
    """Yield, per version, the end of the first report with at least as many findings as the threshold."""
    kind = "drift" if trigger.kind == "drift" else "performance"
    for _version, reports in _by_version(_reports(trigger, now, kind)):
        for report in reports:
            found = report.line_ids.filtered("exceeded")
            if trigger.kind == CALIBRATION:
                found = found.filtered(lambda line: line.test == CALIBRATION)
            if len(set(found.mapped("key"))) >= trigger.threshold:
                yield report.window_end
                break


def _served(trigger: BaseModel) -> BaseModel:
    return trigger.deployment_id.assignment_ids.filtered(lambda one: one.role == "champion").sorted("id")


def _reports(trigger: BaseModel, now: datetime, kind: str) -> BaseModel:
    mine = Domain("deployment_id", "=", trigger.deployment_id._origin.id) & Domain("kind", "=", kind)
    since = Domain("window_end", ">=", (now - BACK).date())
    return trigger.env["ai.deployment.report"].search(mine & since, order="window_end, id", limit=MOST_REPORTS)


def _by_version(reports: BaseModel) -> Iterator[tuple[BaseModel, BaseModel]]:
    for version in reports.version_id:
        yield version, reports.filtered(lambda report, version=version: report.version_id == version)
