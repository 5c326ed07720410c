"""The summary of a day or a week: what came, what is still open, what is over; one message per target, however many
deployments an owner has. Where there is nothing to say, nothing is said, unless a weekly "all quiet" was asked for.
"""

from datetime import timedelta
from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import clock

PERIODS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
OPEN = ("firing", "acknowledged")


class AiDeploymentChannel(models.Model):
    _inherit = "ai.deployment.channel"

    @api.model
    def _daily_steps(self):
        """One step per owner, company and rhythm: their messages are written together or not at all."""
        due = self.sudo().search(self._summary_domain(), order="deployment_id, id").filtered(lambda c: c._is_due())
        groups = due.grouped(lambda c: (c.deployment_id._person_to_tell(), c.company_id, c.what))
        return [partial(channels._summarise) for channels in groups.values()]

    @api.model
    def _summary_domain(self):
        return Domain("what", "in", list(PERIODS)) & Domain("deployment_id.state", "!=", "retired")

    def _is_due(self):
        """By days, not hours: a cron that runs a little earlier than yesterday must not skip a day."""
        self.ensure_one()
        passed = self.summary_date and clock.today() - self.summary_date.date()
        return not self.summary_date or not timedelta(0) <= passed < PERIODS[self.what]

    def _summarise(self):
        channels = self.try_lock_for_update()
        channels.invalidate_recordset()
        channels = channels.filtered_domain(self._summary_domain()).filtered(lambda c: c._is_due())
        for (kind, target), group in channels._by_target().items():
            subject, text = group._summary()
            if text:
                partners = self.env["res.partner"].browse(target) if kind == "email" else None
                group[0]._queue(subject, text, link="/odoo/ai-alerts", partners=partners)
        channels.write({"summary_date": clock.now()})

    def _by_target(self):
        """{(kind, who or what hears): channels}."""
        groups = {}
        for channel in self:
            targets = {
                "email": channel.partner_ids.ids,
                "discuss": channel.discuss_channel_id.ids,
                "webhook": [channel.credential],
            }[channel.kind]
            for target in targets:
                key = (channel.kind, target)
                groups[key] = groups.get(key, self.browse()) | channel
        return groups

    def _summary(self):
        """(subject, text) about the deployments of these channels; the text is empty where there is nothing to say."""
        words = self._in_language_of(self[0].deployment_id._person_to_tell())
        sections = [section for channel in words for section in [channel._section()] if section]
        day = format_date(words.env, clock.today())
        subject = {
            "daily": words.env._("AI deployments, %s: the day", day),
            "weekly": words.env._("AI deployments, %s: the week", day),
        }[self[0].what]
        if not sections and any(channel.what == "weekly" and channel.all_quiet for channel in self):
            names = ", ".join(self.deployment_id.mapped("name"))
            return subject, words.env._("All quiet: nothing came and nothing is open (%s).", names)
        return subject, "\n\n".join(sections)

    def _section(self):
        """The lines about one deployment since its last summary; empty where there is nothing to say."""
        self.ensure_one()
        since = min(self.summary_date or clock.now() - PERIODS[self.what], clock.now())
        alerts = self.deployment_id.sudo().alert_ids.sorted("id")
        is_open = alerts.filtered(lambda a: a.state in OPEN and not a.is_muted)
        came = is_open.filtered(lambda a: a.opened_date and a.opened_date > since)
        over = alerts.filtered(lambda a: a.state == "resolved" and a.resolved_date and a.resolved_date > since)
        lines = [self.env._("New: %s", alert._outward_name()) for alert in came]
        lines += [self._still_open(alert) for alert in is_open - came]
        lines += [self.env._("Over: %s", alert._outward_name()) for alert in over]
        if not lines:
            return ""
        muted = len(alerts.filtered(lambda a: a.state in OPEN and a.is_muted))
        if muted:
            lines.append(self.env._("Muted: %s", muted))
        return "\n".join([self.deployment_id.name, *(f"• {line}" for line in lines)])

    def _still_open(self, alert):
        since, name = format_date(self.env, alert.opened_date or alert.first_date), alert._outward_name()
        if alert.state == "acknowledged":
            return self.env._("Open since %(date)s, acknowledged: %(what)s", date=since, what=name)
        if alert.level == "alert" and not alert.read_date:
            return self.env._("Open since %(date)s, unread: %(what)s", date=since, what=name)
        return self.env._("Open since %(date)s: %(what)s", date=since, what=name)
