"""When a question makes no sense any more: its record is gone, settled or none of the deployment's, or that is retired.

Nothing is deleted: the review is closed without an answer, with the reason kept. A record that comes back (a lead that
was lost and is restored) is asked about again.
"""

import logging

import psycopg2

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..scoring.reasons import MAY_RETURN
from ..tools import clock

_logger = logging.getLogger(__name__)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _left_records(self, ids):
        """Of records with these ids, which are gone or none of the deployment's any more: {why: set of ids}.

        Only the first reason that holds for a record counts. A filter that cannot be used any more says nothing: nobody
        is spared a question because of it.
        """
        self.ensure_one()
        documents = self.env[self.res_model].sudo().with_context(active_test=False)
        there = set(documents.browse(ids).exists().ids)
        left, there = {"deleted": set(ids) - there}, there
        for reason, condition in self._left_domains(documents).items():
            if there:
                left[reason] = self._of_these(documents, there, reason, condition)
                there -= left[reason]
        return left

    def _left_domains(self, documents):
        """{why a record is none of the deployment's any more: domain of such records}, first what is told first."""
        conditions = {"settled": Domain(documents._ai_moot_domain())}
        if documents._active_name:
            conditions["archived"] = Domain(documents._active_name, "=", False)
        conditions["company"] = Domain("company_id", "not in", [*self._company_ids(), False])
        conditions["outside"] = None  # a filter of the owner's: it is read where it may fail
        return conditions

    def _of_these(self, documents, ids, reason, condition):
        if condition is not None:
            return set(documents.search(Domain("id", "in", ids) & condition).ids)
        try:
            with self.env.cr.savepoint(flush=False):
                outside = ~(self._record_domain() & documents._ai_base_domain())
                return set(documents.search(Domain("id", "in", ids) & outside).ids)
        except psycopg2.OperationalError:
            raise
        except (ValueError, SyntaxError, TypeError, KeyError, psycopg2.Error):
            _logger.warning("Which records %s is for cannot be found out", self.name, exc_info=True)
        return set()


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

    _returned_idx = models.Index(
        "(deployment_id, res_id) WHERE state = 'expired'"
        " AND expired_reason IN ('settled', 'archived', 'outside', 'company')"
    )

    def _expire_moot(self):
        """Close those of these open reviews that nobody needs to answer any more. In sudo."""
        for deployment, reviews in self.grouped("deployment_id").items():
            if deployment.state == "retired":
                reviews._expire("retired")
                continue
            reviews._follow_companies(deployment)
            for reason, ids in deployment._left_records(reviews.mapped("res_id")).items():
                reviews.filtered(lambda review, ids=ids: review.res_id in ids)._expire(reason)

    def _follow_companies(self, deployment):
        """Give these the company of their record, which may have gone to another branch since."""
        documents = self.env[deployment.res_model]
        documents.flush_model(["company_id"])
        self.flush_model(["company_id", "deployment_id", "res_id", "state"])
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_review review SET company_id = document.company_id FROM %s document"
                " WHERE review.id = ANY(%s) AND review.state = 'open' AND document.id = review.res_id"
                " AND document.company_id <> review.company_id AND document.company_id IN %s",
                SQL.identifier(documents._table),
                self.ids,
                tuple(deployment._company_ids()),
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_model(["company_id"], flush=False)

    def _ask_about_returned(self, deployment):
        """Ask again about records of these closed reviews that are back, unless their score was renewed since.

        :param deployment: that of all these reviews
        """
        if deployment.state not in deployment._at_work_states():
            return
        self.flush_model(["deployment_id", "expired_date", "expired_reason", "previous_id", "res_id", "state"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, res_id FROM ai_deployment_review review WHERE id = ANY(%s) AND state = 'expired'"
                " AND expired_reason IN %s AND NOT EXISTS (SELECT FROM ai_deployment_review later"
                " WHERE later.deployment_id = review.deployment_id AND later.res_id = review.res_id"
                " AND later.id > review.id)"
                " AND NOT EXISTS (SELECT FROM ai_deployment_score score"
                " WHERE score.deployment_id = review.deployment_id AND score.res_id = review.res_id"
                " AND score.date > review.expired_date)",
                self.ids,
                MAY_RETURN,
            )
        )
        res_ids = {res_id for _review_id, res_id in rows}
        back = res_ids.difference(*deployment._left_records(res_ids).values())
        returned = self.browse(review_id for review_id, res_id in rows if res_id in back)
        for review in returned:
            again = review.kind in ("second_opinion", "four_eyes")  # still for somebody who has not answered yet
            review._follow(review.kind if again else "reopened")
        if returned:
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
