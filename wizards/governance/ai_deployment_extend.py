"""Asks until when a proof of concept goes on, and why."""

from datetime import timedelta

from odoo import fields, models

from ...models.governance.poc import ProofOfConcept
from ...models.tools import clock


class AiDeploymentExtend(models.TransientModel):
    _name = "ai.deployment.extend"
    _description = "Extend a Proof of Concept"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    until = fields.Date("New End Date", required=True, default=lambda self: clock.today() + timedelta(days=30))
    reason = fields.Text(required=True)

    def action_extend(self):
        self.ensure_one()
        ProofOfConcept(self.deployment_id).extend(self.until, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
