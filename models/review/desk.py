"""The review desk: what the page asks of the server, one question to a person at a time.

A sitting lives in the browser. Each call says which deployment and whose reviews it is about, what was skipped, and
which cards the browser holds already; the server stores nothing of it. The answer to each call is the current queue
(the ids that come next) and those cards of it that the browser does not have: so the next card is there before it is
needed, and nobody is shown a question that a colleague has answered meanwhile.

A card is given only to those who may decide it and may read the record, whatever else they may read.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..documents.completion import completion_action
from ..tools import clock
from .answers import answer_truth, decide, score_again
from .desk_card import MOST_REASONS, DeskCards, latest_failure, missing_fields, score_text
from .eligibility import REVIEWER, may_decide
from .follow_ups import undo
from .reassignment import begin
from .similar_cases import look_alikes
from .values import VALUED, found_values, is_task, summary, written_text
from .vocabulary import DECISIONS, JUDGEMENTS, TRUTHS

AHEAD = 2  # cards: the one that is read, and the one after
AT_ONCE = 20  # reviews that are looked at together when the next ones are sought
AGAIN = timedelta(minutes=10)  # an answer that comes twice in this time was sent twice, not given twice
ANSWERS = (*dict(DECISIONS), *TRUTHS, VALUED)
MOST_IDS = 1000  # cards of one sitting that are remembered
REVIEW = "ai.deployment.review"


class Sitting(NamedTuple):
    """State of the browser's sitting, as far as it is valid."""

    deployment_id: int = 0
    whose: str = "all"
    first: tuple[int, ...] = ()  # to be shown before all others
    skipped: tuple[int, ...] = ()  # to be shown after all others
    known: tuple[int, ...] = ()  # cards that the browser has

    @classmethod
    def of(cls, told: Any) -> "Sitting":
        """Return the sitting in what a browser told, without what makes no sense."""
        told = told if isinstance(told, dict) else {}
        ids = {name: _ids(told.get(name)) for name in ("first", "skipped", "known")}
        whose = told.get("whose")
        deployment_id = told.get("deployment_id")
        return cls(
            deployment_id if isinstance(deployment_id, int) else 0,
            whose if whose in ("mine", "pool") else "all",
            **ids,
        )


def _ids(value: Any) -> tuple[int, ...]:
    """Return the ids in what a browser told, the latest of too many."""
    ids = value[-MOST_IDS:] if isinstance(value, list | tuple) else ()
    return tuple(one for one in ids if type(one) is int)


def reviewed_deployments(reviews: BaseModel) -> BaseModel:
    """Return the deployments whose reviews the current user may decide, with all rights.

    :param reviews: ai.deployment.review with the rights of the user, whichever: the way to the model
    """
    if not reviews.env.user.has_group(REVIEWER):
        return reviews.env["ai.deployment"].sudo()
    return reviews._visible_deployments()


