"""The summary of a day or a week: what came, what is still open, what is over.

There is one message per target, however many deployments an owner has. None is sent where there is nothing to say,
unless a weekly "all quiet" was chosen.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools import clock

PERIODS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}  # between two digests of a channel
OPEN = ("firing", "acknowledged")


def due_steps(channels: BaseModel) -> list[Callable[[], None]]:
    """Return one step per owner, company and period: their messages are written together or not at all.

    :param channels: ai.deployment.channel with all rights, empty
    """
    due = channels.search(_domain(), order="deployment_id, id").filtered(is_due)
    groups = due.grouped(lambda c: (c.deployment_id._person_to_tell(), c.company_id, c.frequency))
    return [partial(send, group) for group in groups.values()]


def is_due(channel: BaseModel) -> bool:
    """Return whether `channel` has a summary today.

    Days are compared, not hours: a cron that runs a little earlier than yesterday must not skip a day.
    """
    passed = channel.summary_date and clock.today() - channel.summary_date.date()
    return not channel.summary_date or not timedelta(0) <= passed < PERIODS[channel.frequency]


def send(channels: BaseModel) -> None:
    """Write the messages of those of `channels` that are due and that no other transaction has locked."""
    channels = channels.try_lock_for_update()
    channels.invalidate_recordset()
    channels = channels.filtered_domain(_domain()).filtered(is_due)
    for (kind, target), group in _by_target(channels).items():
        subject, text = _summary(group)
        if text:
            partners = channels.env["res.partner"].browse(target) if kind == "email" else None
            group[0]._queue(subject, text, link="/odoo/ai-alerts", partners=partners)
    channels.write({"summary_date": clock.now()})


def _domain() -> Domain:
    return Domain("frequency", "in", list(PERIODS)) & Domain("deployment_id.state", "!=", "retired")


def _by_target(channels: BaseModel) -> dict[tuple[str, int | str], BaseModel]:
    """Return the channels per (kind, person, Discuss channel or name of an address)."""
    groups: dict[tuple[str, int | str], BaseModel] = {}
    for channel in channels:
        for target in channel._targets():
            key = (channel.kind, target)
            groups[key] = groups.get(key, channels.browse()) | channel
    return groups


def _summary(channels: BaseModel) -> tuple[str, str]:
    """Return (subject, text) about the deployments of `channels`; the text is empty where there is nothing to say."""
    words = channels._in_language_of(channels[0].deployment_id._person_to_tell())
    env = words.env
    sections = [section for channel in words if (section := _section(channel))]
    day = format_date(env, clock.today())
    subject = {
        "daily": env._("AI deployments, %s: the day", day),
        "weekly": env._("AI deployments, %s: the week", day),
    }[channels[0].frequency]
    if not sections and any(channel.frequency == "weekly" and channel.send_when_empty for channel in channels):
        names = ", ".join(channels.deployment_id.mapped("name"))
        return subject, env._("No activity and nothing open (%s).", names)
    return subject, "\n\n".join(sections)


def _section(channel: BaseModel) -> str:
    """Return the lines about one deployment since its last summary; empty where there is nothing to say."""
    env = channel.env
    since = min(channel.summary_date or clock.now() - PERIODS[channel.frequency], clock.now())
    alerts = channel.deployment_id.alert_ids.sorted("id")
    is_open = alerts.filtered(lambda a: a.state in OPEN and not a.is_muted)
    came = is_open.filtered(lambda a: a.opened_date and a.opened_date > since)
    over = alerts.filtered(lambda a: a.state == "resolved" and a.resolved_date and a.resolved_date > since)
    lines = [env._("New: %s", alert._outward_name()) for alert in came]
    lines += [_still_open(alert) for alert in is_open - came]
    lines += [env._("Resolved: %s", alert._outward_name()) for alert in over]
    if not lines:
        return ""
    muted = len(alerts.filtered(lambda a: a.state in OPEN and a.is_muted))
    if muted:
        lines.append(env._("Muted: %s", muted))
    return "\n".join([channel.deployment_id.name, *(f"• {line}" for line in lines)])


def _still_open(alert: BaseModel) -> str:
    env, name = alert.env, alert._outward_name()
    since = format_date(env, alert.opened_date or alert.first_date)
    if alert.state == "acknowledged":
        return env._("Open since %(date)s, acknowledged: %(what)s", date=since, what=name)
    if alert.level == "alert" and not alert.read_date:
        return env._("Open since %(date)s, unread: %(what)s", date=since, what=name)
    return env._("Open since %(date)s: %(what)s", date=since, what=name)
