"""What an answer does: it is kept with who gave it, may become a label, leaves a note on the record, can be taken back.

`_decide` is the one door to an answer. Whoever comes through it may see the record, is a reviewer, owner, deputy or
administrator of the deployment, and neither made the record nor answered the same question before.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS, Domain

from ..tools import clock
from ..tools.shipped import wake
from ..tools.trust import own

UNDO = timedelta(seconds=60)
ANSWERS = ("confirmed", "overridden")  # say something about the truth
ANOTHER = ("second_opinion", "four_eyes")  # are for somebody who has not answered yet
MOST_SECONDS = 3600.0
MOST_AT_ONCE = 1000  # questions that get one answer


def sane_seconds(seconds):
    """`seconds` as a browser told them, from 0 to an hour; 0 where that is no number."""
    try:
        seconds = float(seconds or 0)
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), MOST_SECONDS) if seconds == seconds else 0.0


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    label_source = fields.Selection(
        [
            ("reviewer", "Reviewer"),
            ("audit", "Random check"),
            ("second_opinion", "Second opinion"),
            ("four_eyes", "Second person"),
        ],
        string="Learned From",
        compute="_compute_label_source",
    )
    label_weight = fields.Float(
        compute="_compute_label_weight",
        store=True,
        digits=(16, 4),
        aggregator=None,
        help="How many records like it a random check stands for. 0: no random check, so it stands for itself alone.",
    )
    fingerprint = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    next_id = fields.Many2one("ai.deployment.review", "After This", compute="_compute_next_id")
    may_ask_again = fields.Boolean(compute="_compute_may_ask_again")
    may_undo = fields.Boolean(compute="_compute_may_ask_again")

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

    @api.depends("state")
    def _compute_next_id(self):
        following = self.sudo().search([("previous_id", "in", self.ids)])
        after = {review.previous_id.id: review.with_env(self.env) for review in following}
        for review in self:
            review.next_id = after.get(review._origin.id)

    @api.depends("state", "decided_date")
    @api.depends_context("uid")
    def _compute_may_ask_again(self):
        for review in self:
            following = review.sudo().next_id
            last = not following or (following.state == "expired" and not following.next_id)
            review.may_ask_again = (
                review.state == "decided" and last and review.sudo().deployment_id.with_env(self.env)._may_decide()
            )
            review.may_undo = review.state == "decided" and review._is_fresh_answer_of_user()

    # Buttons

    def action_confirm(self):
        return self._decide_each("confirmed")

    def action_unsure(self):
        return self._decide_each("unsure")

    def action_override(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What is wrong?"),
            "res_model": "ai.deployment.review.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids, "default_decision": "overridden"},
        }

    def action_reopen(self):
        """Ask again; the new question."""
        return self._reopen()._action_form()

    def action_undo(self):
        """Take back one's own answer, within a minute; the question is open again."""
        self.ensure_one()
        self.check_access("read")
        if self.state != "decided" or not self._is_fresh_answer_of_user():
            raise UserError(self.env._("An answer can be taken back within a minute, by whoever gave it."))
        following = self.sudo().search([("previous_id", "=", self.id)])
        if following.state == "open" and following.kind in ANOTHER:
            following._set_aside("withdrawn")  # what this answer asked for is not wanted any more
        me = self.env.uid
        again = {"reviewer_id": me} if me not in self._makers() else {}  # whoever edited the record is asked no more
        return self._ask_again("", deadline=self.deadline, **again)._action_form()

    def action_score_again(self):
        """Ask the serving version again; where that works now, this review is over."""
        for review in self:
            review._check_may_decide(judges=False)
            review.sudo().deployment_id.with_env(self.env)._score(review._document(), again=True)
            latest = review.sudo()._latest_inference()
            if latest == review.sudo().inference_id:
                raise UserError(self.env._("“%s” does not belong to this deployment any more.", review.name))
            if latest.route != "retry" and not latest.failure_type:
                review._decide("rescored", note=self.env._("Scored again, this time it worked."))
                if latest.route == "review":  # it has a score now, and that is a question of its own
                    review.sudo()._ask_about(latest)
        return True

    def _action_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

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
                **inference.deployment_id._review_values(inference),
            }
        )

    # Answering

    def _decide(self, decision, note="", seconds=0.0, answer=None, seen=None):
        """Answer the question, once.

        :param decision: of `DECISIONS`
        :param seconds: how long it took, as the browser says: for figures only
        :param answer: the reason in the deployment's own list, `ai.deployment.review.answer`
        :param seen: what was on the screen, see `ai_deployment_review_answer`
        """
        self.check_access("read")
        note = note or ""
        for review in self:
            review._check_may_decide(judges=decision != "rescored")
            if review.failure_type and decision in ANSWERS:
                raise UserError(self.env._("“%s” has no score to be right or wrong: score it again.", review.name))
            reviewed = review.sudo()
            reviewed.write(
                {
                    "state": "decided",
                    "decision": decision,
                    "note": note,
                    "decided_by_id": self.env.uid,
                    "decided_date": clock.now(),
                    "closed_line": self._last_line(),
                    "seconds_spent": sane_seconds(seconds),
                    **review._answer_values(decision, answer, note),
                    **review._seen_values(seen),
                    **review._truth_values(decision),
                    **review._about_values(),
                }
            )
            self.env[review.res_model].invalidate_model(["ai_wants_review"], flush=False)
            own = reviewed.activity_ids.filtered_domain([("user_id", "in", [*reviewed.reviewer_id.ids, False])])
            own.action_feedback(feedback=note or False)
            reviewed._settle()

    def _answer_truth(self, truth, note="", seconds=0.0, answer=None, seen=None):
        """Answer what is true, "positive" or "negative", whatever the score says: for who does not see the score."""
        if truth not in ("positive", "negative"):
            raise UserError(self.env._("Say yes or no."))
        for review in self:
            decision = "confirmed" if review.sudo().prediction == (truth == "positive") else "overridden"
            review._decide(decision, note=note, seconds=seconds, answer=answer, seen=seen)

    def _truth_values(self, decision):
        if decision not in ANSWERS:
            return {}
        confirmed = decision == "confirmed"
        return {"ground_truth": "positive" if self.sudo().prediction == confirmed else "negative"}

    def _about_values(self):
        """What the answer is about: where that is another record by then, a gate asks again."""
        document = self.sudo()._document()
        return {"fingerprint": document._ai_fingerprints().get(document.id)} if document else {}

    def _decide_each(self, decision, note="", answer=None):
        """Answer many questions: those that cannot be are told with why, and the others are answered all the same.

        :param decision: of `DECISIONS`, or "positive" or "negative" where the score is hidden

        A refusal of the only one, or the same of all, is raised: then nothing was answered.
        """
        if len(self) > MOST_AT_ONCE:
            raise UserError(self.env._("At most %s questions are answered at once: choose fewer.", MOST_AT_ONCE))
        refused, kinds = {}, set()
        for review in self:
            try:
                with self.env.cr.savepoint():
                    review._check_shown(decision)
                    give = review._answer_truth if decision in ("positive", "negative") else review._decide
                    give(decision, note=note, answer=answer)
            except UserError as error:  # an `AccessError` is one as well
                refused.setdefault(str(error), []).append(review.id)
                kinds.add(type(error))
        if not refused:
            return True
        text = self._refused_text(refused)
        if sum(map(len, refused.values())) == len(self):
            raise (kinds.pop() if len(kinds) == 1 else UserError)(text if len(self) > 1 else next(iter(refused)))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _refused_text(self, refused):
        """`refused` ({sentence: review ids}) for people."""
        count = sum(map(len, refused.values()))
        lines = [self.env._("%(refused)s of %(all)s were not decided.", refused=count, all=len(self))]
        lines += [
            self.env._(
                "%(why)s (%(count)s: number %(numbers)s)", why=why, count=len(ids), numbers=", ".join(map(str, ids))
            )
            for why, ids in refused.items()
        ]
        return "\n".join(lines)

    def _check_may_decide(self, judges=True):
        """Raise unless the user may close this review; `judges`: with an answer of their own."""
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This review is closed already."))
        if self.env.su:
            return
        deployment, user = self.sudo().deployment_id, self.env.user
        named = user in deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
        administrator = user.has_group("ai_deployment.group_manager")
        if not (administrator or (named and user.has_group("ai_deployment.group_reviewer"))):
            raise AccessError(self.env._("Only the reviewers of this deployment decide its reviews."))
        if judges and user.id in self._makers():
            raise AccessError(self.env._("You made this record, so somebody else has to judge it."))
        if judges and self.kind in ANOTHER and user in self._answered_by():
            raise AccessError(self.env._("You answered this before: now it is somebody else's turn."))

    def _makers(self):
        """Ids of the users who made the record."""
        document = self.env[self.sudo().res_model].sudo().browse(self.sudo().res_id)
        return document._ai_makers().get(document.id, set())  # nobody made what is gone

    def _round(self):
        """The reviews of this question since it was asked anew the last time, up to and with this one. In sudo."""
        reviews = review = self.sudo()
        while review.kind in ANOTHER and review.previous_id:
            review = review.previous_id
            reviews = review + reviews
        return reviews

    def _answered_by(self):
        return (self._round() - self.sudo()).decided_by_id

    # What follows from an answer

    def _settle(self):
        """After an answer, in sudo: ask a second person where that is wanted, say which answer is the label."""
        self.ensure_one()
        follows = self._what_follows()
        if self.ground_truth and self._may_be_label() and not (follows and follows["kind"] == "four_eyes"):
            (self._chain() - self).is_label = False
            self.is_label = True
        if follows:
            self._follow(**follows)
            wake(self.env, "ir_cron_assign_reviews")
        for review in self._told_now(follows):
            review._log_on_document()

    def _told_now(self, follows):
        """The answers of this round that colleagues may read now: not while somebody gives a second opinion."""
        if follows and follows["kind"] == "second_opinion":
            return self.browse()
        return self._round() if self.kind == "second_opinion" else self

    def _may_be_label(self):
        """Whether the answer was given by somebody who may: code in sudo may answer for anybody."""
        again = self.kind in ANOTHER and self.decided_by_id in self._answered_by()
        return self.decided_by_id.id not in self._makers() and not again

    def _what_follows(self):
        """Values of the next question in the chain, for `_follow`; nothing where this answer stands."""
        return self._four_eyes_follow() or {}

    def _four_eyes_follow(self):
        """A second person above the amount; where the two differ, the owner or the deputy as a third, and no more."""
        answered = self._round()
        if self.kind == "four_eyes":
            differ = len(set(answered.mapped("ground_truth"))) > 1
            if not differ or len(answered) > 2:
                return None
            return {"kind": "four_eyes", **self._third_person(answered.decided_by_id)}
        if self.kind == "second_opinion" or not self.ground_truth or not self._is_above_four_eyes():
            return None
        return {"kind": "four_eyes"}

    def _third_person(self, before):
        """The owner, else the deputy: whoever has not answered yet and may; else it is for the pool."""
        makers = self._makers()
        for person in (self.deployment_id.user_id, self.deployment_id.deputy_id):
            if person.active and person not in before and person.id not in makers:
                return {"reviewer_id": person.id}
        return {}

    def _is_above_four_eyes(self):
        line, document = self.deployment_id.four_eyes_amount, self._document()
        return line > 0 and bool(document) and document._ai_amounts().get(document.id, 0.0) >= line

    # Asking again

    def _is_fresh_answer_of_user(self):
        fresh = bool(self.decided_date) and timedelta(0) <= clock.now() - self.decided_date <= UNDO
        return fresh and self.sudo().decided_by_id == self.env.user

    def _reopen(self, note=""):
        """Ask a decided question again: the new review of the chain. The former answer is kept and teaches no more."""
        self.ensure_one()
        self.check_access("read")
        if not (self.env.su or self.sudo().deployment_id.with_env(self.env)._may_decide()):
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may ask again."))
        if self.state != "decided":
            raise UserError(self.env._("Only what was decided can be asked again."))
        return self._ask_again(note)

    def _ask_again(self, note, **values):
        before = self.sudo()
        last = before._chain()[-1:]
        if last.state == "open" or before.search_count(
            Domain("deployment_id", "=", before.deployment_id.id)
            & Domain("res_id", "=", before.res_id)
            & Domain("state", "=", "open"),
            limit=1,
        ):
            raise UserError(self.env._("This record waits for a decision already."))
        if last != before and not (last.state == "expired" and last.previous_id == before):
            raise UserError(self.env._("Somebody has answered after this: ask the latest answer again."))
        before._chain().is_label = False
        again = last._follow("reopened", **values)
        self.env[before.res_model].invalidate_model(["ai_wants_review"], flush=False)
        wake(self.env, "ir_cron_assign_reviews")
        before._log_taken_back(note or "")
        return again.with_env(self.env)

    def _set_aside(self, reason):
        """Close open questions that nobody has to answer any more: they expire and are kept. In sudo.

        :param reason: one of `expired_reason`
        """
        self.write(
            {
                "state": "expired",
                "expired_reason": reason,
                "expired_date": clock.now(),
                "closed_line": self._last_line(),
                "next_step_date": False,
            }
        )
        self.activity_ids.unlink()
        self.flush_recordset(["state"])

    # Merged leads

    @api.model
    def _follow_merge(self, survivor, gone):
        """Open questions about the records in `gone` are about `survivor` from now on, one per deployment. In sudo.

        The others expire: so does each where the survivor has an open one, or is none of the deployment's company's.
        """
        people = set().union(*gone._ai_makers().values())
        self.env["ai.deployment.edit"]._note(survivor, people)  # who made what went into it has made it as well
        domain = Domain("res_model", "=", survivor._name) & Domain("state", "=", "open")
        reviews = self.search(domain & Domain("res_id", "in", (survivor | gone).ids), order="priority, deadline, id")
        for deployment, asked in reviews.grouped("deployment_id").items():
            standing = asked.filtered(lambda review: review.res_id == survivor.id)
            company = survivor.sudo().company_id
            fits = not company or company.id in deployment._company_ids()
            moved = (asked if fits and not standing else asked.browse())[:1]
            closed = asked - standing - moved
            names = {review: review._document().sudo().display_name for review in closed}
            closed._set_aside("merged" if fits else "company")
            for review in closed:
                body = self.env._(
                    "“%(one)s” was merged into “%(other)s”.", one=names[review], other=survivor.display_name
                )
                review._message_log(body=body)
                for going_on in standing | moved:
                    going_on._message_log(
                        body=self.env._(
                            "“%s” was merged into this record, so this question stands for both.", names[review]
                        )
                    )
            for review in moved:
                name = review._document().sudo().display_name
                review.write({"res_id": survivor.id, "company_id": (company or deployment.company_id).id})
                own(review)._message_log(body=self.env._("“%s” was merged into this record.", name))
        self.env[survivor._name].invalidate_model(["ai_wants_review"], flush=False)

    # Notes on the record

    def _log_on_document(self):
        """A note where the colleagues of the record read it. In sudo."""
        self.ensure_one()
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        self._log_note(
            self.env._(
                "%(deployment)s – review by %(person)s: %(decision)s. %(note)s",
                deployment=self.deployment_id.name,
                person=self.decided_by_id.name,
                decision=decisions[self.decision],
                note=": ".join(text for text in (self.answer_id.name, self.note) if text),
            ),
            self.decided_by_id,
        )

    def _log_taken_back(self, note):
        self._log_note(
            self.env._(
                "%(deployment)s – %(person)s took the answer of %(date)s back, the question is asked again. %(note)s",
                deployment=self.deployment_id.name,
                person=self.env.user.name,
                date=fields.Date.to_string(self.decided_date),
                note=note,
            ),
            self.env.user,
        )

    def _log_note(self, body, author):
        document = own(self._document())
        if document and hasattr(document, "_message_log"):
            document._message_log(body=body, author_id=author.partner_id.id)
