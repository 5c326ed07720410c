"""Blind questions and second opinions: which questions hide their score, which answers a second person gives as well.

Both are samples by a hash of the review's id, so that asking twice changes nothing. A question is marked as blind when
a reviewer is looked for or answers; until then one that belongs to the sample hides its score as well.
"""

from collections.abc import Iterable

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..scoring.hiding import hides

# With one reviewer alone there is nobody to compare a blind answer with.
_ASKS_BLINDLY = SQL(
    "asking.blind_share > 0 AND (SELECT COUNT(*) FROM ai_deployment_reviewer_rel rel JOIN res_users person"
    " ON person.id = rel.res_users_id AND person.active WHERE rel.ai_deployment_id = asking.id) > 1"
)
SCORE_COLUMNS = frozenset({"predicted_value", "prediction", "confidence"})  # what a review stores of its score


def is_hidden(review: BaseModel) -> bool:
    """Return whether the score of this review shows only after the answer."""
    return review.state == "open" and (
        review.is_blind or (not review.is_assigned and is_in_blind_sample(review.sudo()))
    )


def is_in_blind_sample(review: BaseModel) -> bool:
    """Return whether this question is one of the share that is asked without the score.

    :param review: one review, with all rights
    """
    deployment = review.deployment_id
    return (
        not review.failure_type
        and review.kind == "first"
        and bool(review._origin.id)
        and deployment.blind_share > 0
        and _has_several_reviewers(deployment)
        and bool(routing.audit_selected([str(review._origin.id)], deployment.blind_share, salt="blind")[0])
    )


def is_in_second_opinion_sample(review: BaseModel) -> bool:
    """Return whether this answer is one of the share that a second person gives as well.

    :param review: one decided review, with all rights
    """
    deployment = review.deployment_id
    return (
        review.kind == "first"
        and bool(review.ground_truth)
        and deployment.double_share > 0
        and _has_several_reviewers(deployment)
        and bool(routing.audit_selected([str(review.id)], deployment.double_share, salt="double")[0])
    )


def _has_several_reviewers(deployment: BaseModel) -> bool:
    return len(deployment.reviewer_ids.filtered("active")) > 1


def hides_score_sql(reviews: BaseModel, alias: str) -> SQL:
    """Return SQL of `hides_score` of the review `alias`.

    :param reviews: ai.deployment.review, whichever: the way to the model
    """

    def column(name: str) -> SQL:
        return SQL.identifier(alias, name, to_flush=reviews._fields[name])

    deployments = reviews.env["ai.deployment"]
    lot = SQL(
        "('x' || encode(substr(sha256(%s || convert_to(%s::text, 'UTF8')), 1, 6), 'hex'))::bit(48)::int8",
        b"blind\0",
        SQL.identifier(alias, "id"),
    )
    in_sample = SQL(
        "EXISTS (SELECT FROM ai_deployment asking WHERE asking.id = %s AND %s AND %s < %s * 281474976710656)",
        column("deployment_id"),
        _ASKS_BLINDLY,
        lot,
        SQL.identifier("asking", "blind_share", to_flush=deployments._fields["blind_share"]),
    )
    return SQL(
        "(%s = 'open' AND (%s IS TRUE OR (%s IS NOT TRUE AND %s IS NULL AND %s = 'first' AND %s)))",
        column("state"),
        column("is_blind"),
        column("is_assigned"),
        column("failure_type"),
        column("kind"),
        in_sample,
    )


def blind_records_sql(reviews: BaseModel, of: Iterable[int] | None = None, ids: Iterable[int] | None = None) -> SQL:
    """Return SQL of (deployment id, record id) of the records that are to be judged without their score in sight.

    :param reviews: ai.deployment.review, whichever: the way to the model
    :param of: ids of the deployments asked about; all by default
    :param ids: ids of the records asked about; all by default
    """
    # Each of the two ways is an index of few reviews. Deployments that ask nobody without the score are left out
    # first: the lot of a review costs a hash.
    return SQL(
        "SELECT asked.deployment_id, asked.res_id FROM ai_deployment_review asked WHERE asked.state = 'open'"
        " AND (asked.is_blind OR asked.is_assigned IS NOT TRUE"
        " AND asked.deployment_id IN (SELECT id FROM ai_deployment asking WHERE %s)) AND %s AND %s AND %s",
        _ASKS_BLINDLY,
        SQL("TRUE") if of is None else SQL("asked.deployment_id = ANY(%s)", list(of)),
        SQL("TRUE") if ids is None else SQL("asked.res_id = ANY(%s)", list(ids)),
        hides_score_sql(reviews, "asked"),
    )


@hides
def of_blind_records(lines: BaseModel) -> Domain:
    """Return the domain of the lines of `lines`' model about records to be judged without their score in sight."""
    blind = blind_records_sql(lines.env["ai.deployment.review"])
    table = SQL.identifier(lines._table)
    return Domain(
        "id", "in", SQL("(SELECT id FROM %s line WHERE (line.deployment_id, line.res_id) IN (%s))", table, blind)
    )
