"""Asks the owner which share of new records goes without a score, and why."""

from odoo import fields, models


class AiDeploymentHoldout(models.TransientModel):
    _name = "ai.deployment.holdout"
    _description = "Hold-out Group"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    share = fields.Float(
        "Hold-out Share",
        required=True,
        default=0.1,
        help="Share of new records, chosen at random. 0 ends the hold-out; at most half.",
    )
    reason = fields.Char(required=True)

    def action_hold_out(self):
        self.ensure_one()
        self.deployment_id._hold_out(self.share, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
