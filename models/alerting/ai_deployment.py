"""Notification settings of a deployment, and the time until an unread alert is escalated."""

from odoo import fields, models


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    channel_ids = fields.One2many("ai.deployment.channel", "deployment_id", "Notifications")
    escalation_days = fields.Integer(
        "Escalate Unread Alerts After Days",
        default=3,
        help="An alert not opened by the owner within this time is escalated to the deputy, otherwise to the "
        "administrators.",
    )

    _escalation_in_reach = models.Constraint(
        "CHECK(escalation_days BETWEEN 1 AND 90)", "Escalation of unread alerts takes 1 to 90 days."
    )

    def _add_activity_channels(self):
        self.env["ai.deployment.channel"]._add_activities(self)
