"""An open condition with one cause and one person: pending, firing, acknowledged, resolved.

There is one alert per deployment and cause. What comes back opens the same alert again, so that its history stays in
one place and nobody is told twice of one thing. Files of their own hold how long it is kept quiet
(`ai_deployment_alert_mute`), and whether somebody has read it, else who is told next (`ai_deployment_alert_reading`).
"""

import logging

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import clock, faults
from ..tools.quiet_sql import quiet_sql
from ..tools.trust import OWN, own

_logger = logging.getLogger(__name__)

ACTIVITY = "ai_deployment.mail_activity_type_alert"


class AiDeploymentAlert(models.Model):
    _name = "ai.deployment.alert"
    _description = "Deployment Alert"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "state, last_date desc, id desc"
    _mail_post_access = "read"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    cause = fields.Char("Technical Name", required=True, readonly=True)
    name = fields.Char("What Happened", required=True, readonly=True)
    suggestion = fields.Char("What to Do", readonly=True)
    level = fields.Selection([("alert", "Alert"), ("notice", "Notice")], required=True, readonly=True)
    state = fields.Selection(
        [("pending", "Pending"), ("firing", "Firing"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")],
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    user_id = fields.Many2one(related="deployment_id.user_id", string="Owner")
    onset_date = fields.Date("Since", readonly=True)
    first_date = fields.Datetime("First Raised", readonly=True)
    opened_date = fields.Datetime("Opened", readonly=True, help="When it was raised after it had been over.")
    last_date = fields.Datetime("Last Raised", required=True, readonly=True)
    told_date = fields.Datetime("Told", readonly=True, help="When a person was last told of it.")
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    acknowledged_date = fields.Datetime(readonly=True)
    resolved_date = fields.Datetime(readonly=True)
    reopened_count = fields.Integer("Times Reopened", readonly=True)
    report_id = fields.Many2one("ai.deployment.report", readonly=True, ondelete="set null")

    _cause_uniq = models.UniqueIndex("(deployment_id, cause)", "This alert exists already.")

    # Raised and resolved by the monitors

    @api.model
    def _raise(self, deployment, cause, *, name, level="alert", suggestion="", onset=None, report=None):
        """Open the alert of this cause, or open it again; the owner is told when it opens, not while it stays open.

        :return: the alert; empty where another transaction opens it at this moment
        """
        alert = own(self).search([("deployment_id", "=", deployment.id), ("cause", "=", cause)])
        now = clock.now()
        values = {
            "name": name,
            "level": level,
            "suggestion": suggestion,
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
            alert._tell()
        elif alert.state in ("resolved", "pending"):
            reopened = alert.reopened_count + (alert.state == "resolved")
            alert.write({**values, **opened, "reopened_count": reopened})
            alert._tell()
        else:
            grew = level == "alert" and alert.level == "notice"
            alert.write(values)
            if grew:
                alert._tell()
        return alert

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
        alert = own(self).search(
            [("deployment_id", "=", deployment.id), ("cause", "=", cause), ("state", "!=", "resolved")]
        )
        if alert:
            alert.write({"state": "resolved", "resolved_date": clock.now()})
            alert.activity_unlink([ACTIVITY])
        return alert

    def _tell(self):
        """Tell the owner, or whoever stands in. A notice waits in the list, a muted alert until its day has come."""
        for alert in self.filtered(lambda alert: alert.level == "alert" and not alert._is_kept_quiet()):
            alert.write(alert._untold_values() | {"state": "firing", "told_date": clock.now()})
            alert._point(alert.deployment_id._person_to_tell(), alert.name)
            self.env["ai.deployment.channel"]._tell(alert)

    def _untold_values(self):
        """What begins anew with each time that people are told."""
        return {"acknowledged_by_id": False, "acknowledged_date": False}

    def _point(self, people, summary):
        """An activity on this alert for each of `people`."""
        self.ensure_one()
        for person in people:
            own(self).activity_schedule(
                ACTIVITY,
                user_id=person.id,
                date_deadline=clock.today(),
                summary=summary,
                note=self.suggestion or False,
            )

    def _outward_name(self):
        """What happened, in words that may leave Odoo: which values a sensitive input takes stays inside."""
        self.ensure_one()
        kind, _, rest = self.cause.partition(":")
        key, _, test = rest.rpartition(":")
        version = self.report_id.version_id or self.deployment_id.champion_id
        hidden = version._sensitive_keys() if version else ()
        if kind in ("drift", "quality") and test in ("shape", "constant") and key in hidden:
            return self.env._("An input that is marked as sensitive moved. What moved stands in Odoo.")
        if rest.startswith("segment:") and self.deployment_id.segment_field_id.name in hidden:
            return self.env._("The scores do not come true for a part of the records. Which part stands in Odoo.")
        return self.name

    # Once a day

    @api.model
    def _cron_alerts(self):
        """What the passing of days brings, one step at a time: a step that fails stops no other."""
        cron = self.env["ir.cron"]
        steps = self._daily_steps() + self.env["ai.deployment.channel"]._daily_steps()
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
    def _daily_steps(self):
        """Hook: functions without arguments, each about one alert or one person. Files of this model add theirs."""
        return []

    def _locked(self, domain):
        """This alert where nobody else has it in hand and `domain` still holds, else none."""
        alert = self.try_lock_for_update()
        alert.invalidate_recordset()
        return alert.filtered_domain(domain)

    # Buttons

    def action_acknowledge(self):
        """The owner has read it. It stays open until it is over."""
        self.check_access("read")
        for alert in self.filtered(lambda alert: alert.state == "firing"):
            alert._check_may_answer()
            alert.sudo().write(
                {"state": "acknowledged", "acknowledged_by_id": self.env.uid, "acknowledged_date": clock.now()}
            )
            alert.sudo().activity_feedback([ACTIVITY])
        return True

    def _check_may_answer(self):
        for alert in self:
            if not alert.deployment_id._may_decide():
                raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
