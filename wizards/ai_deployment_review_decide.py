"""Asks a reviewer what is wrong, before an answer of the model is overridden."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AiDeploymentReviewDecide(models.TransientModel):
    _name = "ai.deployment.review.decide"
    _description = "Decide a Review"

    review_ids = fields.Many2many("ai.deployment.review", string="Reviews", required=True)
    decision = fields.Selection(
        [("confirmed", "The score is right"), ("overridden", "The score is wrong"), ("unsure", "Cannot tell")],
        required=True,
        default="overridden",
    )
    note = fields.Text("Why")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "ai.deployment.review":
            values["review_ids"] = [(6, 0, self.env.context.get("active_ids", []))]
        return values

    def action_decide(self):
        self.ensure_one()
        if not self.review_ids:
            raise UserError(self.env._("There is no review to decide."))
        self.review_ids._decide(self.decision, note=self.note or "")
        return {"type": "ir.actions.act_window_close"}
