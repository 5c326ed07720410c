"""Alerts on the charts of the dashboard: where on the time axis each began."""

from collections.abc import Iterable
from datetime import date, timedelta

from odoo.fields import Domain
from odoo.models import BaseModel

from ..alerting.alert_kinds import DRIFT, PERFORMANCE, QUALITY, TEST_ALERT, Cause
from ..tools import clock
from ..tools.wording import short_day
from .chart import Mark, opens

OF_INPUTS, OF_OUTCOMES = (DRIFT, QUALITY), (PERFORMANCE,)
MOST_MARKS = 6  # per chart, the newest


class AlertMarks:
    """Alerts of one deployment that began within the shown weeks, resolved ones as well.

    :param deployment: `ai.deployment`, with the rights of who looks
    """

    def __init__(self, deployment: BaseModel, weeks: int) -> None:
        self.env = deployment.env
        since = clock.today() - timedelta(weeks=weeks, days=deployment.horizon_days)
        self._alerts = self.env["ai.deployment.alert"].search_fetch(
            Domain("deployment_id", "=", deployment.id)
            & Domain("state", "!=", "pending")
            & Domain("onset_date", ">=", since),
            ["cause", "level", "state", "onset_date"],
            order="onset_date desc, id desc",
        )

    def on_inputs(self, windows: list[tuple[date, date]]) -> list[Mark]:
        """Return the marks of alerts on inputs, by (first day, day after the last) of each window."""
        return self._marks(self.env._("Alerts on inputs"), OF_INPUTS, windows)

    def on_outcomes(self, windows: list[tuple[date, date]]) -> list[Mark]:
        """Return the marks of alerts on outcomes."""
        return self._marks(self.env._("Alerts on performance"), OF_OUTCOMES, windows)

    def on_records(self, windows: list[tuple[date, date]]) -> list[Mark]:
        """Return the marks of alerts on anything else: versions, health, batches."""
        kinds = {Cause.of(alert).kind for alert in self._alerts}
        return self._marks(self.env._("Other alerts"), kinds - {*OF_INPUTS, *OF_OUTCOMES, TEST_ALERT}, windows)

    def _marks(self, title: str, kinds: Iterable[str], windows: list[tuple[date, date]]) -> list[Mark]:
        """Return one mark per window. It tells no value of a record, as names of alerts may."""
        kinds = set(kinds)
        found: dict[int, list[BaseModel]] = {}
        for alert in self._alerts:
            places = [place for place, (start, end) in enumerate(windows) if start <= alert.onset_date < end]
            if places and Cause.of(alert).kind in kinds:
                found.setdefault(places[-1], []).append(alert)
        return [self._mark(place, title, alerts) for place, alerts in sorted(found.items())][-MOST_MARKS:]

    def _mark(self, place: int, title: str, alerts: list[BaseModel]) -> Mark:
        resolved = sum(alert.state == "resolved" for alert in alerts)
        is_over = all(alert.level == "notice" or alert.state == "resolved" for alert in alerts)
        return Mark(
            place=place,
            level="info" if is_over else "danger",
            text=self.env._(
                "%(day)s: %(alerts)s, %(open)s open, %(resolved)s resolved",
                day=short_day(self.env, min(alert.onset_date for alert in alerts)),
                alerts=title,
                open=len(alerts) - resolved,
                resolved=resolved,
            ),
            open=opens("ai.deployment.alert", title, Domain("id", "in", [alert.id for alert in alerts])),
        )
