"""Answering reviews. `decide` is the only way to an answer.

Whoever answers may see the record, is a reviewer, owner, deputy or administrator of the deployment, and neither made
the record nor answered the same question before. Reviews are handed in with the rights of the current user.
"""

from typing import Any

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools import clock
from ..tools.wording import number
from .eligibility import check_may_decide
from .expiry import latest_line
from .follow_ups import ask_about, latest_inference, settle
from .screen import screen_values
from .values import is_task, judged
from .vocabulary import JUDGEMENTS, TRUTHS

MOST_SECONDS = 3600.0  # that an answer took: beyond it, the page was left open
MOST_AT_ONCE = 1000  # questions that get one answer


def sane_seconds(seconds: Any) -> float:
    """Return `seconds` as a browser told them, from 0 to an hour; 0 where that is no number."""
    try:
        seconds = float(seconds or 0)
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), MOST_SECONDS) if seconds == seconds else 0.0


def decide(
    reviews: BaseModel,
    decision: str,
    note: str = "",
    seconds: Any = 0.0,
    answer: BaseModel | None = None,
    seen: Any = None,
    values: Any = None,
) -> None:
    """Answer each of `reviews` once.

    :param decision: of `DECISIONS`; where values are reviewed, it follows from them
    :param seconds: how long it took, as the browser says: for figures only
    :param answer: the reason in the deployment's own list, `ai.deployment.review.answer`
    :param seen: what was on the screen, see `screen`
    :param values: {key: the right value}, of a deployment that proposes values
    :raises UserError: where a review is closed, has no score to judge, or the reason does not fit
    :raises AccessError: where the current user may not answer
    """
    reviews.check_access("read")
    note = note or ""
    for review in reviews:
        check_may_decide(review, judges=decision != "rescored")
        right: dict[str, str] = {}
        if is_task(review) and decision in JUDGEMENTS:
            decision, right = judged(review, decision, values)
        elif review.failure_type and decision in JUDGEMENTS:
            raise UserError(review.env._("“%s” has no score to judge: score it again.", review.name))
        if decision == "rescored":
            _check_failed(review)
        reviewed = review.sudo()
        reviewed.write(
            {
                "state": "decided",
                "decision": decision,
                "note": note,
                "decided_by_id": review.env.uid,
                "decided_date": clock.now(),
                "closed_line": latest_line(reviewed),
                "seconds_spent": sane_seconds(seconds),
                **_reason_values(review, decision, answer, note),
                "screen_context": screen_values(review, seen),
                "right_values": right or False,
                **_truth_values(reviewed, decision),
                **_fingerprint_values(reviewed),
            }
        )
        review.env[reviewed.res_model].invalidate_model(["ai_needs_review"], flush=False)
        theirs = reviewed.activity_ids.filtered_domain([("user_id", "in", [*reviewed.reviewer_id.ids, False])])
        theirs.action_feedback(feedback=note or False)
        settle(reviewed)


def _reason_values(review: BaseModel, decision: str, answer: BaseModel | None, note: str) -> dict:
    if not answer:
        return {}
    # Whoever does not see the score must not learn it from which reason is refused.
    fits = None if review.hides_score and decision in JUDGEMENTS else decision
    answer._check_fits(review.sudo().deployment_id, fits, note)
    return {"answer_id": answer.id}


def _truth_values(review: BaseModel, decision: str) -> dict:
    if decision not in JUDGEMENTS:
        return {}
    confirmed = decision == "confirmed"
    if is_task(review):  # the question is whether the values are right
        return {"ground_truth": "positive" if confirmed else "negative"}
    return {"ground_truth": "positive" if review.prediction == confirmed else "negative"}


def _fingerprint_values(review: BaseModel) -> dict:
    """Return what the answer is about: where the record has changed by then, a gate asks again."""
    document = review._document()
    return {"fingerprint": document._ai_fingerprints().get(document.id)} if document else {}


def answer_truth(reviews: BaseModel, truth: str, **given: Any) -> None:
    """Answer what is true, whatever the score says: for who does not see the score.

    :param truth: of `TRUTHS`
    :param given: as for `decide`
    """
    if truth not in TRUTHS:
        raise UserError(reviews.env._("Answer yes or no."))
    for review in reviews:
        decide(review, "confirmed" if review.sudo().prediction == (truth == "positive") else "overridden", **given)


def decide_each(reviews: BaseModel, decision: str, note: str = "", answer: BaseModel | None = None) -> bool | dict:
    """Answer many questions; those that cannot be answered are told with why, and do not hinder the others.

    :param decision: of `DECISIONS`, or of `TRUTHS` where the score is hidden
    :return: True, or the action that shows what was refused
    :raises UserError: the refusal of the only one or of all, where nothing was answered
    """
    env = reviews.env
    if len(reviews) > MOST_AT_ONCE:
        raise UserError(env._("At most %s reviews can be answered at once: select fewer.", MOST_AT_ONCE))
    refused: dict[str, list[int]] = {}
    kinds = set()
    for review in reviews:
        try:
            with env.cr.savepoint():
                _check_shown(review, decision)
                give = answer_truth if decision in TRUTHS else decide
                give(review, decision, note=note, answer=answer)
        except UserError as error:  # an `AccessError` is one as well
            refused.setdefault(str(error), []).append(review.id)
            kinds.add(type(error))
    if not refused:
        return True
    text = _refused_text(reviews, refused)
    if sum(map(len, refused.values())) == len(reviews):
        raise (kinds.pop() if len(kinds) == 1 else UserError)(text if len(reviews) > 1 else next(iter(refused)))
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


def _check_shown(review: BaseModel, decision: str) -> None:
    """Raise where a score is called right or wrong that the user has not seen."""
    if decision in JUDGEMENTS and review.hides_score:
        raise UserError(review.env._("The score is shown after your answer: open the review and answer yes or no."))


def _refused_text(reviews: BaseModel, refused: dict[str, list[int]]) -> str:
    """Return `refused` ({sentence: review ids}) for people."""
    env, count = reviews.env, sum(map(len, refused.values()))
    lines = [
        env._("%(refused)s of %(all)s were not answered.", refused=number(env, count), all=number(env, len(reviews)))
    ]
    lines += [
        env._(
            "%(why)s (%(count)s: number %(numbers)s)",
            why=why,
            count=number(env, len(ids)),
            numbers=", ".join(map(str, ids)),
        )
        for why, ids in refused.items()
    ]
    return "\n".join(lines)


def _check_failed(review: BaseModel) -> None:
    """Raise where the record has a score: whoever made it could else end the review of his own record."""
    if not review.failure_type:
        raise UserError(
            review.env._("“%s” has a score: say whether it is right, or answer “Cannot tell”.", review.name)
        )


def score_again(reviews: BaseModel) -> None:
    """Score the records behind `reviews` by the serving version; a review is closed where that works now.

    :raises UserError: where a review is of a record that has a score
    """
    for review in reviews:
        check_may_decide(review, judges=False)
        _check_failed(review)
        env, known = review.env, review.sudo()
        known.deployment_id.with_env(env)._score(review._document(), again=True)
        latest = latest_inference(known)
        if latest == known.inference_id:
            raise UserError(env._("“%s” no longer belongs to this deployment.", review.name))
        if latest.route != "retry" and not latest.failure_type:
            decide(review, "rescored", note=env._("Scored again successfully."))
            if latest.route == "review":  # it has a score now, and that is a question of its own
                ask_about(known, latest)
