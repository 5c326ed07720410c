"""Asks the owner which share of new records goes without a score, and why."""

from odoo import fields, models


class AiDeploymentHoldout(models.TransientModel):
    _name = "ai.deployment.holdout"
    _description = "Records Without a Score"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    share = fields.Float(
        "Share Without a Score", required=True, default=0.1, help="Of new records, by chance. 0 ends it; half at most."
    )
    reason = fields.Char("Why", required=True)

    def action_hold_out(self):
        self.ensure_one()
        self.deployment_id._hold_out(self.share, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
