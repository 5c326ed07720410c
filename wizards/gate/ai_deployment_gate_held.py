"""Shows who has confirmed bills those that are held, with why and what to do."""

from odoo import fields, models


class AiDeploymentGateHeld(models.TransientModel):
    _name = "ai.deployment.gate.held"
    _description = "Held Bills"
    _inherit = "ai.deployment.guarded.mixin"

    move_ids = fields.Many2many("account.move", string="Held", readonly=True)
    text = fields.Text(readonly=True)

    def action_open(self):
        """The held bills themselves."""
        self.ensure_one()
        if len(self.move_ids) == 1:
            return self.move_ids._get_records_action(name=self.env._("Held"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Held"),
            "res_model": "account.move",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self.move_ids.ids)],
        }
