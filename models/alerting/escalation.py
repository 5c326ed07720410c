"""Reading and escalation: an alert that nobody reads goes to the next person, once.

Read means opened or acknowledged in Odoo by somebody it was sent to. That a mail was opened proves nothing: mail
programs and virus scanners open mails too.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from .alert_kinds import Cause

UNREAD = {"read_by_id": False, "read_date": False, "escalated_date": False}


def addressees(alert: BaseModel) -> BaseModel:
    """Return the owner, the deputy, and the users who have an activity about `alert`, which has all rights."""
    return alert.deployment_id.user_id | alert.deployment_id.deputy_id | alert.activity_ids.user_id


def write_reader(alerts: BaseModel) -> None:
    """Store the current user as the first reader of `alerts`; resolve those that end when they are read.

    :param alerts: ai.deployment.alert with all rights
    """
    alerts.filtered(lambda alert: not alert.read_date).write({"read_by_id": alerts.env.uid, "read_date": clock.now()})
    for alert in alerts.filtered(lambda alert: Cause.of(alert).row.ends_when_read):
        alert._resolve(alert.deployment_id, alert.cause)


def due_steps(alerts: BaseModel) -> list[Callable[[], None]]:
    """Return one step per alert that nobody has read within the days of its deployment.

    :param alerts: ai.deployment.alert with all rights, empty
    """
    told = alerts.search(_unread_domain(), order="id")
    told.filtered(lambda alert: alert.notified_date > clock.now()).notified_date = clock.now()  # the clock was ahead
    return [partial(_escalate, alert) for alert in told if is_overdue(alert)]


def is_overdue(alert: BaseModel) -> bool:
    """Return whether the days within which `alert` had to be read are over."""
    return alert.notified_date <= clock.now() - timedelta(days=alert.deployment_id.escalation_days)


def _unread_domain() -> Domain:
    return (
        Domain("level", "=", "alert")
        & Domain("state", "=", "firing")
        & Domain("notified_date", "!=", False)
        & Domain("read_date", "=", False)
        & Domain("escalated_date", "=", False)
        & (Domain("muted_until", "=", False) | Domain("muted_until", "<=", clock.today()))
    )


def _escalate(alert: BaseModel) -> None:
    """Notify the deputy, else the administrators; those who were notified already are left out."""
    for unread in alert._locked(_unread_domain()).filtered(is_overdue):
        people = _next_people(unread)
        if people:
            unread._point(people, partial(_unread_text, days=(clock.now() - unread.notified_date).days))
            unread.escalated_date = clock.now()


def _unread_text(alert: BaseModel, days: int) -> str:
    if days == 1:
        return alert.env._("Unread for 1 day: %s", alert.name)
    return alert.env._("Unread for %(days)s days: %(what)s", days=days, what=alert.name)


def _next_people(alert: BaseModel) -> BaseModel:
    deployment = alert.deployment_id
    told = deployment._person_to_tell() | alert.activity_ids.user_id
    deputy = deployment.deputy_id.filtered("active") - told
    return deputy or deployment._administrators() - told
