"""Asks a reviewer for the answer and why, about one review or many at once."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AiDeploymentReviewDecide(models.TransientModel):
    _name = "ai.deployment.review.decide"
    _description = "Answer a Review"
    _inherit = "ai.deployment.guarded.mixin"

    review_ids = fields.Many2many("ai.deployment.review", string="Reviews", required=True)
    review_count = fields.Integer(compute="_compute_about", unsaved=True)
    deployment_id = fields.Many2one("ai.deployment", compute="_compute_about", unsaved=True)
    hides_score = fields.Boolean(compute="_compute_about", unsaved=True)
    truth_text = fields.Char("Question", compute="_compute_about", unsaved=True)
    decision = fields.Selection(
        [("confirmed", "The score is right"), ("overridden", "The score is wrong"), ("unsure", "Cannot tell")],
        required=True,
        default="overridden",
    )
    truth = fields.Selection(
        [("positive", "Yes"), ("negative", "No"), ("unsure", "Cannot tell")],
        "Answer",
        help="Asked if the score is shown only after the answer.",
    )
    answer_id = fields.Many2one("ai.deployment.review.answer", "Reason")
    asks_text = fields.Boolean(related="answer_id.asks_text", related_sudo=False, unsaved=True)
    note = fields.Text()

    @api.depends("review_ids")
    def _compute_about(self):
        for wizard in self:
            reviews, deployments = wizard.review_ids, wizard.review_ids.deployment_id
            wizard.review_count = len(reviews)
            wizard.deployment_id = deployments if len(deployments) == 1 else False  # reasons are of one deployment
            wizard.hides_score = bool(reviews) and all(reviews.mapped("hides_score"))
            wizard.truth_text = reviews[:1].truth_text if wizard.hides_score else False

    @api.onchange("decision", "truth")
    def _onchange_decision(self):
        fitting = ("any", self.truth) if self.hides_score else ("any", self.decision)
        if self.answer_id.decision not in fitting:
            self.answer_id = False

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "ai.deployment.review":
            values["review_ids"] = [(6, 0, self.env.context.get("active_ids", []))]
            self._check_named_readable([values])
        return values

    def action_decide(self):
        self.ensure_one()
        if not self.review_ids:
            raise UserError(self.env._("There is no review to answer."))
        if self.hides_score and not self.truth:
            raise UserError(self.env._("Answer yes or no."))
        decision = self.truth if self.hides_score else self.decision
        told = self.review_ids._decide_each(decision, note=self.note or "", answer=self.answer_id)
        return told if isinstance(told, dict) else {"type": "ir.actions.act_window_close"}
