"""How a deployment is answered: its reasons, a second person above an amount, shares for checks of reviewing."""

from odoo import fields, models


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    answer_ids = fields.One2many("ai.deployment.review.answer", "deployment_id", "Reasons for an Answer", copy=True)
    four_eyes_amount = fields.Monetary(
        "Second Person From",
        tracking=True,
        help="A record of at least this amount is judged by two people; where they differ, the owner decides. "
        "0: one person is enough.",
    )
    blind_share = fields.Float(
        "Score Hidden",
        default=0.05,
        tracking=True,
        help="The share of questions whose score shows only after the answer: whether people judge by themselves. "
        "Takes two reviewers at least.",
    )
    double_share = fields.Float(
        "Asked Twice",
        default=0.05,
        tracking=True,
        help="The share of answers for which another person is asked the same, without the first answer: whether "
        "people agree. Takes two reviewers at least.",
    )

    _four_eyes_not_negative = models.Constraint(
        "CHECK(four_eyes_amount >= 0)", "The amount from which on two people judge is not negative."
    )
    _blind_share_is_share = models.Constraint(
        "CHECK(blind_share BETWEEN 0 AND 1)", "The share with a hidden score lies between 0 and 1."
    )
    _double_share_is_share = models.Constraint(
        "CHECK(double_share BETWEEN 0 AND 1)", "The share that is asked twice lies between 0 and 1."
    )

    def _make_answers(self):
        reasons = self.env["ai.deployment.review.answer"].sudo()
        reasons.create(
            [
                values
                for deployment in self
                if not deployment.answer_ids
                for values in reasons._default_values(deployment)
            ]
        )

    def _has_several_reviewers(self):
        """Whether there is somebody to compare a reviewer with."""
        self.ensure_one()
        return len(self.sudo().reviewer_ids.filtered("active")) > 1
