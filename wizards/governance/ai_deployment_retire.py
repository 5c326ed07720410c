"""Asks for the lesson before a deployment is retired: the next one begins with it."""

from odoo import fields, models


class AiDeploymentRetire(models.TransientModel):
    _name = "ai.deployment.retire"
    _description = "Retire a Deployment"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    lesson = fields.Text("Lessons Learned", required=True)

    def action_retire(self):
        self.ensure_one()
        self.deployment_id._retire(self.lesson)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
