"""Asks what a person has seen who vouches for a row of a checklist."""

from odoo import fields, models


class AiDeploymentCheckSign(models.TransientModel):
    _name = "ai.deployment.check.sign"
    _description = "Sign a Checklist Row"
    _inherit = "ai.deployment.guarded.mixin"

    check_id = fields.Many2one("ai.deployment.check", "Row", required=True, ondelete="cascade")
    requirement = fields.Text(related="check_id.requirement", related_sudo=False, unsaved=True)
    note = fields.Text("Verification", required=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Documents")

    def action_sign(self):
        self.ensure_one()
        self.check_id._sign(self.note, self.attachment_ids)
        return {"type": "ir.actions.act_window_close"}
