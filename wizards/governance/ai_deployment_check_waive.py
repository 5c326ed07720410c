"""Asks an administrator until when a row of a checklist may be missing, and why."""

from datetime import timedelta

from odoo import fields, models

from ...models.tools import clock


class AiDeploymentCheckWaive(models.TransientModel):
    _name = "ai.deployment.check.waive"
    _description = "Waive a Checklist Row"
    _inherit = "ai.deployment.guarded.mixin"

    check_id = fields.Many2one("ai.deployment.check", "Row", required=True, ondelete="cascade")
    until = fields.Date(
        "Waive Until",
        required=True,
        default=lambda self: clock.today() + timedelta(days=90),
        help="From the next day on, the row blocks again.",
    )
    reason = fields.Text(required=True)

    def action_waive(self):
        self.ensure_one()
        self.check_id._waive(self.reason, self.until)
        return {"type": "ir.actions.act_window_close"}
