"""Who hears of a deployment, and how long an alert may stay unread."""

from odoo import fields, models


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    channel_ids = fields.One2many("ai.deployment.channel", "deployment_id", "Who Hears of It")
    escalation_days = fields.Integer(
        "Unread Alerts Go On After Days",
        default=3,
        help="An alert that the owner has not opened by then goes to the deputy, else to the administrators.",
    )

    _escalation_in_reach = models.Constraint(
        "CHECK(escalation_days BETWEEN 1 AND 90)", "An unread alert goes on after 1 to 90 days."
    )

    def _add_activity_channels(self):
        self.env["ai.deployment.channel"]._add_activities(self)
