"""Consequences of an answer: the label, a second person, the question asked again.

Reviews are handed in with all rights, except to `undo`, `ask_again` and `may_undo`, which speak of the current user.
"""

from datetime import timedelta
from typing import Any

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..proposals.labels import keep_labels, withdraw_labels
from ..tools import clock
from ..tools.shipped import wake
from .blind import is_in_second_opinion_sample
from .eligibility import answered_before, current_round, makers_of
from .expiry import set_aside
from .notes import note_answer, note_taken_back
from .vocabulary import ANOTHER

UNDO = timedelta(seconds=60)  # after an answer, in which its reviewer may take it back


def settle(review: BaseModel) -> None:
    """After an answer, ask a second person where one is due, and mark the answer that is the label."""
    review.ensure_one()
    following = _next_question(review)
    if review.ground_truth and _may_be_label(review) and not (following and following["kind"] == "four_eyes"):
        (review._chain() - review).is_label = False
        review.is_label = True
        if review.right_values:
            keep_labels(review, review.right_values)
    if following:
        review._follow(**following)
        wake(review.env, "ir_cron_assign_reviews")
    for answered in _public_answers(review, following):
        note_answer(answered)


def _public_answers(review: BaseModel, following: dict[str, Any]) -> BaseModel:
    """Return the answers of this round that colleagues may read now: none while a second opinion is open."""
    if following and following["kind"] == "second_opinion":
        return review.browse()
    return current_round(review) if review.kind == "second_opinion" else review


def _may_be_label(review: BaseModel) -> bool:
    """Return whether the answer was given by somebody who may: code with all rights may answer for anybody."""
    again = review.kind in ANOTHER and review.decided_by_id in answered_before(review)
    return review.decided_by_id.id not in makers_of(review) and not again


def _next_question(review: BaseModel) -> dict[str, Any]:
    """Return the values of the next question in the chain, for `_follow`; empty where this answer is final."""
    if following := _four_eyes(review):
        return following
    if is_in_second_opinion_sample(review):
        # Like is compared with like: the second person sees the score if the first did.
        return {"kind": "second_opinion", "is_blind": review.is_blind}
    return {}


def _four_eyes(review: BaseModel) -> dict[str, Any]:
    """Return the question for a second person above the amount; the owner or deputy is the third where they differ."""
    answered = current_round(review)
    if review.kind == "four_eyes":
        differ = len(set(answered.mapped("ground_truth"))) > 1
        if not differ or len(answered) > 2:
            return {}
        return {"kind": "four_eyes", **_third_person(review, answered.decided_by_id)}
    if review.kind == "second_opinion" or not review.ground_truth or not _is_above_four_eyes(review):
        return {}
    return {"kind": "four_eyes"}


def _third_person(review: BaseModel, before: BaseModel) -> dict[str, int]:
    """Return the owner, else the deputy, as the reviewer: who may and has not answered yet; empty for the pool."""
    makers = makers_of(review)
    for person in (review.deployment_id.user_id, review.deployment_id.deputy_id):
        if person.active and person not in before and person.id not in makers:
            return {"reviewer_id": person.id}
    return {}


def _is_above_four_eyes(review: BaseModel) -> bool:
    threshold, document = review.deployment_id.four_eyes_amount, review._document()
    return threshold > 0 and bool(document) and document._ai_amounts().get(document.id, 0.0) >= threshold


def may_undo(review: BaseModel) -> bool:
    """Return whether `review` is an answer of the current user that is at most a minute old."""
    if review.state != "decided" or not review.decided_date:
        return False
    return timedelta(0) <= clock.now() - review.decided_date <= UNDO and review.sudo().decided_by_id == review.env.user


def undo(review: BaseModel) -> BaseModel:
    """Take back the current user's own answer and return the question, which is open again.

    :raises UserError: where the answer is older than a minute or somebody else's
    """
    if not may_undo(review):
        raise UserError(review.env._("Only the reviewer can undo an answer, within one minute."))
    answered = review.sudo()
    following = answered.search([("previous_id", "=", review.id)])
    if following.state == "open" and following.kind in ANOTHER:
        set_aside(following, "withdrawn")  # what this answer asked for is obsolete
    user_id = review.env.uid
    # Whoever edited the record since is not asked any more.
    again = {"reviewer_id": user_id} if user_id not in makers_of(answered) else {}
    return ask_again(review, undoes=True, deadline=answered.deadline, **again)


def ask_again(review: BaseModel, note: str = "", undoes: bool = False, **values: Any) -> BaseModel:
    """Ask a decided question again and return the new review. The former answer is kept, but is no label any more.

    :param undoes: whether the current user takes the own answer back, and with it what that wrote on the record
    :param values: what differs from the former question, such as `reviewer_id`
    :raises UserError: where the record has an open review, or somebody has answered after this one
    """
    env, before = review.env, review.sudo()
    last = before._chain()[-1:]
    if last.state == "open" or before.search_count(
        Domain("deployment_id", "=", before.deployment_id.id)
        & Domain("res_id", "=", before.res_id)
        & Domain("state", "=", "open")
    ):
        raise UserError(env._("This record already has an open review."))
    if last != before and not (last.state == "expired" and last.previous_id == before):
        raise UserError(env._("There is a later answer: reopen the latest review instead."))
    withdraw_labels(before._chain(), env.user if undoes else None)
    before._chain().is_label = False
    again = last._follow("reopened", **values)
    env[before.res_model].invalidate_model(["ai_needs_review"], flush=False)
    wake(env, "ir_cron_assign_reviews")
    note_taken_back(before, note)
    return again.with_env(env)


def ask_about(review: BaseModel, inference: BaseModel) -> BaseModel:
    """Return a new review of the same record, for what `inference` says of it."""
    review.ensure_one()
    review.flush_recordset(["state"])  # one open review per record: this one must be closed in the database first
    names = ("deployment_id", "version_id", "company_id")
    return review.create(
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


def latest_inference(review: BaseModel) -> BaseModel:
    """Return the latest line of the log about the record of `review`."""
    return review.env["ai.deployment.inference"].search(
        Domain("deployment_id", "=", review.deployment_id.id) & Domain("res_id", "=", review.res_id),
        order="id desc",
        limit=1,
    )
