"""Changes of the set-up of Odoo near the day on which an alert began."""

from datetime import datetime, time, timedelta

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools.wording import labelled
from .alert_kinds import Cause

NEAR = timedelta(days=3)  # before and after the onset of an alert, in which a change may be its cause
MOST_EVENTS = 5  # changes that an alert names


def near_events(alert: BaseModel) -> list[str]:
    """Return the changes within `NEAR` of the onset as sentences: new stages, teams, journals, updated apps.

    :param alert: ai.deployment.alert with all rights
    :return: at most `MOST_EVENTS`, oldest first; none where the alert is not about data
    """
    if not alert.onset_date or not Cause.of(alert).row.concerns_data:
        return []
    env = alert.env
    start = datetime.combine(alert.onset_date - NEAR, time.min)
    end = datetime.combine(alert.onset_date + NEAR, time.max)
    events = []
    for name in env[alert.deployment_id.res_model]._ai_setup_models():
        what = env["ir.model"]._get(name).name
        events += [
            (record.create_date, env._("New: %(what)s “%(name)s”", what=what, name=record.display_name))
            for record in env[name]
            .with_context(active_test=False)
            .search(_between("create_date", start, end), limit=MOST_EVENTS, order="create_date")
        ]
    modules = env["ir.module.module"].search(
        Domain("state", "=", "installed") & _between("write_date", start, end), limit=MOST_EVENTS
    )
    events += [(module.write_date, env._("App installed or updated: %s", module.shortdesc)) for module in modules]
    events.sort(key=lambda event: event[0])
    return [labelled(env, format_date(env, when.date()), text) for when, text in events[:MOST_EVENTS]]


def _between(name: str, start: datetime, end: datetime) -> Domain:
    return Domain(name, ">=", start) & Domain(name, "<=", end)
