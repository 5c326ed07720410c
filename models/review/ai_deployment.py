"""Human review of a deployment: answer reasons, second persons, hidden scores, deadlines, figures, posting gate.

What the gate does with a bill is in `models/gate`, which reads these settings.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from ..tools import clock
from .eligibility import able_people, away_until, people_at_work
from .quality import people_lines, review_figures, total_lines
from .reassignment import release_after_change

GATES = [("off", "Off"), ("warn", "Warn and post"), ("block", "Hold the bill")]
GATE_FIELDS = {
    "gate",
    "gate_from_amount",
    "gate_risk",
    "gate_score",
    "gate_unavailable",
    "gate_stale_days",
    "gate_maker_may_pass",
}
PEOPLE = {"reviewer_ids", "user_id", "deputy_id", "company_id"}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    answer_ids = fields.One2many("ai.deployment.review.answer", "deployment_id", "Answer Reasons", copy=True)
    four_eyes_amount = fields.Monetary(
        "Second Person From Amount",
        tracking=True,
        help="Records from this amount on are reviewed by two persons; if they disagree, the owner decides. 0: one "
        "person is enough.",
    )
    blind_share = fields.Float(
        "Hidden Score Rate",
        default=0.05,
        tracking=True,
        help="Share of reviews that show the score only after the answer, to measure independence of judgement. "
        "Needs two reviewers at least.",
    )
    double_share = fields.Float(
        "Second Review Rate",
        default=0.05,
        tracking=True,
        help="Share of answers for which another person reviews the same record without seeing the first answer, "
        "to measure agreement. Needs two reviewers at least.",
    )
    review_hours = fields.Integer(
        "Review Deadline (Working Hours)",
        default=16,
        required=True,
        help="A review is due after so many working hours of the company. After the same time again it is "
        "escalated to the owner, then to the deputy.",
    )
    who_text = fields.Text("Available Reviewers", compute="_compute_who_text")
    review_quality_html = fields.Html("Review Quality", compute="_compute_review_quality_html", sanitize=False)
    # Where the passes over the reviews of the deployment go on, see `windows`.
    open_position = fields.Integer(readonly=True, copy=False, help="The next run continues after this record.")
    left_position = fields.Integer(readonly=True, copy=False, help="The same for records that were processed.")

    # What is held before it is posted
    gate = fields.Selection(
        GATES,
        "Posting Gate",
        required=True,
        default="off",
        tracking=True,
        copy=False,
        help="Applies when a risky bill that has not been reviewed is posted, by a user or automatically.",
    )
    gate_from_amount = fields.Float(
        "Minimum Amount",
        tracking=True,
        copy=False,
        help="In the currency of the company. Smaller bills are posted without a check. 0: any amount.",
    )
    gate_risk = fields.Selection(
        [
            ("flagged", "Flagged records"),
            ("score", "Score from"),
            ("review", "Records sent to human review, except random checks"),
        ],
        "Risk Criterion",
        required=True,
        default="flagged",
        tracking=True,
        copy=False,
        help="In addition, a bill that a reviewer has marked as unusual in its current state is always held.",
    )
    gate_score = fields.Float("Score", default=0.99, tracking=True, copy=False)
    gate_unavailable = fields.Selection(
        [("open", "Post it with a note"), ("closed", "Hold the bill")],
        "If Scoring Fails",
        required=True,
        default="open",
        tracking=True,
        copy=False,
    )
    gate_stale_days = fields.Integer(
        "Bypass After Days Without Supervision",
        default=28,
        tracking=True,
        copy=False,
        help="If its review is overdue, its reports are missing, or monitoring fails for longer than this, the "
        "gate is bypassed and the owner is notified. 0: never bypassed.",
    )
    gate_maker_may_pass = fields.Boolean(
        "Creators May Pass Own Bills",
        tracking=True,
        copy=False,
        help="For companies of one person. Otherwise, the creator of a bill cannot pass it. Set by an administrator.",
    )
    waiver_ids = fields.One2many("ai.deployment.waiver", "deployment_id", "Waivers")

    _four_eyes_not_negative = models.Constraint(
        "CHECK(four_eyes_amount >= 0)", "The amount for a second person cannot be negative."
    )
    _blind_share_is_share = models.Constraint(
        "CHECK(blind_share BETWEEN 0 AND 1)", "The hidden score rate must be between 0 and 1."
    )
    _double_share_is_share = models.Constraint(
        "CHECK(double_share BETWEEN 0 AND 1)", "The second review rate must be between 0 and 1."
    )
    _review_hours_positive = models.Constraint("CHECK(review_hours > 0)", "A review needs at least one working hour.")
    _gate_amount_not_negative = models.Constraint(
        "CHECK(gate_from_amount >= 0)", "The amount from which bills are held cannot be negative."
    )
    _gate_score_is_share = models.Constraint(
        "CHECK(gate_score BETWEEN 0 AND 1)", "The gate score must be between 0 and 100 %."
    )
    _gate_stale_not_negative = models.Constraint("CHECK(gate_stale_days >= 0)", "A number of days is not negative.")

    @api.constrains("gate", "model_id")
    def _check_gate(self):
        for deployment in self:
            if deployment.gate != "off" and deployment.res_model != "account.move":
                raise ValidationError(self.env._("Only bills can be held before posting."))

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
            return self.env._("Currently absent: %s. Nobody is available: new reviews stay in the pool.", names)
        return self.env._("Currently absent: %s. New reviews are assigned to the others.", names)

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

    def _follow_written_gate(self, vals):
        asked = GATE_FIELDS & vals.keys()
        if asked and not self.env.su and not self.env.user.has_group("ai_deployment.group_manager"):
            for deployment in self:
                changed = any(vals[name] != deployment[name] for name in asked)
                if changed and deployment.user_id != self.env.user:
                    raise AccessError(self.env._("Only the owner or an administrator may change the gate."))
        yield

    def _able_people(self, people):
        """Return those of `people` who may answer reviews of this deployment, whatever the record. In sudo."""
        self.ensure_one()
        return able_people(self.sudo(), people.sudo())
