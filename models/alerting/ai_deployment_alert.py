"""An open condition with one cause and one person: pending, firing, acknowledged, resolved.

There is one alert per deployment and cause (`alert_kinds`). What comes back opens the same alert again, so that its
history stays in one place and nobody is notified twice of one thing. `muting` keeps one quiet until a day; `escalation`
stores who has read it, and notifies the next person where nobody has.
"""

import logging

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import clock, faults
from ..tools.quiet_sql import quiet_sql
from ..tools.told import in_language, keep, same_everywhere
from ..tools.trust import OWN, own
from . import escalation, events, muting
from .alert_kinds import DRIFT, PERFORMANCE, QUALITY, Cause
from .alert_records import near_events

_logger = logging.getLogger(__name__)

ACTIVITY = "ai_deployment.mail_activity_type_alert"
# What starts anew with each time that people are notified.
UNTOLD = {"acknowledged_by_id": False, "acknowledged_date": False, **muting.UNMUTED, **escalation.UNREAD}


class AiDeploymentAlert(models.Model):
    _name = "ai.deployment.alert"
    _description = "Deployment Alert"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "state, last_date desc, id desc"
    _mail_post_access = "read"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    cause = fields.Char("Technical Name", required=True, readonly=True)
    name = fields.Char("Event", required=True, readonly=True, translate=True)
    suggestion = fields.Char("Recommendation", readonly=True, translate=True)
    level = fields.Selection([("alert", "Alert"), ("notice", "Notice")], required=True, readonly=True)
    state = fields.Selection(
        [("pending", "Pending"), ("firing", "Firing"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")],
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    user_id = fields.Many2one(related="deployment_id.user_id", string="Owner")
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False)
    onset_date = fields.Date("Since", readonly=True)
    first_date = fields.Datetime("First Raised", readonly=True)
    opened_date = fields.Datetime(
        "Opened", readonly=True, help="Date on which it was raised again after being resolved."
    )
    last_date = fields.Datetime("Last Raised", required=True, readonly=True)
    notified_date = fields.Datetime("Notified On", readonly=True, help="Date of the last notification.")
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    acknowledged_date = fields.Datetime("Acknowledged On", readonly=True)
    resolved_date = fields.Datetime("Resolved On", readonly=True)
    reopened_count = fields.Integer("Times Reopened", readonly=True)
    report_id = fields.Many2one("ai.deployment.report", readonly=True, ondelete="set null")
    line_id = fields.Many2one("ai.deployment.report.line", "Report Line", readonly=True, ondelete="set null")
    has_records = fields.Boolean(related="line_id.has_records")
    events = fields.Text("Changes in Odoo", compute="_compute_events", compute_sudo=True)
    muted_until = fields.Date(
        readonly=True, tracking=True, help="No notifications about this alert are sent before this day."
    )
    mute_reason = fields.Char(readonly=True, tracking=True)
    is_muted = fields.Boolean("Muted", compute="_compute_is_muted")
    read_by_id = fields.Many2one("res.users", readonly=True)
    read_date = fields.Datetime("Read", readonly=True)
    escalated_date = fields.Datetime(
        "Escalated On",
        readonly=True,
        tracking=True,
        help="Date of escalation to the next person, as the alert was unread.",
    )

    _cause_uniq = models.UniqueIndex("(deployment_id, cause)", "This alert exists already.")

    @api.depends("onset_date")
    def _compute_events(self):
        for alert in self:
            alert.events = "\n".join(near_events(alert)) or False

    @api.depends("muted_until")
    def _compute_is_muted(self):
        for alert in self:
            alert.is_muted = alert._is_kept_quiet()

    def _is_kept_quiet(self):
        self.ensure_one()
        return bool(self.muted_until and self.muted_until > clock.today())

    # Raised and resolved by the monitors

    @api.model
    def _raise(self, deployment, cause, *, name, level="alert", suggestion="", onset=None, report=None):
        """Open the alert of this cause, or open it again; the owner is told when it opens, not while it stays open.

        :param cause: `Cause`, or its stored key
        :param name: what is wrong, as `told` in every language; a plain text is shown as it is
        :param suggestion: what to do about it, likewise
        :return: the alert; empty where another transaction opens it at this moment
        """
        cause = str(cause)
        alert = own(self).search([("deployment_id", "=", deployment.id), ("cause", "=", cause)])
        now = clock.now()
        words = {"name": same_everywhere(self.env, name), "suggestion": same_everywhere(self.env, suggestion)}
        values = {
            "name": str(name),
            "level": level,
            "suggestion": str(suggestion or ""),
            "last_date": now,
            "report_id": report and report.id,
        }
        opened = {
            "state": "firing",
            "opened_date": now,
            "onset_date": onset or now.date(),
            "acknowledged_by_id": False,
            "acknowledged_date": False,
            "resolved_date": False,
        }
        if not alert:
            alert = alert._open_new({**values, **opened, "deployment_id": deployment.id, "cause": cause})
            alert._keep_words(words)
            alert._tell()
        elif alert.state in ("resolved", "pending"):
            reopened = alert.reopened_count + (alert.state == "resolved")
            alert.write({**values, **opened, "reopened_count": reopened})
            alert._keep_words(words)
            alert._tell()
        else:
            grew = level == "alert" and alert.level == "notice"
            alert.write(values)
            alert._keep_words(words)
            if grew:
                alert._tell()
        return alert

    def _keep_words(self, words):
        """Store what an alert says in every language; nothing where another transaction opens it."""
        for alert in self:
            keep(alert, words)

    @api.model
    def _open_new(self, values):
        """Return the new alert; an empty recordset where another transaction opens it at this moment, and tells."""
        alerts = self.with_context(mail_create_nosubscribe=OWN)
        try:
            with self.env.cr.savepoint(), quiet_sql(f"An alert of deployment {values['deployment_id']}"):
                return alerts.create({**values, "first_date": values["opened_date"]})
        except UniqueViolation:
            return self.browse()

    @api.model
    def _resolve(self, deployment, cause):
        """Resolve the alert of this cause and take its activities away; return it, empty where none was open."""
        alert = own(self).search(
            [("deployment_id", "=", deployment.id), ("cause", "=", str(cause)), ("state", "!=", "resolved")]
        )
        if alert:
            alert.write({"state": "resolved", "resolved_date": clock.now()})
            alert.activity_unlink([ACTIVITY])
        return alert

    def _tell(self):
        """Tell the owner, or whoever stands in. A notice waits in the list, a muted alert until its day has come."""
        for alert in self.filtered(lambda alert: alert.level == "alert" and not alert._is_kept_quiet()):
            alert.write(UNTOLD | {"state": "firing", "notified_date": clock.now()})
            alert._point(alert.deployment_id._person_to_tell(), lambda there: there.name)
            self.env["ai.deployment.channel"]._tell(alert)

    def _point(self, people, summary):
        """Make an activity on this alert for each of `people`, in their language.

        :param summary: function of this alert in the language of a person
        """
        self.ensure_one()
        for person in people:
            there = own(self.with_env(in_language(self.env, person.lang)))
            there.activity_schedule(
                ACTIVITY,
                user_id=person.id,
                date_deadline=clock.today(),
                summary=summary(there),
                note=there.suggestion or False,
            )

    def _outward_name(self):
        """Return the event in words that may leave Odoo: values of sensitive inputs stay inside."""
        self.ensure_one()
        kind, subject = Cause.of(self)
        key, _, test = subject.rpartition(":")
        version = self.report_id.version_id or self.deployment_id.champion_id
        hidden = version._sensitive_keys() if version else ()
        if kind in (DRIFT, QUALITY) and test in ("shape", "constant") and key in hidden:
            return self.env._("A sensitive input has drifted. See Odoo for details.")
        if kind == PERFORMANCE and key == "segment" and self.deployment_id.segment_field_id.name in hidden:
            return self.env._("The scores do not match the outcomes in a segment. See Odoo for details.")
        return self.name

    # Once a day

    @api.model
    def _cron_alerts(self):
        """Run the daily steps, one at a time: a step that fails stops no other."""
        cron = self.env["ir.cron"]
        steps = self._due_today()
        cron._commit_progress(remaining=len(steps))
        for step in steps:
            try:
                with self.env.cr.savepoint():
                    step()
            except faults.OF_THE_MOMENT:
                raise
            except Exception:
                _logger.exception("A daily step for alerts failed")
            if not cron._commit_progress(1):
                return

    @api.model
    def _due_today(self):
        """Return what is due, as functions without arguments."""
        alerts = self.sudo()
        return [step for name in events.DAILY_STEPS for step in getattr(alerts, name)()]

    def _due_mutes(self):
        return muting.due_steps(self)

    def _due_escalations(self):
        return escalation.due_steps(self)

    def _due_digests(self):
        return self.env["ai.deployment.channel"]._due_digests()

    def _locked(self, domain):
        """Return this alert where no other transaction has locked it and `domain` still holds, else none."""
        alert = self.try_lock_for_update()
        alert.invalidate_recordset()
        return alert.filtered_domain(domain)

    # Reading

    def web_read(self, specification):
        """Store that the alert is read when its form is opened by somebody it was sent to.

        The web client calls this for one record when it opens a form, by itself or with the pager. Lists call
        `web_search_read`, which ends here too, maybe with a single row; but only the form asks for what to do about it.
        """
        if len(self.ids) == 1 and "suggestion" in specification:
            self._mark_read()
        return super().web_read(specification)

    # Odoo would offer a read-only cursor for this method, and an opened form is written down.
    web_read._readonly = False

    def _mark_read(self):
        self.ensure_one()
        self.check_access("read")
        alert = self.sudo()
        if self.env.user in escalation.addressees(alert):
            escalation.write_reader(alert)

    # Buttons

    def action_acknowledge(self):
        """Acknowledge firing alerts, which also reads them. They stay open until they are over."""
        self.check_access("read")
        firing = self.filtered(lambda alert: alert.state == "firing")
        firing._check_may_answer()
        for alert in firing.sudo():
            alert.write({"state": "acknowledged", "acknowledged_by_id": self.env.uid, "acknowledged_date": clock.now()})
            alert.activity_feedback([ACTIVITY])
        escalation.write_reader(self.sudo().filtered(lambda alert: alert.state == "acknowledged"))
        return True

    def _mute(self, until, reason):
        """Keep these alerts quiet until `until`, for a reason that stays in their history."""
        self.check_access("read")
        self._check_may_answer()
        alerts = self.sudo()
        muting.mute(alerts, until, reason)
        alerts.activity_feedback([ACTIVITY], feedback=reason.strip())

    def action_unmute(self):
        """End the mute: people are notified from the next time on that the alert opens or grows."""
        self.check_access("read")
        self._check_may_answer()
        self.sudo().write(muting.UNMUTED)
        return True

    def action_open_records(self):
        """Open the records in question, those that the user may read."""
        self.ensure_one()
        if not self.line_id:
            raise UserError(self.env._("This alert is not about single records."))
        return self.line_id.action_open_records()

    def _check_may_answer(self):
        for alert in self:
            if not alert.deployment_id._may_decide():
                raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
