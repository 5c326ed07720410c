"""The review desk: what the page asks of the server, one question to a person at a time.

A sitting lives in the browser. It tells with each call which deployment and whose reviews it is about, what was
skipped, and which cards it holds already; the server keeps nothing of it. The answer to each call is the queue as it
stands now (the ids that come next) and those cards of it that the browser does not have: so the next card is there
before it is asked for, and nobody is shown a question that a colleague has answered meanwhile.

A card is given to those only who may decide it and may read the record, whatever else they may read.
"""

from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ..tools import clock
from ..tools.wording import percent, signed
from .ai_deployment_review_answer import ANY

AHEAD = 2  # cards: the one that is read, and the one after
AT_ONCE = 20  # reviews that are looked at together when the next ones are sought
REASONS = 5
AGAIN = timedelta(minutes=10)  # an answer that comes twice in this time was sent twice, not given twice
TRUTHS = ("positive", "negative")  # answers where the score is hidden
ANSWERS = ("confirmed", "overridden", "unsure", "rescored", *TRUTHS)

MOST_IDS = 1000  # cards of one sitting that are remembered


class Sitting(NamedTuple):
    """What the browser says of its sitting, as far as it makes sense."""

    deployment_id: int = 0
    whose: str = "all"
    first: tuple = ()  # to be shown before all others
    skipped: tuple = ()  # to be shown after all others
    known: tuple = ()  # cards that the browser has

    @classmethod
    def of(cls, told):
        told = told if isinstance(told, dict) else {}
        ids = {name: _ids(told.get(name)) for name in ("first", "skipped", "known")}
        whose = told.get("whose")
        deployment_id = told.get("deployment_id")
        return cls(
            deployment_id if isinstance(deployment_id, int) else 0,
            whose if whose in ("mine", "pool") else "all",
            **ids,
        )


