"""Asks who answers for a deployment from now on, and what they have to know."""

from odoo import api, fields, models

from ...models.governance.ownership import Ownership


class AiDeploymentHandOver(models.TransientModel):
    _name = "ai.deployment.hand.over"
    _description = "Hand Over a Deployment"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "New Owner", required=True, domain=[("share", "=", False)])
    deputy_id = fields.Many2one("res.users", domain=[("share", "=", False)])
    approver_id = fields.Many2one("res.users", domain=[("share", "=", False)])
    note = fields.Text("Handover Note", required=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        deployment = self.env["ai.deployment"].browse(values.get("deployment_id")).exists()
        if deployment:
            deployment.check_access("read")
            values |= {"deputy_id": deployment.deputy_id.id, "approver_id": deployment.approver_id.id}
        return values

    def action_hand_over(self):
        self.ensure_one()
        Ownership(self.deployment_id).hand_over(self.user_id, self.deputy_id, self.approver_id, self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
