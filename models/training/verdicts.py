"""Verdicts of reviewers on records: labels for training, and cases that distinguish two versions."""

from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock

INDEPENDENT_REASONS = ("audit", "amount", "new_vendor", "edge_case")  # to ask a person, that no card gave


def verdicts(deployment: BaseModel) -> tuple[dict[int, bool], dict[int, float]]:
    """Return what reviewers found out so far: ({record id: whether unusual}, {record id: chance of a random check}).

    Of several about one record the latest counts; who could not tell has said nothing. The chance outlives the log.
    """
    names = ["res_id", "state", "ground_truth", "is_label", "label_weight", "decided_date"]
    deployment.env["ai.deployment.review"].flush_model(names)
    rows = deployment.env.execute_query(
        SQL(
            "SELECT DISTINCT ON (review.res_id) review.res_id, review.ground_truth = 'positive',"
            " 1 / NULLIF(review.label_weight, 0)"
            " FROM ai_deployment_review AS review"
            " WHERE review.deployment_id = %s AND review.state = 'decided' AND review.is_label"
            " AND review.decided_date <= %s"
            " ORDER BY review.res_id, review.id DESC",
            deployment.id,
            clock.now(),
        )
    )
    return (
        {res_id: is_unusual for res_id, is_unusual, _reason in rows},
        {res_id: reason for res_id, _unusual, reason in rows if reason},
    )


def independent_verdicts(deployment: BaseModel, champion: BaseModel) -> dict[int, bool]:
    """Return {record id: whether unusual} of cases that no version chose, decided since `champion` learned."""
    deployment.env["ai.deployment.review"].flush_model()
    rows = deployment.env.execute_query(
        SQL(
            "SELECT DISTINCT ON (res_id) res_id, ground_truth = 'positive' FROM ai_deployment_review"
            " WHERE deployment_id = %s AND state = 'decided' AND is_label AND reason = ANY(%s)"
            " AND decided_date > %s ORDER BY res_id, decided_date DESC, id DESC",
            deployment.id,
            list(INDEPENDENT_REASONS),
            champion.trained_date,
        )
    )
    return dict(rows)
