"""Eligibility to answer a review: reviewers, owner, deputy and administrators who see the record and did not make it.

Rules are asked per person and batch, not per person and review. Deployments, reviews and people are handed in with all
rights, except to `check_may_decide`, which speaks of the current user.
"""

from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock
from .vocabulary import ANOTHER

REVIEWER = "ai_deployment.group_reviewer"
MANAGER = "ai_deployment.group_manager"


def away_until(users: BaseModel, moment: datetime) -> dict[int, datetime]:
    """Return {user id: end of the absence} of those of `users` who are away at `moment`, in naive UTC.

    Away is who is out of office or has time off; `datetime.max` where nobody knows the end. Odoo's own
    `is_out_of_office` would ask the database for the time.
    """
    away: dict[int, datetime] = {}
    if not users:
        return away
    for user in users:
        since, until = user.out_of_office_from, user.out_of_office_to or datetime.max
        if since and since <= moment <= until:
            away[user.id] = until
    off = (
        Domain("resource_id.user_id", "in", users.ids)
        & Domain("time_type", "=", "leave")
        & Domain("date_from", "<=", moment)
        & Domain("date_to", ">=", moment)
    )
    leaves = users.env["resource.calendar.leaves"]
    for resource, until in leaves._read_group(off, ["resource_id"], ["date_to:max"]):
        user_id = resource.user_id.id
        away[user_id] = max(until, away.get(user_id, until))
    return away


def able_people(deployment: BaseModel, people: BaseModel) -> BaseModel:
    """Return those of `people` who may answer reviews of this deployment, whatever the record."""
    named = deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
    companies = set(deployment._company_ids())
    return people.filtered(
        lambda user: user.active
        and not companies.isdisjoint(user.company_ids.ids)
        and user.has_group(REVIEWER)
        and (user in named or user.has_group(MANAGER))
    )


def people_at_work(deployment: BaseModel, people: BaseModel) -> BaseModel:
    """Return those of `people` who may answer reviews of this deployment and are not away now."""
    able = able_people(deployment, people)
    away = away_until(able, clock.now())
    return able.filtered(lambda user: user.id not in away)


def able_by_review(
    reviews: BaseModel, people: BaseModel, barred: dict[int, set[int]] | None = None
) -> dict[int, list[int]]:
    """Return who of `people` may answer each of these reviews of one kind of record: {review id: user ids}.

    :param people: users who may answer reviews of the deployment at all, see `able_people`
    :param barred: see `barred_people`, where it is known already
    """
    able: dict[int, list[int]] = {review_id: [] for review_id in reviews.ids}
    barred = barred_people(reviews) if barred is None else barred
    rows = [(review.id, review.res_id, review.company_id.id) for review in reviews]
    for user in people:
        readable, companies = _readable_by(user, reviews), set(user.company_ids.ids)
        for review_id, res_id, company in rows:
            if res_id in readable and company in companies and user.id not in barred[review_id]:
                able[review_id].append(user.id)
    return able


def _readable_by(user: BaseModel, reviews: BaseModel) -> set[int]:
    """Return the ids of the records behind `reviews` of one kind of record that `user` may read, archived or not."""
    if not reviews:
        return set()
    everywhere = {"active_test": False, "allowed_company_ids": user.company_ids.ids}
    documents = reviews.env[reviews[0].res_model].with_user(user).with_context(**everywhere)
    if not documents.has_access("read"):
        return set()
    return set(documents._search(Domain("id", "in", reviews.mapped("res_id"))).get_result_ids())


def documents_of(reviews: BaseModel) -> BaseModel:
    """Return the records behind these reviews of one kind of record, without those that are gone."""
    return reviews.env[reviews[0].res_model].browse(set(reviews.mapped("res_id"))).exists()


def barred_people(reviews: BaseModel) -> dict[int, set[int]]:
    """Return who must not answer each of these reviews: {review id: user ids}.

    Barred is who made the record, and from a second answer who gave an earlier one.
    """
    barred: dict[int, set[int]] = {}
    for alike in reviews.grouped("res_model").values():
        makers = documents_of(alike)._ai_makers()
        answered = _answered_earlier(alike)
        for review in alike:
            barred[review.id] = makers.get(review.res_id, set()) | answered.get(review.id, set())
    return barred


def _answered_earlier(reviews: BaseModel) -> dict[int, set[int]]:
    """Return {review id: user ids} of who decided earlier in the chain, for reviews that need another person."""
    again = reviews.filtered(lambda review: review.kind in ANOTHER)
    if not again:
        return {}
    reviews.flush_model(["previous_id", "decided_by_id"])
    rows = reviews.env.execute_query(
        SQL(
            "WITH RECURSIVE chain (id, earlier_id) AS ("
            " SELECT id, previous_id FROM ai_deployment_review WHERE id = ANY(%s)"
            " UNION ALL SELECT chain.id, earlier.previous_id"
            " FROM chain JOIN ai_deployment_review earlier ON earlier.id = chain.earlier_id)"
            " SELECT chain.id, array_agg(earlier.decided_by_id)"
            " FROM chain JOIN ai_deployment_review earlier ON earlier.id = chain.earlier_id"
            " WHERE earlier.decided_by_id IS NOT NULL GROUP BY chain.id",
            again.ids,
        )
    )
    return {review_id: set(people) for review_id, people in rows}


def responsible_people(reviews: BaseModel) -> dict[int, int]:
    """Return the user responsible for each record: {record id: user id}, for reviews of one kind of record."""
    documents = documents_of(reviews)
    if documents._ai_responsible_field:
        documents.fetch([documents._ai_responsible_field])
    return {document.id: document._ai_responsible()[:1].id for document in documents}


def makers_of(review: BaseModel) -> set[int]:
    """Return the ids of the users who made the record behind `review`; empty where it is gone."""
    document = review.env[review.res_model].browse(review.res_id)
    return document._ai_makers().get(document.id, set())


def current_round(review: BaseModel) -> BaseModel:
    """Return the reviews of this question since it was last asked anew, up to and with `review`."""
    reviews = review
    while review.kind in ANOTHER and review.previous_id:
        review = review.previous_id
        reviews = review + reviews
    return reviews


def answered_before(review: BaseModel) -> BaseModel:
    """Return the users who answered this question earlier in its current round."""
    return (current_round(review) - review).decided_by_id


def may_decide(review: BaseModel) -> bool:
    """Return whether the current user may close this review."""
    try:
        check_may_decide(review, judges=not review.sudo().failure_type)
    except (AccessError, UserError):
        return False
    return True


def check_may_decide(review: BaseModel, *, judges: bool = True) -> None:
    """Raise unless the current user may close this review.

    :param judges: whether the user gives an answer of their own
    :raises UserError: where the review is closed
    :raises AccessError: where the user is none of the deployment's people, made the record or has answered before
    """
    review.ensure_one()
    env = review.env
    if review.state != "open":
        raise UserError(env._("This review is already closed."))
    if env.su:
        return
    known, user = review.sudo(), env.user
    deployment = known.deployment_id
    named = user in deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
    if not (user.has_group(MANAGER) or (named and user.has_group(REVIEWER))):
        raise AccessError(env._("Only the reviewers of this deployment can answer its reviews."))
    if judges and user.id in makers_of(known):
        raise AccessError(env._("You created this record, so another person has to review it."))
    if judges and known.kind in ANOTHER and user in answered_before(known):
        raise AccessError(env._("You have already answered this review: another person has to answer it now."))
