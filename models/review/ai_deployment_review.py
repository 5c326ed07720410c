"""One question to a person about one record: why it is asked, what was answered, by whom, in how many seconds.

This file holds what is kept of a question. Who is asked and when stands in `ai_deployment_review_assign`, what an
answer does in `ai_deployment_review_decision`.

Reviews of one record that follow from each other are a chain (`previous_id`): a question asked again, a second
opinion, a second person above an amount. Nothing in it is ever deleted or answered twice; the last one tells where the
question stands, and at most one of them is the label that training learns from.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..scoring.ai_deployment_inference import FAILURE_TYPES
from ..scoring.reasons import REVIEW_REASONS
from ..tools import clock

DECISIONS = [
    ("confirmed", "The score is right"),
    ("overridden", "The score is wrong"),
    ("unsure", "Cannot tell"),
    ("rescored", "Scored again"),
]
KINDS = [
    ("first", "First question"),
    ("reopened", "Asked again"),
    ("second_opinion", "Second opinion"),
    ("four_eyes", "Second person"),
]


class AiDeploymentReview(models.Model):
    _name = "ai.deployment.review"
    _description = "Review"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin", "ai.deployment.document.mixin"]
    _order = "state desc, priority, deadline, id"
    _mail_post_access = "read"

    name = fields.Char(compute="_compute_name", compute_sudo=False)

    # The question
    inference_id = fields.Many2one("ai.deployment.inference", readonly=True, index=True, ondelete="set null")
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="restrict")
    opened_date = fields.Datetime("Asked On", required=True, readonly=True)
    reason = fields.Selection(REVIEW_REASONS, "Why It Is Here", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, default="first")
    previous_id = fields.Many2one("ai.deployment.review", "Follows", readonly=True, ondelete="restrict")
    priority = fields.Integer(readonly=True, default=50, help="Lower comes first.")
    points = fields.Integer(readonly=True, default=1, help="How much work a review of this kind is.")
    failure_type = fields.Selection(FAILURE_TYPES, readonly=True)
    failure_message = fields.Char("What Happened", related="inference_id.failure_message")
    predicted_value = fields.Float("Score", readonly=True, digits=(16, 4), aggregator=None)
    prediction = fields.Boolean(readonly=True)
    prediction_text = fields.Char("The Score Says", compute="_compute_prediction_text")
    confidence = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    inputs_text = fields.Text(related="inference_id.inputs_text", related_sudo=True)
    incumbent_value = fields.Float(related="inference_id.incumbent_value", related_sudo=True)

    # Where it stands
    state = fields.Selection(
        [("open", "Open"), ("decided", "Decided"), ("expired", "Expired")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    reviewer_id = fields.Many2one("res.users", readonly=True, index="btree_not_null")
    is_assigned = fields.Boolean(readonly=True, help="A reviewer was looked for, found or not.")
    deadline = fields.Datetime("Due", readonly=True)

    # The answer
    decision = fields.Selection(DECISIONS, readonly=True)
    ground_truth = fields.Selection(
        [("positive", "Yes"), ("negative", "No")], readonly=True, help="What the reviewer says is true."
    )
    is_label = fields.Boolean(
        "Teaches", readonly=True, help="This answer stands for the record when versions are tested and trained."
    )
    note = fields.Text(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_date = fields.Datetime("Decided On", readonly=True)
    seconds_spent = fields.Float(readonly=True)
    closed_line = fields.Integer(
        readonly=True,
        help="The latest number of the log when it was closed: dates do not tell the order where the "
        "clock of the server was wrong.",
    )

    _one_open = models.UniqueIndex(
        "(deployment_id, res_id) WHERE state = 'open'", "This record waits for a decision already."
    )
    _one_follows = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL", "Another review follows this one already."
    )
    _unassigned_idx = models.Index("(id) WHERE state = 'open' AND (is_assigned IS NOT TRUE OR deadline IS NULL)")
    _decided_idx = models.Index("(deployment_id, decided_date) WHERE state = 'decided'")
    _answers_idx = models.Index("(deployment_id, res_id, decided_date DESC) WHERE state = 'decided'")
    _record_idx = models.Index("(deployment_id, res_id)")

    @api.depends("res_name", "reason")
    @api.depends_context("uid", "lang")
    def _compute_name(self):
        for review in self:
            review.name = review.res_name

    @api.depends("prediction", "predicted_value", "failure_type")
    def _compute_prediction_text(self):
        for review in self:
            words = self.env[review.res_model]._ai_words()
            review.prediction_text = (
                False if review.failure_type else words["positive" if review.prediction else "negative"]
            )

    def _last_line(self):
        """Return the latest number that the log has given to a line."""
        [[number]] = self.env.execute_query(SQL("SELECT last_value FROM ai_deployment_inference_id_seq"))
        return number

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Reviews are kept."))

    # Chains

    def _follow(self, kind, **values):
        """A new question about the same record, which follows this one.

        :param kind: of `KINDS`
        :param values: what differs from this question, such as `reviewer_id` or `is_blind`
        """
        self.ensure_one()
        self.flush_recordset(["state"])  # one open review per record: this one must be closed in the database first
        same = ("deployment_id", "version_id", "company_id", "inference_id")
        plain = (
            "res_model",
            "res_id",
            "reason",
            "priority",
            "points",
            "failure_type",
            "predicted_value",
            "prediction",
            "confidence",
        )
        self.invalidate_recordset(["next_id", "may_ask_again", "may_undo"], flush=False)
        return self.sudo().create(
            {
                **{name: self.sudo()[name].id for name in same},
                **{name: self[name] for name in plain},
                "opened_date": clock.now(),
                "kind": kind,
                "previous_id": self.id,
                **values,
            }
        )

    def _chain(self):
        """The reviews of this question, from the first to the last, in sudo."""
        self.ensure_one()
        first = self.sudo()
        while first.previous_id:
            first = first.previous_id
        chain = following = first
        while following := following.search([("previous_id", "=", following.id)]):
            chain += following
        return chain
