"""When a question makes no sense any more: its record is gone or settled, or its deployment retired.

Nothing is deleted: the review is closed without an answer, with the reason kept.
"""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import clock


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    expired_reason = fields.Selection(
        [
            ("deleted", "The record was deleted"),
            ("settled", "The record is settled"),
            ("retired", "The deployment was retired"),
        ],
        "Closed Because",
        readonly=True,
    )
    expired_date = fields.Datetime("Closed On", readonly=True)

    @api.model
    def _expire_moot(self):
        """Close the open reviews that nobody needs to answer any more."""
        for (deployment,) in self._read_group([("state", "=", "open")], ["deployment_id"]):
            if deployment.state == "retired":
                own = Domain("deployment_id", "=", deployment.id) & Domain("state", "=", "open")
                self.search(own)._expire("retired")
                continue
            self._of_deleted_records(deployment)._expire("deleted")
            self._of_settled_records(deployment)._expire("settled")

    def _of_deleted_records(self, deployment):
        self.flush_model(["state", "deployment_id", "res_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT review.id FROM ai_deployment_review review"
                " WHERE review.deployment_id = %s AND review.state = 'open'"
                " AND NOT EXISTS (SELECT FROM %s document WHERE document.id = review.res_id)",
                deployment.id,
                SQL.identifier(self.env[deployment.res_model]._table),
            )
        )
        return self.browse(review_id for (review_id,) in rows)

    def _of_settled_records(self, deployment):
        documents = self.env[deployment.res_model].with_context(active_test=False)
        moot = Domain(documents._ai_moot_domain())
        if moot.is_false():
            return self.browse()
        return self.search(
            Domain("deployment_id", "=", deployment.id)
            & Domain("state", "=", "open")
            & Domain("res_id", "in", documents._search(moot))
        )

    def _expire(self, reason):
        reviews = self.try_lock_for_update().filtered(lambda review: review.state == "open")
        if not reviews:
            return
        reviews._pointers().unlink()
        reviews.write(
            {"state": "expired", "expired_reason": reason, "expired_date": clock.now(), "next_step_date": False}
        )
        for res_model in set(reviews.mapped("res_model")):
            self.env[res_model].invalidate_model(["ai_wants_review"], flush=False)
