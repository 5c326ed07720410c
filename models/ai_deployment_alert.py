"""An open condition with one cause and one person: pending, firing, acknowledged, resolved.

There is one alert per deployment and cause. What comes back opens the same alert again, so that its history stays in
one place and nobody is told twice of one thing.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from . import clock


class AiDeploymentAlert(models.Model):
    _name = "ai.deployment.alert"
    _description = "Deployment Alert"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        required=True, readonly=True, tracking=True, index=True,
    )  # fmt: skip
    user_id = fields.Many2one(related="deployment_id.user_id", string="Owner")
    onset_date = fields.Date("Since", readonly=True)
    first_date = fields.Datetime("First Raised", readonly=True)
    last_date = fields.Datetime("Last Raised", required=True, readonly=True)
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    acknowledged_date = fields.Datetime(readonly=True)
    resolved_date = fields.Datetime(readonly=True)
    reopened_count = fields.Integer("Times Reopened", readonly=True)
    report_id = fields.Many2one("ai.deployment.report", readonly=True, ondelete="set null")

    _cause_uniq = models.UniqueIndex("(deployment_id, cause)", "This alert exists already.")

    # Raised and resolved by the monitors

    @api.model
    def _raise(self, deployment, cause, *, name, level="alert", suggestion="", onset=None, report=None):
        """Open the alert of this cause, or open it again; the owner is told when it opens, not while it stays open."""
        alert = self.sudo().search([("deployment_id", "=", deployment.id), ("cause", "=", cause)])
        now = clock.now()
        values = {
            "name": name, "level": level, "suggestion": suggestion, "last_date": now, "report_id": report and report.id,
        }  # fmt: skip
        if not alert:
            alert = self.sudo().with_context(mail_create_nosubscribe=True).create(
                {
                    **values,
                    "deployment_id": deployment.id, "cause": cause, "state": "firing", "first_date": now,
                    "onset_date": onset or now.date(),
                }
            )  # fmt: skip
            alert._tell_owner()
        elif alert.state in ("resolved", "pending"):
            reopened = alert.reopened_count + (alert.state == "resolved")
            alert.write(
                {**values, "state": "firing", "onset_date": onset or now.date(), "reopened_count": reopened,
                 "acknowledged_by_id": False, "acknowledged_date": False, "resolved_date": False}
            )  # fmt: skip
            alert._tell_owner()
        else:
            grew = level == "alert" and alert.level == "notice"
            alert.write(values)
            if grew:
                alert._tell_owner()
        return alert

    @api.model
    def _resolve(self, deployment, cause):
        alert = self.sudo().search(
            [("deployment_id", "=", deployment.id), ("cause", "=", cause), ("state", "!=", "resolved")]
        )
        if alert:
            alert.write({"state": "resolved", "resolved_date": clock.now()})
            alert.activity_unlink(["ai_deployment.mail_activity_type_alert"])
        return alert

    def _tell_owner(self):
        """An activity for the owner, or whoever stands in. A notice waits in the list."""
        for alert in self.filtered(lambda alert: alert.level == "alert"):
            alert.activity_schedule(
                "ai_deployment.mail_activity_type_alert",
                user_id=alert.deployment_id._person_to_tell().id,
                date_deadline=clock.today(),
                summary=alert.name,
                note=alert.suggestion or False,
            )

    # Buttons

    def action_acknowledge(self):
        """The owner has read it. It stays open until it is over."""
        self.check_access("read")
        for alert in self.filtered(lambda alert: alert.state == "firing"):
            if not alert.deployment_id._may_decide():
                raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
            alert.sudo().write(
                {"state": "acknowledged", "acknowledged_by_id": self.env.uid, "acknowledged_date": clock.now()}
            )
            alert.sudo().activity_feedback(["ai_deployment.mail_activity_type_alert"])
        return True
