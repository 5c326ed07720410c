"""Reviews that change hands: a reviewer takes one or gives it back, or cannot answer it any more.

Reviews are handed in with all rights, except to `take` and `give_back`, which speak of the current user.
"""

from collections import defaultdict

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock
from ..tools.trust import OWN
from .activities import activities_of
from .eligibility import able_by_review, able_people, away_until, barred_people, check_may_decide, people_at_work


def take(reviews: BaseModel) -> None:
    """Assign `reviews` to the current user.

    :raises UserError: where somebody else has one, unless the user answers for its deployment; where the user is barred
    """
    env, me, known = reviews.env, reviews.env.user, reviews.sudo()
    barred = barred_people(known)
    for review, stored in zip(reviews, known, strict=True):
        check_may_decide(review)
        other = stored.reviewer_id - me
        if other and not stored.deployment_id.with_env(env)._may_decide():
            raise UserError(
                env._("%(person)s is already reviewing “%(record)s”.", person=other.name, record=review.name)
            )
        if me.id in barred[review.id]:
            raise UserError(
                env._("You created “%s” or answered it before: another person has to review it.", review.name)
            )
    activities_of(known).filtered(lambda activity: activity.user_id != me).unlink()
    known.write({"reviewer_id": me.id, "is_assigned": True, "started_date": clock.now(), "returned_by_id": False})


def give_back(reviews: BaseModel) -> None:
    """Put `reviews` into the pool; whoever had them is not assigned them again automatically.

    :raises UserError: where one is closed
    :raises AccessError: where the current user neither has it nor answers for its deployment
    """
    env, known = reviews.env, reviews.sudo()
    for review, stored in zip(reviews, known, strict=True):
        if review.state != "open":
            raise UserError(env._("This review is already closed."))
        if review.reviewer_id != env.user and not stored.deployment_id.with_env(env)._may_decide():
            raise AccessError(env._("Only the assigned reviewer, the owner or the deputy can return it to the pool."))
    for theirs in known.filtered("reviewer_id").grouped("reviewer_id").values():
        activities_of(theirs).unlink()
        theirs.write(
            {
                "returned_by_id": theirs.reviewer_id.id,
                "reviewer_id": False,
                "is_assigned": True,
                "started_date": False,
            }
        )


def begin(reviews: BaseModel) -> None:
    """Note that the current user has started on their own of `reviews`.

    Such a review does not follow its record to another person.
    """
    user = reviews.env.user
    reviews.filtered(lambda review: review.reviewer_id == user and not review.started_date).started_date = clock.now()


def release(reviews: BaseModel) -> None:
    """Unassign `reviews`; the next cron run assigns a new reviewer."""
    if reviews:
        activities_of(reviews).unlink()
        reviews.with_context(tracking_disable=OWN).write(
            {"reviewer_id": False, "is_assigned": False, "started_date": False}
        )


def release_after_change(reviews: BaseModel, domain: Domain) -> None:
    """Release the open reviews in `domain` whose reviewer may not answer reviews of their deployment any more.

    :param reviews: ai.deployment.review, whichever: the way to the model
    """
    assigned = Domain("state", "=", "open") & Domain("reviewer_id", "!=", False) & domain
    groups = reviews._read_group(assigned, ["deployment_id", "reviewer_id"], ["id:recordset"])
    for deployment, user, theirs in groups:
        able = able_people(deployment, user)
        release(theirs.filtered(lambda review, able=able: review.company_id not in able.company_ids))


def release_unable(reviews: BaseModel) -> None:
    """Release those of `reviews` whose reviewer cannot answer, will not in time, or lost the record to a colleague.

    Most of this is noticed when it happens. Rules, absences and the records themselves change without a trace.
    """
    names = ["company_id", "res_model", "res_id", "reviewer_id", "deadline", "started_date", "kind", "deployment_id"]
    assigned = Domain("id", "in", reviews.ids) & Domain("state", "=", "open") & Domain("reviewer_id", "!=", False)
    for deployment, theirs in reviews.search_fetch(assigned, names, order="id").grouped("deployment_id").items():
        lost = _with_lost_reviewer(theirs, deployment)
        moved = _with_new_responsible(theirs - lost, deployment)
        release((lost | moved).try_lock_for_update().filtered(lambda review: review.state == "open"))


def _with_lost_reviewer(reviews: BaseModel, deployment: BaseModel) -> BaseModel:
    """Return those of these assigned reviews whose reviewer cannot answer, or is away beyond the deadline."""
    able = able_people(deployment, reviews.reviewer_id)
    away, barred = away_until(able, clock.now()), barred_people(reviews)
    lost = []
    for user, theirs in reviews.grouped("reviewer_id").items():
        if user not in able:
            lost += theirs.ids
            continue
        answerable = able_by_review(theirs, user, barred)
        back = away.get(user.id)
        lost += [
            review.id
            for review in theirs
            if not answerable[review.id]
            or (back and not review.started_date and review.deadline and back > review.deadline)
        ]
    return reviews.browse(lost)


def _with_new_responsible(reviews: BaseModel, deployment: BaseModel) -> BaseModel:
    """Return those of these reviews whose record went to another reviewer who is present.

    For the others the new responsible user is stored.
    """
    documents = reviews.env[deployment.res_model]
    name = documents._ai_responsible_field
    if not name or not reviews:
        return reviews.browse()
    documents.flush_model([name])
    reviews.flush_model(["responsible_id"])
    rows = reviews.env.execute_query(
        SQL(
            "SELECT review.id, document.%s FROM ai_deployment_review review JOIN %s document"
            " ON document.id = review.res_id WHERE review.id = ANY(%s)"
            " AND document.%s IS DISTINCT FROM review.responsible_id",
            SQL.identifier(name),
            SQL.identifier(documents._table),
            reviews.ids,
            SQL.identifier(name),
        )
    )
    if not rows:
        return reviews.browse()
    reviewers = people_at_work(deployment, deployment.reviewer_ids)
    moved, noted = reviews.browse(), defaultdict(list)
    for review_id, user_id in rows:
        review = reviews.browse(review_id)
        held = review.started_date or review.reviewer_id.id == user_id or review.returned_by_id.id == user_id
        if user_id in reviewers.ids and not held and review.escalation in ("none", "reminded"):
            moved += review
        else:
            noted[user_id].append(review_id)
    for user_id, ids in noted.items():
        reviews.browse(ids).responsible_id = user_id
    return moved
