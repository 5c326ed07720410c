"""Reviews that are obsolete: the record is gone, settled or not covered any more, or the deployment is retired.

Nothing is deleted: the review is closed without an answer, and the reason is kept. A record that comes back (a lead
that was lost and is restored) is asked about again. Reviews and deployments are handed in with all rights.
"""

import logging
from collections.abc import Collection

import psycopg2

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..scoring.reasons import MAY_RETURN
from ..tools import clock
from .activities import activities_of
from .vocabulary import ANOTHER

_logger = logging.getLogger(__name__)


def expire_obsolete(reviews: BaseModel) -> None:
    """Close those of these open reviews that nobody needs to answer any more."""
    for deployment, theirs in reviews.grouped("deployment_id").items():
        if deployment.state == "retired":
            expire(theirs, "retired")
            continue
        _follow_companies(theirs, deployment)
        for reason, ids in left_records(deployment, theirs.mapped("res_id")).items():
            expire(theirs.filtered(lambda review, ids=ids: review.res_id in ids), reason)


def expire(reviews: BaseModel, reason: str) -> None:
    """Close those of `reviews` that are open and not locked by another transaction.

    :param reason: of `expired_reason`
    """
    reviews = reviews.try_lock_for_update().filtered(lambda review: review.state == "open")
    if not reviews:
        return
    activities_of(reviews).unlink()
    reviews.write(_closing_values(reviews, reason))
    for res_model in set(reviews.mapped("res_model")):
        reviews.env[res_model].invalidate_model(["ai_needs_review"], flush=False)


def set_aside(reviews: BaseModel, reason: str) -> None:
    """Close open `reviews` because another question takes their place, with all their activities, in the database too.

    :param reason: of `expired_reason`
    """
    reviews.write(_closing_values(reviews, reason))
    reviews.activity_ids.unlink()
    reviews.flush_recordset(["state"])


def _closing_values(reviews: BaseModel, reason: str) -> dict:
    return {
        "state": "expired",
        "expired_reason": reason,
        "expired_date": clock.now(),
        "closed_line": latest_line(reviews),
        "next_step_date": False,
    }


def latest_line(reviews: BaseModel) -> int:
    """Return the latest number that the log has given to a line.

    :param reviews: ai.deployment.review, whichever: the way to the database
    """
    [[number]] = reviews.env.execute_query(SQL("SELECT last_value FROM ai_deployment_inference_id_seq"))
    return number


def left_records(deployment: BaseModel, ids: Collection[int]) -> dict[str, set[int]]:
    """Return which of the records `ids` are gone or not covered by the deployment any more: {reason: record ids}.

    Only the first reason that holds for a record counts. A filter that cannot be used any more finds nothing: no
    question is closed because of it.
    """
    documents = deployment.env[deployment.res_model].with_context(active_test=False)
    there = set(documents.browse(ids).exists().ids)
    left = {"deleted": set(ids) - there}
    for reason, condition in _leaving_domains(deployment, documents).items():
        if there:
            found = Domain("id", "in", there)
            left[reason] = set(documents.search(found & condition).ids)
            there -= left[reason]
    if there:
        left["outside"] = _outside_filter(deployment, documents, there)
    return left


def _leaving_domains(deployment: BaseModel, documents: BaseModel) -> dict[str, Domain]:
    """Return {reason: domain of the records that are not covered any more}, in the order in which reasons count."""
    conditions = {"settled": Domain(documents._ai_obsolete_domain())}
    if documents._active_name:
        conditions["archived"] = Domain(documents._active_name, "=", False)
    conditions["company"] = Domain("company_id", "not in", [*deployment._company_ids(), False])
    return conditions


def _outside_filter(deployment: BaseModel, documents: BaseModel, ids: set[int]) -> set[int]:
    """Return which of `ids` the owner's filter does not cover; none where the filter cannot be used."""
    try:
        with deployment.env.cr.savepoint(flush=False):
            outside = ~(deployment._record_domain() & documents._ai_base_domain())
            return set(documents.search(Domain("id", "in", ids) & outside).ids)
    except psycopg2.OperationalError:
        raise
    except (ValueError, SyntaxError, TypeError, KeyError, psycopg2.Error):
        _logger.warning("Which records %s is for cannot be found out", deployment.name, exc_info=True)
    return set()


def _follow_companies(reviews: BaseModel, deployment: BaseModel) -> None:
    """Give `reviews` the company of their record, which may have gone to another branch since."""
    documents = reviews.env[deployment.res_model]
    documents.flush_model(["company_id"])
    reviews.flush_model(["company_id", "deployment_id", "res_id", "state"])
    reviews.env.cr.execute(
        SQL(
            "UPDATE ai_deployment_review review SET company_id = document.company_id FROM %s document"
            " WHERE review.id = ANY(%s) AND review.state = 'open' AND document.id = review.res_id"
            " AND document.company_id <> review.company_id AND document.company_id IN %s",
            SQL.identifier(documents._table),
            reviews.ids,
            tuple(deployment._company_ids()),
        )
    )
    if reviews.env.cr.rowcount:
        reviews.invalidate_model(["company_id"], flush=False)


def reopen_returned(reviews: BaseModel, deployment: BaseModel) -> None:
    """Ask again about records of these closed reviews that are back, unless their score was renewed since.

    :param deployment: that of all these reviews
    """
    if deployment.state not in deployment._at_work_states():
        return
    reviews.flush_model(["deployment_id", "expired_date", "expired_reason", "previous_id", "res_id", "state"])
    rows = reviews.env.execute_query(
        SQL(
            "SELECT id, res_id FROM ai_deployment_review review WHERE id = ANY(%s) AND state = 'expired'"
            " AND expired_reason IN %s AND NOT EXISTS (SELECT FROM ai_deployment_review later"
            " WHERE later.deployment_id = review.deployment_id AND later.res_id = review.res_id"
            " AND later.id > review.id)"
            " AND NOT EXISTS (SELECT FROM ai_deployment_score score"
            " WHERE score.deployment_id = review.deployment_id AND score.res_id = review.res_id"
            " AND score.date > review.expired_date)",
            reviews.ids,
            MAY_RETURN,
        )
    )
    res_ids = {res_id for _review_id, res_id in rows}
    back = res_ids.difference(*left_records(deployment, res_ids).values())
    returned = reviews.browse(review_id for review_id, res_id in rows if res_id in back)
    for review in returned:  # a second answer is still for somebody who has not answered yet
        review._follow(review.kind if review.kind in ANOTHER else "reopened")
    if returned:
        reviews.env[deployment.res_model].invalidate_model(["ai_needs_review"], flush=False)
