"""Asks until when an alert may be quiet, and why."""

from datetime import timedelta

from odoo import api, fields, models

from ...models.tools import clock


class AiDeploymentAlertMute(models.TransientModel):
    _name = "ai.deployment.alert.mute"
    _description = "Mute Alerts"
    _inherit = "ai.deployment.guarded.mixin"

    alert_ids = fields.Many2many("ai.deployment.alert", string="Alerts", required=True)
    until = fields.Date(
        "Mute Until",
        required=True,
        default=lambda self: clock.today() + timedelta(days=14),
        help="The owner is notified again on this day if the alert is still open.",
    )
    reason = fields.Char(required=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "ai.deployment.alert":
            values["alert_ids"] = [(6, 0, self.env.context.get("active_ids", []))]
            self._check_named_readable([values])
        return values

    def action_mute(self):
        self.ensure_one()
        self.alert_ids._mute(self.until, self.reason)
        return {"type": "ir.actions.act_window_close"}