def _ids(value):
    """The ids in what a browser told, the latest of too many."""
    ids = value[-MOST_IDS:] if isinstance(value, list | tuple) else ()
    return tuple(one for one in ids if type(one) is int)


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    # What is next for each reviewer, and how much work that is: read without the rows themselves.
    _queue_idx = models.Index("(reviewer_id, priority, deadline, id) INCLUDE (points) WHERE state = 'open'")

    # What the page calls

    @api.model
    def desk_open(self, deployment_id=None, filters=None):
        """The queue with its first cards, and how many reviews wait, by deployment.

        :param deployment_id: only reviews of this deployment
        :param filters: the sitting, see `Sitting`
        """
        sitting = Sitting.of({**(filters if isinstance(filters, dict) else {}), "deployment_id": deployment_id})
        deployments = self._desk_deployments()
        waiting = self._desk_domain(deployments)
        counts = self._desk_waiting(deployments, waiting)
        chosen = [count for count in counts if sitting.deployment_id in (0, count["id"])]
        mine, pool = (sum(count[name] for count in chosen) for name in ("mine", "pool"))
        return {
            "may_review": bool(deployments),
            "deployments": counts,
            "mine": mine,
            "pool": pool,
            **self._desk_answer(sitting, waiting),
        }

    @api.model
    def desk_card(self, review_id):
        """One card; nothing where it is closed, gone, or not for this person."""
        review = self._desk_review(review_id)
        return review._desk_card() if review.state == "open" and review._desk_is_mine_to_decide() else False

    @api.model
    def desk_decide(self, review_id, decision, note="", seconds=0.0, answer_id=False, seen=None, sitting=None):
        """Answer a card.

        :param decision: of `DECISIONS`; where the score is hidden, "positive" or "negative"
        :param seconds: how long the card was in sight
        :param seen: what was on the screen, see `_desk_seen`
        :return: `result` ("decided", "gone" where a colleague was faster, "failed" where it still cannot be scored),
                 `text`, and what comes next
        """
        if decision not in ANSWERS:
            raise UserError(self.env._("Choose one of the answers."))
        sitting = Sitting.of(sitting)
        review = self._desk_review(review_id)
        if review.state != "open":
            result = review._desk_answered_before(decision)
        elif decision == "rescored":
            result = review._desk_score_again()
            sitting = sitting._replace(first=(*result.pop("first", ()), *sitting.first))
        else:
            result = review._desk_take_answer(decision, note, seconds, answer_id, seen)
        if result["result"] == "failed":  # the card stays, with what is known of it now
            sitting = sitting._replace(
                first=(review.id, *sitting.first), known=tuple(one for one in sitting.known if one != review.id)
            )
        return {**result, **self._desk_answer(sitting)}

    @api.model
    def desk_skip(self, review_id, sitting=None):
        """What comes next instead; the review stays open and comes last in this sitting. Nothing is written."""
        sitting = Sitting.of(sitting)
        skipped = (*(one for one in sitting.skipped if one != review_id), *_ids([review_id]))
        return self._desk_answer(sitting._replace(skipped=skipped))

    @api.model
    def desk_undo(self, review_id, sitting=None):
        """Take an answer back: the question is open again, as the first card."""
        review = self._desk_review(review_id)
        if not review:
            raise UserError(self.env._("This answer cannot be taken back any more."))
        review.action_undo()
        again = review._chain()[-1:]
        return self._desk_answer(Sitting.of(sitting)._replace(first=again.ids))

    @api.model
    def desk_look_alikes(self, review_id):
        """The list of open reviews that ask the same, for one answer to all of them."""
        review = self._desk_review(review_id)
        if not review:
            raise UserError(self.env._("This review is closed already."))
        action = self.env["ir.actions.actions"]._for_xml_id("ai_deployment.ai_deployment_review_action")
        action.update(
            name=self.env._("Look-Alikes"),
            domain=[("id", "in", review._look_alikes().ids)],
            context={"search_default_open": 1},
        )
        return action

    def action_open_desk(self):
        """The desk, at this review where there is one."""
        action = self.env["ir.actions.actions"]._for_xml_id("ai_deployment.ai_deployment_desk_action")
        return {**action, "params": {"review_id": self[:1].id}}

    # The queue

    @api.model
    def _desk_deployments(self):
        """The deployments whose reviews the user may decide. In sudo."""
        if not self.env.user.has_group("ai_deployment.group_reviewer"):
            return self.env["ai.deployment"].sudo()
        return self._visible_deployments()

    @api.model
    def _desk_domain(self, deployments):
        """Open reviews of `deployments` about records that the user may read: an auditor gets no more of them.

        For searches in sudo, so that who may read what is looked up once for all of them.
        """
        return Domain("deployment_id", "in", deployments.ids) & Domain("state", "=", "open") & self._access_domain()

    @api.model
    def _desk_waiting(self, deployments, waiting):
        """How many reviews of `waiting` there are: [{"id", "name", "mine", "pool"}], in the order of the names."""
        groups = self.sudo()._read_group(
            waiting & Domain("reviewer_id", "in", (self.env.uid, False)), ["deployment_id", "reviewer_id"], ["__count"]
        )
        counts = {(deployment.id, bool(reviewer)): count for deployment, reviewer, count in groups}
        return [
            {
                "id": deployment.id,
                "name": deployment.name,
                "mine": counts.get((deployment.id, True), 0),
                "pool": counts.get((deployment.id, False), 0),
            }
            for deployment in deployments.sorted("name")
        ]

    @api.model
    def _desk_next(self, sitting, waiting, count):
        """The next reviews of a sitting: mine by urgency, then nobody's, then what was skipped."""
        queue = waiting
        if sitting.deployment_id:
            queue &= Domain("deployment_id", "=", sitting.deployment_id)
        found = self.browse()
        if sitting.first:
            found |= self._desk_take(waiting & Domain("id", "in", sitting.first), count)
        owners = {"mine": (self.env.uid,), "pool": (False,), "all": (self.env.uid, False)}[sitting.whose]
        for reviewer_id in owners:
            if len(found) < count:
                part = queue & Domain("reviewer_id", "=", reviewer_id)
                part &= Domain("id", "not in", (*sitting.skipped, *found.ids))
                found |= self._desk_take(part, count - len(found))
        if len(found) < count and sitting.skipped:
            part = queue & Domain("id", "in", sitting.skipped) & Domain("id", "not in", found.ids)
            order = {one: place for place, one in enumerate(sitting.skipped)}
            found |= self._desk_take(part, len(sitting.skipped)).sorted(lambda review: order[review.id])
        return found[:count]

    @api.model
    def _desk_take(self, domain, count):
        """The first `count` reviews of `domain` that the user may decide."""
        found, offset = self.browse(), 0
        while len(found) < count:
            batch = self.sudo().search(domain, order="priority, deadline, id", limit=AT_ONCE, offset=offset)
            for review in batch.with_env(self.env):
                if len(found) < count and review._desk_is_mine_to_decide():
                    found |= review
            offset += AT_ONCE
            if len(batch) < AT_ONCE:
                break
        return found

    @api.model
    def _desk_answer(self, sitting, waiting=None):
        """What comes next: the ids in their order, and the cards that the browser does not have."""
        waiting = self._desk_domain(self._desk_deployments()) if waiting is None else waiting
        reviews, past = self._desk_next(sitting, waiting, AHEAD), {}
        reviews[:1]._begin()  # in front of somebody now: it is not handed over because the record is
        return {
            "queue": reviews.ids,
            "cards": [review._desk_card(past) for review in reviews if review.id not in sitting.known],
        }

    @api.model
    def _desk_review(self, review_id):
        """The review `review_id`, or none where it is not there or not for the user's eyes."""
        review = self.browse(_ids([review_id])).exists()
        return review if review and review.has_access("read") and review._desk_document() else self.browse()

    def _desk_document(self):
        """The record, where it is there and the user may read it."""
        document = self._document()
        return document if document and document.has_access("read") else document.browse()

    def _desk_is_mine_to_decide(self):
        try:
            self._check_may_decide(judges=not self.sudo().failure_type)
        except (AccessError, UserError):
            return False
        return True

    # Answers

    def _desk_take_answer(self, decision, note, seconds, answer_id, seen):
        given = {
            "note": note if isinstance(note, str) else "",
            "seconds": seconds,
            "answer": self.env["ai.deployment.review.answer"].browse(_ids([answer_id])).exists(),
            "seen": self._desk_seen(seen),
        }
        hidden = self.hides_score
        if hidden and decision in TRUTHS:
            self._answer_truth(decision, **given)
            text = self.env._("The score said: %s", self._desk_score_text())
        elif hidden and decision != "unsure":
            raise UserError(self.env._("Choose one of the answers."))
        else:
            self._decide(decision, **given)
            decisions = dict(self._fields["decision"]._description_selection(self.env))
            text = self.env._("Closed without a score") if self.failure_type else decisions[decision]
        return {"result": "decided", "text": text, "name": self.name, "undo_id": self.id}

    @api.model
    def _desk_seen(self, seen):
        """What was on the screen, as far as it makes sense."""
        seen = seen if isinstance(seen, dict) else {}
        return {
            "why": str(seen.get("why") or "")[:200],
            "similar": list(_ids(seen.get("similar")))[:REASONS],
            **{name: bool(seen.get(name)) for name in ("score", "reasons", "incumbent")},
        }

    def _desk_answered_before(self, decision):
        """The question is closed: by this very answer, whose confirmation got lost, or by a colleague."""
        if not self:
            return {"result": "gone", "text": self.env._("This one is gone, or not for you any more.")}
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        given = self.ground_truth if decision in TRUTHS else self.decision
        if self.decided_by_id == self.env.user and given == decision and self.decided_date >= clock.now() - AGAIN:
            return {"result": "decided", "text": decisions[self.decision], "name": self.name, "undo_id": self.id}
        if self.state == "expired":
            reasons = dict(self._fields["expired_reason"]._description_selection(self.env))
            why = reasons.get(self.expired_reason)
            nobody = self.env._("Nobody has to answer this one any more.")
            return {"result": "gone", "text": f"{nobody} {why}." if why else nobody}
        text = self.env._(
            "%(person)s has answered this one already: %(decision)s.",
            person=self.sudo().decided_by_id.name,
            decision=decisions.get(self.decision, ""),
        )
        return {"result": "gone", "text": text}

    def _desk_score_again(self):
        """Score the record again: settled, a question of its own now, or still without a score."""
        self.action_score_again()
        if self.state == "open":
            failure = self._desk_failure()
            text = self.env._("It still cannot be scored: %s", failure["message"] or failure["type"])
            return {"result": "failed", "text": text}
        asked = self.sudo().search(
            Domain("deployment_id", "=", self.deployment_id.id)
            & Domain("res_id", "=", self.res_id)
            & Domain("state", "=", "open")
        )
        text = self.env._("Scored again, this time it worked.")
        return {"result": "decided", "text": text, "name": self.name, "undo_id": False, "first": tuple(asked.ids)}

    # The card

    def _desk_card(self, past=None):
        """All that the page shows of one review, of which it is known that the user may read its record.

        :param past: see `_similar_cases`
        """
        self.ensure_one()
        review, document = self.sudo(), self.env[self.sudo().res_model].browse(self.sudo().res_id)
        words = document._ai_words()
        blind, failure = review.hides_score, self._desk_failure()
        return {
            "id": self.id,
            "name": document.display_name,
            "kind": self.env["ir.model"]._get(document._name).sudo().name,
            "url": f"/odoo/{document._name}/{document.id}",
            "deployment": review.deployment_id.name,
            "is_mine": review.reviewer_id == self.env.user,
            "reviewer": review.reviewer_id.name or "",
            "due": format_datetime(self.env, review.deadline, dt_format="short") if review.deadline else "",
            "is_overdue": bool(review.deadline and review.deadline < clock.now()),
            "why": self.env._("Say what you think; the score shows afterwards.") if blind else self._desk_why(),
            "essentials": document._ai_essentials(),
            "is_blind": blind,
            "failure": failure,
            "score": False if blind or failure else self._desk_score(),
            **({"reasons": [], "remarks": []} if blind or failure else self._desk_reasons()),
            "similar": [] if failure else self._desk_similar(past),
            "answers": [] if failure else self._desk_answers(review.deployment_id, blind),
            "buttons": self._desk_buttons(words, blind, failure),
        }

    def _desk_why(self):
        """Why the record is here, in plain words."""
        self.ensure_one()
        return self.why_text

    @api.model
    def _desk_answers(self, deployment, blind):
        """The reasons that may be given with an answer: [{"id", "name", "decision", "asks_text"}].

        One for "right" or "wrong" alone would tell what the score says where that is hidden.
        """
        return [
            {
                "id": answer.id,
                "name": answer.name,
                "decision": "" if answer.decision == ANY else answer.decision,
                "asks_text": answer.asks_text,
            }
            for answer in deployment.answer_ids
            if not blind or answer.decision in (ANY, "unsure")
        ]

    def _desk_buttons(self, words, blind, failure):
        """The answers, each with its key: [{"decision", "key", "label", "hint", "style"}]."""
        say = self.env._

        def button(decision, key, label, hint="", style="secondary"):
            return {"decision": decision, "key": key, "label": label, "hint": hint, "style": style}

        if failure:
            return [button("rescored", "a", say("Score Again"), style="primary"), button("unsure", "c", say("Close"))]
        unsure = button("unsure", "c", say("Cannot Tell"))
        if blind:
            return [
                button("positive", "y", words["positive"], style="primary"),
                button("negative", "n", words["negative"], style="primary"),
                unsure,
            ]
        says, other = ("positive", "negative") if self.sudo().prediction else ("negative", "positive")
        return [
            button("confirmed", "r", say("Right"), words[says], "primary"),
            button("overridden", "w", say("Wrong"), words[other], "primary"),
            unsure,
        ]

    def _desk_failure(self):
        """What went wrong: {"type", "message", "inputs"}, as of the latest attempt; False where there is a score."""
        review = self.sudo()
        if not review.failure_type:
            return False
        latest = review._latest_inference()
        latest = latest if latest.failure_type else review.inference_id
        types = dict(self._fields["failure_type"]._description_selection(self.env))
        return {
            "type": types.get(latest.failure_type or review.failure_type, ""),
            "message": latest.failure_message or "",
            "inputs": (latest.inputs_text or "").splitlines(),
        }

    def _desk_score(self):
        review = self.sudo()
        # No opinion is stored as nothing, which a number field reads as zero.
        rows = self.env.execute_query(
            SQL("SELECT incumbent_value FROM ai_deployment_inference WHERE id = %s", review.inference_id.id)
        )
        opinion = rows[0][0] if rows else None
        return {
            "text": self._desk_score_text(),
            "value": review.predicted_value,
            "confidence": percent(self.env, review.confidence),
            "odoo": "" if opinion is None else self.env[review.res_model]._ai_incumbent_text(opinion),
        }

    def _desk_score_text(self):
        review = self.sudo()
        words = self.env[review.res_model]._ai_words()
        value = review.predicted_value
        return f"{percent(self.env, value, 1)} – {words['positive' if review.prediction else 'negative']}"

    def _desk_reasons(self):
        """The inputs that say most, and what makes the score a guess.

        `reasons`: [{"name", "value", "points", "text", "width"}], `remarks`: sentences.
        """
        inference = self.sudo().inference_id
        version = inference.version_id
        masks_all, sees_sensitive = inference._masking()
        hidden = inference._keys_hidden_on_records().get(inference.id, frozenset())
        document = self.env[self.sudo().res_model].browse(self.sudo().res_id)
        reasons = version._reasons(
            inference.codes,
            masks_all=masks_all,
            sees_sensitive=sees_sensitive,
            hidden=hidden,
            top=REASONS,
            inputs=inference.inputs,
            document=document,
        )
        remarks = [text.removeprefix("? ") for text in version._support_texts(inference.codes)]
        if reasons and not version._card().exact_reasons:
            remarks.append(self.env._("These reasons are approximate."))
        strongest = max((abs(points) for _name, _value, points in reasons), default=0.0) or 1.0
        return {
            "reasons": [
                {
                    "name": name,
                    "value": value,
                    "points": points,
                    "text": signed(self.env, points),
                    "width": max(round(100 * abs(points) / strongest), 2),
                }
                for name, value, points in reasons
            ],
            "remarks": remarks,
        }

    def _desk_similar(self, past):
        return [
            {
                "id": res_id,
                "name": name,
                "url": f"/odoo/{self.sudo().res_model}/{res_id}",
                "share": percent(self.env, share),
                "ending": ending,
                "is_positive": is_positive,
            }
            for res_id, name, share, ending, is_positive in self._similar_cases(past)
        ]
