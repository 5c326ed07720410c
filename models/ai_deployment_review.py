"""One question to a person about one record: why it is asked, what was answered, by whom, in how many seconds.

The review is the queue; the activity on it only points there. Activities are made by a cron, not by the scoring
transaction, at most `MAX_ACTIVITIES` per reviewer.
"""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from . import clock
from .ai_deployment_inference import FAILURE_TYPES, REVIEW_REASONS

_logger = logging.getLogger(__name__)

MAX_ACTIVITIES = 20
BATCH = 100


class AiDeploymentReview(models.Model):
    _name = "ai.deployment.review"
    _description = "Review"
    _inherit = ["mail.thread", "mail.activity.mixin", "ai.deployment.document.mixin"]
    _order = "state desc, deadline, id"
    _mail_post_access = "read"

    name = fields.Char(compute="_compute_name", compute_sudo=False)
    inference_id = fields.Many2one("ai.deployment.inference", readonly=True, index=True, ondelete="set null")
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="restrict")
    opened_date = fields.Datetime("Asked On", required=True, readonly=True)
    reason = fields.Selection(REVIEW_REASONS, "Why It Is Here", required=True, readonly=True)
    failure_type = fields.Selection(FAILURE_TYPES, readonly=True)
    failure_message = fields.Char("What Happened", related="inference_id.failure_message")
    predicted_value = fields.Float("Score", readonly=True, digits=(16, 4), aggregator=None)
    prediction = fields.Boolean(readonly=True)
    prediction_text = fields.Char("The Score Says", compute="_compute_prediction_text")
    confidence = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    reasons = fields.Text(related="inference_id.reasons", related_sudo=True)
    inputs_text = fields.Text(related="inference_id.inputs_text", related_sudo=True)
    incumbent_value = fields.Float(related="inference_id.incumbent_value", related_sudo=True)
    state = fields.Selection(
        [("open", "Open"), ("decided", "Decided"), ("expired", "Expired")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    reviewer_id = fields.Many2one("res.users", readonly=True, index="btree_not_null")
    is_assigned = fields.Boolean(readonly=True, help="A reviewer was looked for, found or not.")
    deadline = fields.Date(readonly=True)
    decision = fields.Selection(
        [
            ("confirmed", "The score is right"),
            ("overridden", "The score is wrong"),
            ("unsure", "Cannot tell"),
            ("rescored", "Scored again"),
        ],
        readonly=True,
    )
    ground_truth = fields.Selection(
        [("positive", "Yes"), ("negative", "No")], readonly=True, help="What the reviewer says is true."
    )
    note = fields.Text(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_date = fields.Datetime("Decided On", readonly=True)
    seconds_spent = fields.Float(readonly=True)

    _one_open = models.UniqueIndex(
        "(deployment_id, res_id) WHERE state = 'open'", "This record waits for a decision already."
    )
    _unassigned_idx = models.Index("(id) WHERE state = 'open' AND is_assigned IS NOT TRUE")

    @api.depends("res_name", "reason")
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

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Reviews are kept."))

    # Decision

    def action_confirm(self):
        self._decide("confirmed")
        return True

    def action_unsure(self):
        self._decide("unsure")
        return True

    def action_override(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What is wrong?"),
            "res_model": "ai.deployment.review.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids, "default_decision": "overridden"},
        }

    def action_score_again(self):
        """Ask the serving version again; where that works now, this review is over."""
        for review in self:
            review._check_may_decide()
            review.sudo().deployment_id.with_env(self.env)._score(review._document(), again=True)
            latest = review.sudo()._latest_inference()
            if latest == review.sudo().inference_id:
                raise UserError(self.env._("“%s” does not belong to this deployment any more.", review.name))
            if latest.route != "retry" and not latest.failure_type:
                review._decide("rescored", note=self.env._("Scored again, this time it worked."))
                if latest.route == "review":  # it has a score now, and that is a question of its own
                    review.sudo()._ask_about(latest)
        return True

    def _latest_inference(self):
        return self.env["ai.deployment.inference"].search(
            Domain("deployment_id", "=", self.deployment_id.id) & Domain("res_id", "=", self.res_id),
            order="id desc",
            limit=1,
        )

    def _ask_about(self, inference):
        """A new review of the same record, for what `inference` says of it."""
        self.ensure_one()
        self.flush_recordset(["state"])  # one open review per record: this one must be closed in the database first
        names = ("deployment_id", "version_id", "company_id")
        return self.create(
            {
                **{name: inference[name].id for name in names},
                "res_model": inference.res_model,
                "res_id": inference.res_id,
                "inference_id": inference.id,
                "opened_date": inference.date,
                "reason": inference.review_reason,
                "predicted_value": inference.predicted_value,
                "prediction": inference.prediction,
                "confidence": inference.confidence,
                "deadline": inference.date.date() + timedelta(days=self.deployment_id.review_days),
            }
        )

    def _decide(self, decision, note="", seconds=0.0):
        """Answer the question, once: by somebody who may see the record and is a reviewer, owner or deputy."""
        self.check_access("read")
        for review in self:
            review._check_may_decide()
            if review.failure_type and decision in ("confirmed", "overridden"):
                raise UserError(self.env._("“%s” has no score to be right or wrong: score it again.", review.name))
            values = {
                "state": "decided",
                "decision": decision,
                "note": note,
                "decided_by_id": self.env.uid,
                "decided_date": clock.now(),
                "seconds_spent": seconds,
            }
            if decision in ("confirmed", "overridden") and not review.failure_type:
                values["ground_truth"] = "positive" if review.prediction == (decision == "confirmed") else "negative"
            reviewed = review.sudo()
            reviewed.write(values)
            self.env[review.res_model].invalidate_model(["ai_wants_review"], flush=False)
            own = reviewed.activity_ids.filtered_domain([("user_id", "in", [*reviewed.reviewer_id.ids, False])])
            own.action_feedback(feedback=note or False)
            review._log_on_document()

    def _check_may_decide(self):
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This review is closed already."))
        deployment, user = self.sudo().deployment_id, self.env.user
        named = user in deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
        administrator = user.has_group("ai_deployment.group_manager")
        if not (self.env.su or administrator or (named and user.has_group("ai_deployment.group_reviewer"))):
            raise AccessError(self.env._("Only the reviewers of this deployment decide its reviews."))

    def _log_on_document(self):
        """A note where the colleagues of the record read it."""
        self.ensure_one()
        document = self._document().sudo()
        if not document or not hasattr(document, "_message_log"):
            return
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        document._message_log(
            body=self.env._(
                "%(deployment)s – review by %(person)s: %(decision)s. %(note)s",
                deployment=self.sudo().deployment_id.name,
                person=self.env.user.name,
                decision=decisions[self.decision],
                note=self.note or "",
            ),
            author_id=self.env.user.partner_id.id,
        )

    # Assignment

    @api.model
    def _cron_assign(self):
        """Find a reviewer for each new review and point to it with an activity."""
        cron = self.env["ir.cron"]
        todo = self.search(Domain("state", "=", "open") & Domain("is_assigned", "=", False), order="id")
        cron._commit_progress(remaining=len(todo))
        for start in range(0, len(todo), BATCH):
            batch = (
                todo[start : start + BATCH]
                .try_lock_for_update()
                .filtered(lambda review: review.state == "open" and not review.is_assigned)
            )
            batch._assign()
            if not cron._commit_progress(processed=min(BATCH, len(todo) - start)):
                return
        self._point_with_activities()

    def _assign(self):
        """The record's own person where that is a reviewer, else the reviewer with the fewest open reviews."""
        loads = dict(
            self._read_group(
                Domain("state", "=", "open") & Domain("reviewer_id", "!=", False), ["reviewer_id"], ["__count"]
            )
        )
        for review in self:
            reviewers = review._possible_reviewers()
            own = review._document().sudo()._ai_responsible() & reviewers if review._document() else reviewers.browse()
            reviewer = own[:1] or reviewers.sorted(lambda user: (loads.get(user, 0), user.id))[:1]
            review.write({"reviewer_id": reviewer.id, "is_assigned": True})
            if reviewer:
                loads[reviewer] = loads.get(reviewer, 0) + 1

    def _possible_reviewers(self):
        """Active reviewers of the deployment (else its owner, then deputy) who may read the record."""
        self.ensure_one()
        deployment = self.deployment_id
        document = self.env[self.res_model].browse(self.res_id).exists()
        for people in (deployment.reviewer_ids, deployment.user_id, deployment.deputy_id):
            able = people.filtered(
                lambda user: user.active
                and user.has_group("ai_deployment.group_reviewer")
                and (not document or document.with_user(user).sudo(False).has_access("read"))
            )
            if able:
                return able
        return self.env["res.users"]

    @api.model
    def _point_with_activities(self):
        """Keep activities in step with the queue: the next reviews of each reviewer, and one summary of the rest."""
        waiting = Domain("state", "=", "open") & Domain("reviewer_id", "!=", False)
        unpointed = self.search(waiting & Domain("activity_ids", "=", False), order="deadline, id")
        pointed = dict(self._read_group(waiting & Domain("activity_ids", "!=", False), ["reviewer_id"], ["__count"]))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        rest = self.browse()
        for reviewer, reviews in unpointed.grouped("reviewer_id").items():
            room = max(MAX_ACTIVITIES - pointed.get(reviewer, 0), 0)
            rest |= reviews[room:]
            for review in reviews[:room]:
                review.activity_schedule(
                    "ai_deployment.mail_activity_type_review",
                    user_id=reviewer.id,
                    date_deadline=review.deadline or clock.today(),
                    summary=reasons[review.reason],
                )
        self._summarise(rest)

    @api.model
    def _summarise(self, rest):
        """One activity per deployment and reviewer who has more reviews than activities; gone when they are done."""
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        current = self.env["mail.activity"].search(
            [("res_model", "=", "ai.deployment"), ("activity_type_id", "=", queue_type.id)]
        )
        wanted = rest.grouped(lambda review: (review.deployment_id, review.reviewer_id))
        standing = {
            (self.env["ai.deployment"].browse(activity.res_id), activity.user_id): activity for activity in current
        }
        for key, activity in standing.items():
            if key not in wanted:
                activity.unlink()
        for (deployment, reviewer), reviews in wanted.items():
            if (deployment, reviewer) not in standing:
                deployment.activity_schedule(
                    "ai_deployment.mail_activity_type_queue",
                    user_id=reviewer.id,
                    date_deadline=reviews[0].deadline or clock.today(),
                    summary=self.env._("More reviews wait for you in the queue"),
                )
