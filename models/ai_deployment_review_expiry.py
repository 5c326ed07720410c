"""When a question makes no sense any more: its record is gone, settled or none of the deployment's, or that is retired.

Nothing is deleted: the review is closed without an answer, with the reason kept. A record that comes back (a lead that
was lost and is restored) is asked about again.
"""

import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import clock

_logger = logging.getLogger(__name__)

# Why a record had left that may come back.
MAY_RETURN = ("settled", "archived", "outside", "company")


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    expired_reason = fields.Selection(
        [
            ("deleted", "The record was deleted"),
            ("merged", "The record was merged into another one"),
            ("settled", "The record is settled"),
            ("archived", "The record was archived"),
            ("company", "The record belongs to another company"),
            ("outside", "The record is none of the deployment's any more"),
            ("withdrawn", "Another question took its place"),
            ("retired", "The deployment was retired"),
        ],
        "Closed Because",
        readonly=True,
    )
    expired_date = fields.Datetime("Closed On", readonly=True)

    _returned_idx = models.Index("(deployment_id, res_id) WHERE state = 'expired'")

    @api.model
    def _expire_moot(self):
        """Close the open reviews that nobody needs to answer any more."""
        for (deployment,) in self._read_group([("state", "=", "open")], ["deployment_id"]):
            if deployment.state == "retired":
                own = Domain("deployment_id", "=", deployment.id) & Domain("state", "=", "open")
                self.search(own)._expire("retired")
                continue
            self._follow_companies(deployment)
            self._of_deleted_records(deployment)._expire("deleted")
            self._of_settled_records(deployment)._expire("settled")
            for reason, left in self._left_domains(deployment).items():
                self._about(deployment, left)._expire(reason)

    @api.model
    def _follow_companies(self, deployment):
        """Give open reviews the company of their record, which may have gone to another branch since."""
        documents = self.env[deployment.res_model]
        documents.flush_model(["company_id"])
        self.flush_model(["company_id", "deployment_id", "res_id", "state"])
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_review review SET company_id = document.company_id FROM %s document"
                " WHERE review.deployment_id = %s AND review.state = 'open' AND document.id = review.res_id"
                " AND document.company_id <> review.company_id AND document.company_id IN %s",
                SQL.identifier(documents._table), deployment.id, tuple(deployment._company_ids()),
            )
        )  # fmt: skip
        if self.env.cr.rowcount:
            self.invalidate_model(["company_id"], flush=False)

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
        return self._about(deployment, Domain(self.env[deployment.res_model]._ai_moot_domain()))

    def _about(self, deployment, condition):
        """The open reviews of a deployment whose record meets `condition`, archived or not."""
        if condition.is_false():
            return self.browse()
        documents = self.env[deployment.res_model].sudo().with_context(active_test=False)
        return self.search(
            Domain("deployment_id", "=", deployment.id)
            & Domain("state", "=", "open")
            & Domain("res_id", "in", documents._search(condition))
        )

    def _left_domains(self, deployment):
        """{why a record is none of the deployment's any more: Domain of such records}, what is told first comes first.

        A filter that cannot be used any more says nothing: nobody is spared a question because of it.
        """
        documents = self.env[deployment.res_model].sudo().with_context(active_test=False)
        left = {}
        if documents._active_name:
            left["archived"] = Domain(documents._active_name, "=", False)
        left["company"] = Domain("company_id", "not in", [*deployment._company_ids(), False])
        try:
            with self.env.cr.savepoint(flush=False):
                outside = ~(deployment._record_domain() & documents._ai_base_domain())
                documents.search(outside, limit=1)
            left["outside"] = outside
        except psycopg2.OperationalError:
            raise
        except (ValueError, SyntaxError, TypeError, KeyError, psycopg2.Error):
            _logger.warning("Which records %s is for cannot be found out", deployment.name, exc_info=True)
        return left

    @api.model
    def _ask_about_returned(self):
        """Ask again about records that had left and are back, unless their score was renewed since."""
        left = Domain("state", "=", "expired") & Domain("expired_reason", "in", MAY_RETURN)
        at_work = Domain("deployment_id.state", "in", self.env["ai.deployment"]._at_work_states())
        for (deployment,) in self._read_group(left & at_work, ["deployment_id"]):
            documents = self.env[deployment.res_model].sudo().with_context(active_test=False)
            gone = [*self._left_domains(deployment).values(), Domain(documents._ai_moot_domain())]
            there = documents._search(~Domain.OR(gone))
            self.flush_model(["deployment_id", "expired_date", "expired_reason", "previous_id", "res_id", "state"])
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM ai_deployment_review review"
                    " WHERE deployment_id = %s AND state = 'expired' AND expired_reason IN %s AND res_id IN %s"
                    " AND NOT EXISTS (SELECT FROM ai_deployment_review later"
                    " WHERE later.deployment_id = review.deployment_id AND later.res_id = review.res_id"
                    " AND later.id > review.id)"
                    " AND NOT EXISTS (SELECT FROM ai_deployment_score score"
                    " WHERE score.deployment_id = review.deployment_id AND score.res_id = review.res_id"
                    " AND score.date > review.expired_date)",
                    deployment.id, MAY_RETURN, there.subselect(),
                )
            )  # fmt: skip
            for review in self.browse(review_id for (review_id,) in rows):
                again = review.kind in ("second_opinion", "four_eyes")  # still for somebody who has not answered yet
                review._follow(review.kind if again else "reopened")
            if rows:
                self.env[deployment.res_model].invalidate_model(["ai_wants_review"], flush=False)

    def _expire(self, reason):
        reviews = self.try_lock_for_update().filtered(lambda review: review.state == "open")
        if not reviews:
            return
        reviews._pointers().unlink()
        reviews.write(
            {
                "state": "expired",
                "expired_reason": reason,
                "expired_date": clock.now(),
                "closed_line": self._last_line(),
                "next_step_date": False,
            }
        )
        for res_model in set(reviews.mapped("res_model")):
            self.env[res_model].invalidate_model(["ai_wants_review"], flush=False)
