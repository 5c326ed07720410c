"""Asks why the inputs of a version are known in time."""

from odoo import fields, models

from ...models.training.questions import answer


class AiDeploymentAnswer(models.TransientModel):
    _name = "ai.deployment.answer"
    _description = "Explain a Version"
    _inherit = "ai.deployment.guarded.mixin"

    version_id = fields.Many2one("ai.deployment.version", required=True, ondelete="cascade")
    questions_text = fields.Text(related="version_id.questions_text", related_sudo=False, unsaved=True)
    reason = fields.Text("Explanation", required=True)

    def action_answer(self):
        self.ensure_one()
        answer(self.version_id, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
