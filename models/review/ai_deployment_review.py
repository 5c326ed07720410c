"""One question to a person about one record: why it is asked, what was answered, by whom, in how many seconds.

This file holds what is stored of a question, its buttons and its crons; the services beside it do the work. `_decide`
is the only way to an answer.

Reviews of one record that follow from each other are a chain (`previous_id`): a question asked again, a second
opinion, a second person above an amount. Nothing in it is ever deleted or answered twice; the last one tells the state
of the question, and at most one of them is the label that training learns from.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..scoring.ai_deployment_inference import FAILURE_TYPES
from ..scoring.failure_words import failure_words
from ..scoring.reasons import REVIEW_REASONS
from ..tools import clock
from ..tools.trust import OWN
from .activities import ReviewActivities
from .answers import answer_truth, decide, decide_each, score_again
from .assigner import Assigner
from .blind import SCORE_COLUMNS, blind_records_sql, hides_score_sql, is_hidden
from .desk import Desk, reviewed_deployments
from .eligibility import may_decide
from .expiry import set_aside
from .follow_ups import ask_again, may_undo, undo
from .merging import follow_merge
from .notes import note_answer
from .reassignment import give_back, take
from .screen import screen_lines
from .upkeep import keep_queue
from .values import is_task, proposed_text
from .vocabulary import ANOTHER, DECISIONS, KINDS
from .wording import why_texts

FETCHING = "ai_deployment_fetching"
FOLLOWING = (  # what a review has in common with the one that it follows
    "res_model",
    "res_id",
    "reason",
    "priority",
    "points",
    "failure_type",
    "predicted_value",
    "prediction",
    "confidence",
    "threshold",
    "amount",
)


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
    opened_date = fields.Datetime("Requested On", required=True, readonly=True)
    reason = fields.Selection(REVIEW_REASONS, "Review Reason", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, default="first")
    previous_id = fields.Many2one("ai.deployment.review", "Previous Review", readonly=True, ondelete="restrict")
    next_id = fields.Many2one("ai.deployment.review", "Follow-up", compute="_compute_next_id")
    priority = fields.Integer(readonly=True, default=50, help="Lower comes first.")
    points = fields.Integer(readonly=True, default=1, help="Workload of a review of this kind.")
    threshold = fields.Float(readonly=True, aggregator=None, help="The threshold that led to the review.")
    amount = fields.Float(readonly=True, groups=NO_ACCESS, aggregator=None)  # it may be a sensitive input
    why_text = fields.Char("Review Reason Details", compute="_compute_why_text", compute_sudo=False)
    failure_type = fields.Selection(FAILURE_TYPES, readonly=True)
    failure_message = fields.Char("Failure Details", compute="_compute_failure_message", compute_sudo=True)
    predicted_value = fields.Float("Score", readonly=True, digits=(16, 4), aggregator=None)
    prediction = fields.Boolean(readonly=True)
    prediction_text = fields.Char("Score Result", compute="_compute_prediction_text")
    confidence = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    inputs_text = fields.Text(related="inference_id.inputs_text", related_sudo=True)
    incumbent_value = fields.Float(related="inference_id.incumbent_value", related_sudo=True)

    # What is shown of the score
    is_blind = fields.Boolean("Score Hidden", readonly=True, copy=False, help="The score was hidden until the answer.")
    hides_score = fields.Boolean(compute="_compute_hides_score")
    shown_value = fields.Float("Score Shown", compute="_compute_shown", digits=(16, 4))
    shown_confidence = fields.Float("Confidence Shown", compute="_compute_shown", digits=(16, 4))
    reasons = fields.Text(compute="_compute_reasons")
    truth_text = fields.Char("Question", compute="_compute_truth_text")

    # Where it stands
    state = fields.Selection(
        [("open", "Open"), ("decided", "Answered"), ("expired", "Expired")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    reviewer_id = fields.Many2one("res.users", readonly=True, index="btree_not_null")
    responsible_id = fields.Many2one(
        "res.users",
        "Record Responsible",
        readonly=True,
        help="Responsible user of the record when a reviewer was searched for.",
    )
    is_assigned = fields.Boolean(readonly=True, help="A reviewer has been searched for, with or without success.")
    started_date = fields.Datetime("Started On", readonly=True, help="Date on which the reviewer started.")
    returned_by_id = fields.Many2one("res.users", readonly=True)
    deadline = fields.Datetime("Due", readonly=True)
    escalation = fields.Selection(
        [("none", "On time"), ("reminded", "Reminded"), ("owner", "Owner"), ("deputy", "Deputy")],
        readonly=True,
        default="none",
    )
    next_step_date = fields.Datetime("Next Step", readonly=True, help="Date of escalation, if still open.")
    reminded_date = fields.Datetime("Reminded On", readonly=True)
    expired_reason = fields.Selection(
        [
            ("deleted", "The record was deleted"),
            ("merged", "The record was merged into another one"),
            ("settled", "The record has its outcome"),
            ("archived", "The record was archived"),
            ("company", "The record belongs to another company"),
            ("outside", "The record is no longer in scope of the deployment"),
            ("withdrawn", "Replaced by another review"),
            ("retired", "The deployment was retired"),
        ],
        "Closing Reason",
        readonly=True,
    )
    expired_date = fields.Datetime("Closed On", readonly=True)

    # The answer
    decision = fields.Selection(DECISIONS, readonly=True)
    ground_truth = fields.Selection(
        [("positive", "Yes"), ("negative", "No")], readonly=True, help="Correct answer according to the reviewer."
    )
    is_label = fields.Boolean(
        "Used for Training", readonly=True, help="This answer is used to test and train versions."
    )
    label_source = fields.Selection(
        [
            ("reviewer", "Reviewer"),
            ("audit", "Random check"),
            ("second_opinion", "Second opinion"),
            ("four_eyes", "Second person"),
        ],
        string="Training Source",
        compute="_compute_label_source",
    )
    label_weight = fields.Float(
        compute="_compute_label_weight",
        store=True,
        digits=(16, 4),
        aggregator=None,
        help="Number of similar records represented by a random check. 0: not a random check, represents only itself.",
    )
    answer_id = fields.Many2one(
        "ai.deployment.review.answer", "Answer Reason", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    note = fields.Text(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_date = fields.Datetime("Answered On", readonly=True)
    seconds_spent = fields.Float(readonly=True)
    screen_context = fields.Json(readonly=True, groups=NO_ACCESS, copy=False)
    screen_context_text = fields.Text("Screen at Answer", compute="_compute_screen_context_text", compute_sudo=True)
    right_values = fields.Json(readonly=True, groups=NO_ACCESS, copy=False, help="Values, as the reviewer left them.")
    fingerprint = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    closed_line = fields.Integer(
        readonly=True,
        help="Highest log ID when it was closed: dates do not give the order if the server clock was wrong.",
    )
    may_ask_again = fields.Boolean(compute="_compute_may_ask_again")
    may_undo = fields.Boolean(compute="_compute_may_ask_again")
    may_answer = fields.Boolean(compute="_compute_may_answer")
    may_return = fields.Boolean(compute="_compute_may_answer")

    _one_open = models.UniqueIndex(
        "(deployment_id, res_id) WHERE state = 'open'", "This record already has an open review."
    )
    _one_follows = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL", "Another review follows this one already."
    )
    _unassigned_idx = models.Index("(id) WHERE state = 'open' AND (is_assigned IS NOT TRUE OR deadline IS NULL)")
    _decided_idx = models.Index("(deployment_id, decided_date) WHERE state = 'decided'")
    _answers_idx = models.Index("(deployment_id, res_id, decided_date DESC) WHERE state = 'decided'")
    _blind_idx = models.Index("(deployment_id, res_id) WHERE state = 'open' AND is_blind")
    _next_step_idx = models.Index("(next_step_date) WHERE state = 'open' AND next_step_date IS NOT NULL")
    _reminded_idx = models.Index("(reminded_date) WHERE reminded_date IS NOT NULL")
    # What is next for each reviewer, and how much work that is: read without the rows themselves.
    _queue_idx = models.Index("(reviewer_id, priority, deadline, id) INCLUDE (points) WHERE state = 'open'")
    _returned_idx = models.Index(
        "(deployment_id, res_id) WHERE state = 'expired'"
        " AND expired_reason IN ('settled', 'archived', 'outside', 'company')"
    )
    _cases_idx = models.Index("(version_id, decided_date DESC) WHERE is_label")
    _record_idx = models.Index("(deployment_id, res_id)")

    @api.depends("res_name", "reason")
    @api.depends_context("uid", "lang")
    def _compute_name(self):
        for review in self:
            review.name = review.res_name

    @api.depends("state")
    def _compute_next_id(self):
        following = self.sudo().search([("previous_id", "in", self.ids)])
        after = {review.previous_id.id: review.with_env(self.env) for review in following}
        for review in self:
            review.next_id = after.get(review._origin.id)

    @api.depends(
        "reason",
        "confidence",
        "predicted_value",
        "prediction",
        "failure_type",
        "threshold",
        "inference_id",
        "hides_score",
    )
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_why_text(self):
        texts = why_texts(self)
        for review in self:
            review.why_text = texts.get(review.id, False)

    @api.depends("state", "is_blind", "is_assigned")
    def _compute_hides_score(self):
        for review in self:
            review.hides_score = is_hidden(review)

    @api.depends("hides_score", "predicted_value", "confidence")
    def _compute_shown(self):
        for review in self:
            shown = not review.hides_score and not review.failure_type
            review.shown_value = shown and review.predicted_value
            review.shown_confidence = shown and review.confidence

    @api.depends("failure_type", "inference_id.failure_message")
    @api.depends_context("lang")
    def _compute_failure_message(self):
        for review in self:
            line = review.inference_id
            names = line.version_id._input_names()
            words = failure_words(self.env, review.failure_type, line.failure_message or "", names)
            review.failure_message = " ".join(filter(None, (words.told, words.detail)))

    @api.depends("hides_score", "prediction", "predicted_value", "failure_type")
    @api.depends_context("lang")
    def _compute_prediction_text(self):
        for review in self:
            if review.hides_score:
                review.prediction_text = self.env._("Shown after your answer")
            elif is_task(review):
                review.prediction_text = proposed_text(review)
            else:
                words = self.env[review.res_model]._ai_words()
                says = words["positive" if review.prediction else "negative"]
                review.prediction_text = False if review.failure_type else says

    @api.depends("hides_score", "inference_id")
    @api.depends_context("uid", "lang")
    def _compute_reasons(self):
        for review in self:
            review.reasons = not review.hides_score and review.sudo().inference_id.reasons

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_truth_text(self):
        for review in self:
            if is_task(review):
                review.truth_text = self.env._("Which values are right?")
                continue
            words = self.env[review.res_model]._ai_words()
            review.truth_text = self.env._(
                "Yes: %(positive)s. No: %(negative)s.", positive=words["positive"], negative=words["negative"]
            )

    @api.depends("is_label", "kind", "reason")
    def _compute_label_source(self):
        for review in self:
            source = review.kind if review.kind in ANOTHER else "audit" if review.reason == "audit" else "reviewer"
            review.label_source = review.is_label and source

    @api.depends("is_label", "reason", "inference_id")
    def _compute_label_weight(self):
        """Stored: the log, which knows the chance, is kept for a time only."""
        for review in self:
            chance = review.inference_id.audit_chance if review.is_label and review.reason == "audit" else 0.0
            review.label_weight = 1 / chance if chance > 0 else 0.0

    @api.depends("screen_context")
    @api.depends_context("uid", "lang")
    def _compute_screen_context_text(self):
        user, auditor = self.env.user, self.env.user.has_group("ai_deployment.group_auditor")
        for review in self:
            named = review.deployment_id.user_id | review.deployment_id.deputy_id
            may = auditor or user in named or user.has_group("ai_deployment.group_manager")
            review.screen_context_text = "\n".join(screen_lines(review)) if may and review.screen_context else False

    @api.depends("state", "decided_date")
    @api.depends_context("uid")
    def _compute_may_ask_again(self):
        for review in self:
            following = review.sudo().next_id
            last = not following or (following.state == "expired" and not following.next_id)
            review.may_ask_again = (
                review.state == "decided" and last and review.sudo().deployment_id.with_env(self.env)._may_decide()
            )
            review.may_undo = may_undo(review)

    @api.depends_context("uid")
    @api.depends("state", "reviewer_id")
    def _compute_may_answer(self):
        """Buttons that can only fail are not shown."""
        for review in self:
            told = review.sudo()
            review.may_answer = may_decide(review)
            review.may_return = told.state == "open" and (
                told.reviewer_id == self.env.user
                or (told.reviewer_id and told.deployment_id.with_env(self.env)._may_decide())
            )

    # Hidden scores: whatever way these columns are asked for, by search, order, group or export, the answer is as in
    # the form

    def _field_to_sql(self, alias, field_expr, query=None):
        found = super()._field_to_sql(alias, field_expr, query)
        fetching = self.env.context.get(FETCHING) is OWN
        if field_expr in SCORE_COLUMNS and not fetching and not self._reads_all_rows():
            return SQL("CASE WHEN NOT %s THEN %s END", hides_score_sql(self, alias), found)
        return found

    def _fetch_query(self, query, fields):
        """Fetch from the cache with all rights; fields are hidden when read by users."""
        fetching = self.with_context(**{FETCHING: OWN})
        return super(AiDeploymentReview, fetching)._fetch_query(query, fields).with_env(self.env)

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        told = SCORE_COLUMNS.intersection(fnames)
        if told and not self._reads_all_rows():
            hiding = set(self.filtered("hides_score").ids)
            rows = [{**row, **dict.fromkeys(told, False)} if row["id"] in hiding else row for row in rows]
        return rows

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if any(path and path[0] in SCORE_COLUMNS for path in fields) and not self._reads_all_rows():
            hiding = self.filtered("hides_score")
            if hiding:  # nothing is exported of a question that has not been answered without the score
                self = self - hiding
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    @api.model
    def _blind_records_sql(self, of=None, ids=None):
        """Return SQL of the records to be judged without their score in sight, see `blind.blind_records_sql`."""
        return blind_records_sql(self, of, ids)

    def write(self, vals):
        """Mark a question as blind when somebody is assigned, or answers before that.

        An answer is noted on the record once the second opinion about it has expired.
        """
        if (vals.get("is_assigned") or vals.get("state") == "decided") and "is_blind" not in vals:
            blind = self.filtered("hides_score")
            if blind and blind != self:
                return super(AiDeploymentReview, blind).write({**vals, "is_blind": True}) and super(
                    AiDeploymentReview, self - blind
                ).write(vals)
            if blind:
                vals = {**vals, "is_blind": True}
        waiting = self.filtered(lambda review: review.state == "open" and review.kind == "second_opinion")
        result = super().write(vals)
        if vals.get("state") == "expired":  # nobody is led by the first answer any more
            for review in waiting.sudo().previous_id:
                note_answer(review)
        return result

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Reviews cannot be deleted."))

    # Crons

    @api.model
    def _cron_assign(self):
        """Assign what is new. It is called for each record that a person reviews, so it reads no others."""
        reviews = self.with_context(tracking_disable=OWN)
        ReviewActivities(reviews.env).update(Assigner(reviews).assign_new())

    @api.model
    def _cron_tidy(self):
        """Keep the queue in order: obsolete reviews, lost reviewers, late reviews, activities."""
        keep_queue(self.with_context(tracking_disable=OWN))

    # Buttons

    def action_take(self):
        """Assign to me: a review in the pool or, for who answers for the deployment, somebody else's."""
        self.check_access("read")
        take(self)
        return True

    def action_give_back(self):
        """Put reviews into the pool, for others to take."""
        self.check_access("read")
        give_back(self)
        return True

    def action_confirm(self):
        return self._decide_each("confirmed")

    def action_unsure(self):
        return self._decide_each("unsure")

    def action_override(self):
        if self[:1] and is_task(self[:1]):
            return self[:1].action_open_desk()  # where the right values are entered
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Please describe the error."),
            "res_model": "ai.deployment.review.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids, "default_decision": "overridden"},
        }

    def action_answer_yes(self):
        self.ensure_one()
        self._answer_truth("positive")
        return True

    def action_answer_no(self):
        self.ensure_one()
        self._answer_truth("negative")
        return True

    def action_reopen(self):
        """Ask again; the new question."""
        return self._reopen()._action_form()

    def action_undo(self):
        """Take back one's own answer, within a minute; the question is open again."""
        self.ensure_one()
        self.check_access("read")
        return undo(self)._action_form()

    def action_score_again(self):
        """Ask the serving version again; where that works now, this review is over."""
        score_again(self)
        return True

    def action_open_desk(self):
        """Open the desk, at this review where there is one."""
        action = self.env["ir.actions.actions"]._for_xml_id("ai_deployment.ai_deployment_desk_action")
        return {**action, "params": {"review_id": self[:1].id}}

    def _action_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    # What the desk calls, see `desk.Desk`

    @api.model
    def desk_open(self, deployment_id=None, filters=None):
        return Desk(self.env).open(deployment_id, filters)

    @api.model
    def desk_card(self, review_id):
        return Desk(self.env).card(review_id)

    @api.model
    def desk_decide(
        self, review_id, decision, note="", seconds=0.0, answer_id=False, seen=None, values=None, sitting=None
    ):
        return Desk(self.env).decide(review_id, decision, note, seconds, answer_id, seen, values, sitting)

    @api.model
    def desk_values(self, review_id, key, text):
        return Desk(self.env).values(review_id, key, text)

    @api.model
    def desk_skip(self, review_id, sitting=None):
        return Desk(self.env).skip(review_id, sitting)

    @api.model
    def desk_undo(self, review_id, sitting=None):
        return Desk(self.env).undo(review_id, sitting)

    @api.model
    def desk_look_alikes(self, review_id):
        return Desk(self.env).look_alikes(review_id)

    @api.model
    def desk_complete(self, review_id):
        return Desk(self.env).complete(review_id)

    @api.model
    def _desk_deployments(self):
        """Return the deployments whose reviews the user may decide. In sudo."""
        return reviewed_deployments(self)

    # Entry points

    def _decide(self, decision, note="", seconds=0.0, answer=None, seen=None, values=None):
        """Answer the question, once; the only way to an answer, see `answers.decide`."""
        decide(self, decision, note, seconds, answer, seen, values)

    def _answer_truth(self, truth, note="", seconds=0.0, answer=None, seen=None):
        """Answer what is true, "positive" or "negative", whatever the score says: for who does not see the score."""
        answer_truth(self, truth, note=note, seconds=seconds, answer=answer, seen=seen)

    def _decide_each(self, decision, note="", answer=None):
        """Answer many questions, see `answers.decide_each`."""
        return decide_each(self, decision, note, answer)

    def _reopen(self, note=""):
        """Ask a decided question again: the new review of the chain. The former answer is kept and teaches no more."""
        self.ensure_one()
        self.check_access("read")
        if not (self.env.su or self.sudo().deployment_id.with_env(self.env)._may_decide()):
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may reopen a review."))
        if self.state != "decided":
            raise UserError(self.env._("Only answered reviews can be reopened."))
        return ask_again(self, note)

    def _assign(self):
        """Find a reviewer for each of these that has none, and a day by which to answer. In sudo."""
        Assigner(self).assign(self)

    def _set_aside(self, reason):
        """Close open questions that nobody has to answer any more: they expire and are kept. In sudo."""
        set_aside(self, reason)

    @api.model
    def _follow_merge(self, survivor, gone):
        """Move the open reviews of records that are merged into `survivor`. In sudo."""
        follow_merge(self, survivor, gone)

    # Chains

    def _follow(self, kind, **values):
        """Return a new question about the same record, which follows this one. In sudo.

        :param kind: of `KINDS`
        :param values: what differs from this question, such as `reviewer_id` or `is_blind`
        """
        self.ensure_one()
        self.flush_recordset(["state"])  # one open review per record: this one must be closed in the database first
        self.invalidate_recordset(["next_id", "may_ask_again", "may_undo"], flush=False)
        review = self.sudo()
        return review.create(
            {
                **{name: review[name].id for name in ("deployment_id", "version_id", "company_id", "inference_id")},
                **{name: review[name] for name in FOLLOWING},
                "opened_date": clock.now(),
                "kind": kind,
                "previous_id": self.id,
                **values,
            }
        )

    def _chain(self):
        """Return the reviews of this question, from the first to the last. In sudo."""
        self.ensure_one()
        first = self.sudo()
        while first.previous_id:
            first = first.previous_id
        chain = following = first
        while following := following.search([("previous_id", "=", following.id)]):
            chain += following
        return chain
