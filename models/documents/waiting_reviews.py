"""The open reviews of records, as the user of these may see them."""

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools.ai_deployment_readable_mixin import readable_origin


def my_reviews_sql(documents: BaseModel) -> SQL:
    """Return SQL of the ids of records of this model about which the user is asked."""
    env = documents.env
    env["ai.deployment.review"].flush_model(["res_model", "res_id", "state", "reviewer_id", "company_id"])
    return SQL(
        "(SELECT res_id FROM ai_deployment_review WHERE reviewer_id = %s AND state = 'open' AND res_model = %s"
        " AND company_id = ANY(%s))",
        env.uid,
        documents._name,
        env.companies.ids,
    )


def open_reviews(documents: BaseModel) -> dict[int, BaseModel]:
    """Return the open reviews of each record that the user may decide, the user's own first: {record id: reviews}."""
    env = documents.env
    reviews, ids = env["ai.deployment.review"], readable_origin(documents).ids
    deployments = reviews._desk_deployments().filtered_domain([("res_model", "=", documents._name)]) if ids else ()
    found = reviews.browse()
    if deployments:
        found = reviews.sudo().search(
            Domain("deployment_id", "in", deployments.ids) & Domain("res_id", "in", ids) & Domain("state", "=", "open"),
            order="priority, id",
        )
        found = found.sorted(lambda review: review.reviewer_id != env.user)
    by_record = found.with_env(env).grouped(lambda review: review.sudo().res_id)
    return {record._origin.id: by_record.get(record._origin.id, reviews) for record in documents}
