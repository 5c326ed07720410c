"""Muting of alerts: nobody is notified before a day; then the owner is notified again if the alert is still open."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools import clock

MOST_DAYS = 90  # for which a cause may be muted
UNMUTED = {"muted_until": False, "mute_reason": False}


def mute(alerts: BaseModel, until: date, reason: str) -> None:
    """Mute `alerts` until the day `until`, for a reason that is kept in their history.

    :param alerts: ai.deployment.alert with all rights
    :raise UserError: where the reason is empty, the day is out of range or an alert is resolved
    """
    env, today = alerts.env, clock.today()
    last = today + timedelta(days=MOST_DAYS)
    if not (reason or "").strip():
        raise UserError(env._("Enter why it may be muted."))
    if not today < until <= last:
        raise UserError(env._("The end of muting must be between tomorrow and %(last)s.", last=format_date(env, last)))
    if alerts.filtered(lambda alert: alert.state == "resolved"):
        raise UserError(env._("This alert is already resolved: it cannot be muted."))
    alerts.write({"muted_until": until, "mute_reason": reason.strip()})


def due_steps(alerts: BaseModel) -> list[Callable[[], None]]:
    """Return one step per alert whose mute ends today or ended before.

    :param alerts: ai.deployment.alert with all rights, empty
    """
    return [partial(_end_mute, alert) for alert in alerts.search(_ended_domain())]


def _ended_domain() -> Domain:
    return Domain("muted_until", "!=", False) & Domain("muted_until", "<=", clock.today())


def _end_mute(alert: BaseModel) -> None:
    alert = alert._locked(_ended_domain())
    alert.write(UNMUTED)
    alert.filtered(lambda a: a.state in ("firing", "acknowledged"))._tell()
