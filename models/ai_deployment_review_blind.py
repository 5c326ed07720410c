"""Questions whose score shows only after the answer, and answers for which a second person is asked.

Both are drawn by a hash of the review, so that asking twice changes nothing. A question is drawn as blind when somebody
is looked for; until then one that would be drawn shows no score either.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..ml import routing
from .ai_deployment_review_decision import ANSWERS

FIRST = ("first", "reopened")


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    is_blind = fields.Boolean("Score Hidden", readonly=True, copy=False, help="Answered without the score in sight.")
    hides_score = fields.Boolean(compute="_compute_hides_score")
    shown_value = fields.Float("Score Shown", compute="_compute_shown", digits=(16, 4))
    shown_confidence = fields.Float("Confidence Shown", compute="_compute_shown", digits=(16, 4))
    reasons = fields.Text(compute="_compute_reasons")
    truth_text = fields.Char("The Question", compute="_compute_truth_text")

    @api.depends("state", "is_blind", "is_assigned")
    def _compute_hides_score(self):
        for review in self:
            drawn = review.is_blind or (not review.is_assigned and review._draws_blind())
            review.hides_score = review.state == "open" and drawn

    @api.depends("hides_score", "predicted_value", "confidence")
    def _compute_shown(self):
        for review in self:
            shown = not review.hides_score and not review.failure_type
            review.shown_value = shown and review.predicted_value
            review.shown_confidence = shown and review.confidence

    @api.depends("hides_score", "inference_id")
    @api.depends_context("uid", "lang")
    def _compute_reasons(self):
        for review in self:
            review.reasons = not review.hides_score and review.sudo().inference_id.reasons

    @api.depends("hides_score")
    @api.depends_context("lang")
    def _compute_prediction_text(self):
        result = super()._compute_prediction_text()
        for review in self:
            if review.hides_score:
                review.prediction_text = self.env._("Shown after your answer")
        return result

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_truth_text(self):
        for review in self:
            words = self.env[review.res_model]._ai_words()
            review.truth_text = self.env._(
                "Yes: %(positive)s. No: %(negative)s.", positive=words["positive"], negative=words["negative"]
            )

    def action_answer_yes(self):
        self.ensure_one()
        self._answer_truth("positive")
        return True

    def action_answer_no(self):
        self.ensure_one()
        self._answer_truth("negative")
        return True

    def _check_shown(self, decision):
        """Nobody says that a score is right or wrong without having seen it."""
        self.ensure_one()
        if decision in ANSWERS and self.hides_score:
            raise UserError(self.env._("The score shows after the answer: open the question and say yes or no."))

    def write(self, vals):
        """Drawn when somebody is looked for, or answers before that."""
        if (vals.get("is_assigned") or vals.get("state") == "decided") and "is_blind" not in vals:
            drawn = self.filtered("hides_score")
            if drawn and drawn != self:
                return super(AiDeploymentReview, drawn).write({**vals, "is_blind": True}) and super(
                    AiDeploymentReview, self - drawn
                ).write(vals)
            if drawn:
                vals = {**vals, "is_blind": True}
        waiting = self.filtered(lambda review: review.state == "open" and review.kind == "second_opinion")
        result = super().write(vals)
        if vals.get("state") == "expired":  # nobody is led by the first answer any more, so it is told
            for review in waiting.sudo().previous_id:
                review._log_on_document()
        return result

    def _draws_blind(self):
        """Whether this question is one of the share that is asked without the score."""
        review, deployment = self.sudo(), self.sudo().deployment_id
        return (
            not review.failure_type
            and review.kind == "first"
            and bool(review._origin.id)
            and deployment.blind_share > 0
            and deployment._has_several_reviewers()
            and bool(routing.audit_selected([str(review._origin.id)], deployment.blind_share, salt="blind")[0])
        )

    def _draws_second_opinion(self):
        """Whether this answer is one of the share that another person gives as well. In sudo."""
        deployment = self.deployment_id
        return (
            self.kind == "first"
            and bool(self.ground_truth)
            and deployment.double_share > 0
            and deployment._has_several_reviewers()
            and bool(routing.audit_selected([str(self.id)], deployment.double_share, salt="double")[0])
        )

    def _what_follows(self):
        follows = super()._what_follows()
        if not follows and self._draws_second_opinion():
            # Compared is like with like: the second person sees the score if the first did.
            return {"kind": "second_opinion", "is_blind": self.is_blind}
        return follows
