"""How a deployment is reviewed: reasons for an answer, second people, hidden scores, deadlines, quality figures."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import clock
from .eligibility import able_people, away_until, people_at_work
from .quality import people_lines, review_figures, total_lines
from .reassignment import release_after_change

PEOPLE = {"reviewer_ids", "user_id", "deputy_id", "company_id"}


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
    review_hours = fields.Integer(
        "Working Hours to Review",
        default=16,
        required=True,
        help="A review is due after so many working hours of the company. After as many again the owner is asked, "
        "after as many again the deputy.",
    )
    who_text = fields.Text("Who Is There", compute="_compute_who_text")
    review_quality_html = fields.Html("Reviewing", compute="_compute_review_quality_html", sanitize=False)
    # Where the passes over the reviews of the deployment go on, see `windows`.
    open_position = fields.Integer(readonly=True, copy=False, help="The record after which the next pass goes on.")
    left_position = fields.Integer(readonly=True, copy=False, help="The same for records that had left.")

    _four_eyes_not_negative = models.Constraint(
        "CHECK(four_eyes_amount >= 0)", "The amount from which on two people judge is not negative."
    )
    _blind_share_is_share = models.Constraint(
        "CHECK(blind_share BETWEEN 0 AND 1)", "The share with a hidden score lies between 0 and 1."
    )
    _double_share_is_share = models.Constraint(
        "CHECK(double_share BETWEEN 0 AND 1)", "The share that is asked twice lies between 0 and 1."
    )
    _review_hours_positive = models.Constraint("CHECK(review_hours > 0)", "A review needs at least one working hour.")

    @api.depends("reviewer_ids", "user_id", "deputy_id")
    @api.depends_context("lang", "tz")
    def _compute_who_text(self):
        for deployment in self:
            stored = deployment._origin
            deployment.who_text = stored._who_text() if stored else False

    def _who_text(self):
        """Return in one sentence who is away now, and whether somebody is left; False where nobody is away."""
        people = (self.reviewer_ids | self.user_id | self.deputy_id).filtered("active")
        away = away_until(people.sudo(), clock.now())
        if not away:
            return False
        names = ", ".join(person.name for person in people if person.id in away)
        if not people_at_work(self.sudo(), people.sudo()):
            return self.env._("Away now: %s. Nobody is left: new reviews lie in the pool.", names)
        return self.env._("Away now: %s. New reviews go to the others.", names)

    def _compute_review_quality_html(self):
        user = self.env.user
        by_person = user.has_group("ai_deployment.group_review_figures")
        auditor = user.has_group("ai_deployment.group_auditor")
        people = self.env["res.users"].sudo()
        for deployment in self:
            figures = deployment._origin and (auditor or deployment._may_decide()) and review_figures(deployment)
            deployment.review_quality_html = bool(figures) and self.env["ir.qweb"]._render(
                "ai_deployment.review_quality",
                {
                    "totals": total_lines(self.env, figures),
                    "people": people_lines(people, figures) if by_person else [],
                },
            )

    def _make_answers(self):
        """Create the reasons for an answer with which a deployment of this kind of record begins."""
        reasons = self.env["ai.deployment.review.answer"].sudo()
        reasons.create(
            [
                values
                for deployment in self
                if not deployment.answer_ids
                for values in reasons._default_values(deployment)
            ]
        )

    def _follow_written_reviewers(self, vals):
        yield
        if PEOPLE & vals.keys():
            release_after_change(self.env["ai.deployment.review"].sudo(), Domain("deployment_id", "in", self.ids))

    def _able_people(self, people):
        """Return those of `people` who may answer reviews of this deployment, whatever the record. In sudo."""
        self.ensure_one()
        return able_people(self.sudo(), people.sudo())