class Desk:
    """Answers the calls of the page for the user of `env`."""

    def __init__(self, env: Environment):
        self.env = env
        self._reviews = env[REVIEW]
        self._known = self._reviews.sudo()  # searched in a domain of what the user may read, see `_open_domain`
        self._cards = DeskCards(env)

    def open(self, deployment_id: Any = None, filters: Any = None) -> dict:
        """Return the queue with its first cards, and how many reviews wait, by deployment.

        :param deployment_id: only reviews of this deployment
        :param filters: the sitting, see `Sitting`
        """
        sitting = Sitting.of({**(filters if isinstance(filters, dict) else {}), "deployment_id": deployment_id})
        deployments = reviewed_deployments(self._reviews)
        waiting = self._open_domain(deployments)
        counts = self._counts(deployments, waiting)
        chosen = [count for count in counts if sitting.deployment_id in (0, count["id"])]
        mine, pool = (sum(count[name] for count in chosen) for name in ("mine", "pool"))
        return {
            "may_review": bool(deployments),
            "deployments": counts,
            "mine": mine,
            "pool": pool,
            "unreadable": 0 if counts and mine + pool else self._unreadable(deployments, waiting),
            **self._following(sitting, waiting),
        }

    def _unreadable(self, deployments: BaseModel, waiting: Domain) -> int:
        """Return how many open reviews of `deployments` are about records that the user may not read."""
        if not deployments:
            return 0
        all_open = Domain("deployment_id", "in", deployments.ids) & Domain("state", "=", "open")
        return self._known.search_count(all_open) - self._known.search_count(waiting)

    def card(self, review_id: Any) -> dict | bool:
        """Return one card; False where it is closed, gone, or not for this user."""
        review = self._review(review_id)
        return self._cards.card(review) if review.state == "open" and may_decide(review) else False

    def decide(
        self,
        review_id: Any,
        decision: Any,
        note: Any,
        seconds: Any,
        answer_id: Any,
        seen: Any,
        values: Any,
        sitting: Any,
    ) -> dict:
        """Answer a card.

        :param decision: of `DECISIONS`; where the score is hidden, of `TRUTHS`; `VALUED` with values
        :param seconds: how long the card was in sight
        :param seen: what was on the screen, see `_screen`
        :param values: {key: the right value}, of a deployment that proposes values
        :return: `result` ("decided", "gone" where a colleague was faster, "failed" where it still cannot be scored),
                 `text`, and what comes next
        """
        if decision not in ANSWERS:
            raise UserError(self.env._("Choose one of the answers."))
        sitting = Sitting.of(sitting)
        review = self._review(review_id)
        if review.state != "open":
            result = self.closed_result(review, decision)
        elif decision == "rescored":
            result = self._score_again(review)
            sitting = sitting._replace(first=(*result.pop("first", ()), *sitting.first))
        else:
            given = {
                "note": note if isinstance(note, str) else "",
                "seconds": seconds,
                "answer": self.env["ai.deployment.review.answer"].browse(_ids([answer_id])).exists(),
                "seen": _screen(seen),
                **({"values": values if isinstance(values, dict) else {}} if decision == VALUED else {}),
            }
            result = self._take_answer(review, decision, given)
        if result["result"] == "failed":  # the card stays, with what is known of it now
            sitting = sitting._replace(
                first=(review.id, *sitting.first), known=tuple(one for one in sitting.known if one != review.id)
            )
        return {**result, **self._following(sitting)}

    def skip(self, review_id: Any, sitting: Any) -> dict:
        """Return what comes next instead; the review stays open and comes last in this sitting. Nothing is written."""
        sitting = Sitting.of(sitting)
        skipped = (*(one for one in sitting.skipped if one != review_id), *_ids([review_id]))
        return self._following(sitting._replace(skipped=skipped))

    def undo(self, review_id: Any, sitting: Any) -> dict:
        """Take an answer back: the question is open again, as the first card."""
        review = self._review(review_id)
        if not review:
            raise UserError(self.env._("This answer can no longer be undone."))
        again = undo(review)
        return self._following(Sitting.of(sitting)._replace(first=tuple(again.ids)))

    def look_alikes(self, review_id: Any) -> dict:
        """Return the action with the open reviews that ask the same, for one answer to all of them."""
        review = self._review(review_id)
        if not review:
            raise UserError(self.env._("This review is already closed."))
        action = self.env["ir.actions.actions"]._for_xml_id("ai_deployment.ai_deployment_review_action")
        action.update(
            name=self.env._("Similar Reviews"),
            domain=[("id", "in", look_alikes(review).ids)],
            context={"search_default_open": 1},
        )
        return action

    # The queue

    def _open_domain(self, deployments: BaseModel) -> Domain:
        """Return the open reviews of `deployments` about records that the user may read: an auditor gets no more.

        For searches with all rights, so that who may read what is looked up once for all of them.
        """
        covered = Domain("deployment_id", "in", deployments.ids)
        return covered & Domain("state", "=", "open") & self._reviews._access_domain()

    def _counts(self, deployments: BaseModel, waiting: Domain) -> list[dict]:
        """Return how many reviews of `waiting` there are: [{"id", "name", "mine", "pool"}], in the order of names."""
        groups = self._known._read_group(
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

    def _following(self, sitting: Sitting, waiting: Domain | None = None) -> dict:
        """Return what comes next: the ids in their order, and the cards that the browser does not have."""
        waiting = self._open_domain(reviewed_deployments(self._reviews)) if waiting is None else waiting
        reviews = self._next(sitting, waiting, AHEAD)
        begin(reviews[:1].sudo())  # in front of somebody now: it does not follow its record to another person
        return {
            "queue": reviews.ids,
            "cards": [self._cards.card(review) for review in reviews if review.id not in sitting.known],
        }

    def _next(self, sitting: Sitting, waiting: Domain, count: int) -> BaseModel:
        """Return the next reviews of a sitting: the user's own by urgency, then nobody's, then what was skipped."""
        queue = waiting
        if sitting.deployment_id:
            queue &= Domain("deployment_id", "=", sitting.deployment_id)
        found = self._reviews
        if sitting.first:
            found |= self._first_of(waiting & Domain("id", "in", sitting.first), count)
        owners = {"mine": (self.env.uid,), "pool": (False,), "all": (self.env.uid, False)}[sitting.whose]
        for reviewer_id in owners:
            if len(found) < count:
                part = queue & Domain("reviewer_id", "=", reviewer_id)
                part &= Domain("id", "not in", (*sitting.skipped, *found.ids))
                found |= self._first_of(part, count - len(found))
        if len(found) < count and sitting.skipped:
            part = queue & Domain("id", "in", sitting.skipped) & Domain("id", "not in", found.ids)
            order = {one: place for place, one in enumerate(sitting.skipped)}
            found |= self._first_of(part, len(sitting.skipped)).sorted(lambda review: order[review.id])
        return found[:count]

    def _first_of(self, domain: Domain, count: int) -> BaseModel:
        """Return the first `count` reviews of `domain` that the user may decide."""
        found, offset = self._reviews, 0
        while len(found) < count:
            batch = self._known.search(domain, order="priority, deadline, id", limit=AT_ONCE, offset=offset)
            for review in batch.with_env(self.env):
                if len(found) < count and may_decide(review):
                    found |= review
            offset += AT_ONCE
            if len(batch) < AT_ONCE:
                break
        return found

    def _review(self, review_id: Any) -> BaseModel:
        """Return the review `review_id`, or none where it is gone or not for the user's eyes."""
        review = self._reviews.browse(_ids([review_id])).exists()
        return review if review and review.has_access("read") and _may_read_document(review) else self._reviews

    # Answers

    def _take_answer(self, review: BaseModel, decision: str, given: dict) -> dict:
        hidden, document = review.hides_score, review._document()
        if is_task(review):
            return self._take_values(review, decision, given)
        was_held = bool(document._ai_answer_effects()) and not review.failure_type
        if hidden and decision in TRUTHS:
            answer_truth(review, decision, **given)
            text = self.env._("The score said: %s", score_text(review))
        elif hidden and decision != "unsure":
            raise UserError(self.env._("Choose one of the answers."))
        else:
            decide(review, decision, **given)
            text = self.env._("Closed without score") if review.failure_type else self._label(review, "decision")
        if was_held:
            is_held = bool(document._ai_answer_effects())
            effect = self.env._("It stays on hold.") if is_held else self.env._("Released: it can be posted now.")
            text = f"{text.rstrip('.')}. {effect}"
        return {"result": "decided", "text": text, "name": review.name, "undo_id": review.id}

    def _take_values(self, review: BaseModel, decision: str, given: dict) -> dict:
        """Take the answer to a review about values, and say what was corrected and written."""
        decide(review, "confirmed" if decision == VALUED else decision, **given)
        known = review.sudo()
        text = summary(review, known.right_values) if known.right_values else self._label(review, "decision")
        if told := written_text(review):
            text = f"{text}. {told}"
        return {"result": "decided", "text": text, "name": review.name, "undo_id": review.id}

    def values(self, review_id: Any, key: Any, text: Any) -> list[dict]:
        """Return the records that can be the value of a field and are called like `text`: [{"value", "text"}]."""
        review = self._review(review_id)
        return found_values(review, key, text) if review and may_decide(review) else []

    def complete(self, review_id: Any) -> dict:
        """Return the action with what the record of a review lacks to be scored."""
        review = self._review(review_id)
        names = missing_fields(review) if review else []
        if not names:
            raise UserError(self.env._("Nothing is missing here any more, or you may not change this record."))
        return completion_action(review._document(), names)

    def closed_result(self, review: BaseModel, decision: str) -> dict:
        """Return what to tell of a closed review: this very answer, whose confirmation got lost, or a colleague's."""
        if not review:
            return {
                "result": "gone",
                "text": self.env._("This review has been deleted or is no longer accessible to you."),
            }
        given = review.ground_truth if decision in TRUTHS else review.decision
        if decision == VALUED and given in JUDGEMENTS:
            given = VALUED
        text = self._label(review, "decision")
        if review.decided_by_id == self.env.user and given == decision and review.decided_date >= clock.now() - AGAIN:
            return {"result": "decided", "text": text, "name": review.name, "undo_id": review.id}
        if review.state == "expired":
            why, nobody = self._label(review, "expired_reason"), self.env._("This review no longer needs an answer.")
            return {"result": "gone", "text": f"{nobody} {why}." if why else nobody}
        text = self.env._(
            "%(person)s has already answered this review: %(decision)s.",
            person=review.sudo().decided_by_id.name,
            decision=text,
        )
        return {"result": "gone", "text": text}

    def _score_again(self, review: BaseModel) -> dict:
        """Score the record again: it is settled, a question of its own now, or still without a score."""
        score_again(review)
        if review.state == "open":
            failure = latest_failure(review)
            text = self.env._("It still cannot be scored: %s", failure["sentence"])
            return {"result": "failed", "text": text}
        asked = self._known.search(
            Domain("deployment_id", "=", review.deployment_id.id)
            & Domain("res_id", "=", review.res_id)
            & Domain("state", "=", "open")
        )
        text = self.env._("Scored again successfully.")
        return {"result": "decided", "text": text, "name": review.name, "undo_id": False, "first": tuple(asked.ids)}

    def _label(self, review: BaseModel, name: str) -> str:
        """Return the label of the selection field `name`, empty where it has no value."""
        return dict(review._fields[name]._description_selection(self.env)).get(review[name], "")


def _may_read_document(review: BaseModel) -> bool:
    document = review._document()
    return bool(document) and document.has_access("read")


def _screen(seen: Any) -> dict:
    """Return what the browser says was on the screen, as far as it makes sense."""
    seen = seen if isinstance(seen, dict) else {}
    return {
        "why": str(seen.get("why") or "")[:200],
        "similar": list(_ids(seen.get("similar")))[:MOST_REASONS],
        **{name: bool(seen.get(name)) for name in ("score", "reasons", "incumbent")},
    }
