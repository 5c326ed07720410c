"""Open reviews of records, for those who may decide them."""

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.documents.waiting_reviews import my_reviews_sql, open_reviews
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestWaitingReviews(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.requested, self.other = self.make_leads(2)
        self.review = self.env["ai.deployment.review"].create(
            {
                "deployment_id": self.deployment.id,
                "company_id": self.env.company.id,
                "res_model": "crm.lead",
                "res_id": self.requested.id,
                "opened_date": NOW,
                "reason": "low_confidence",
                "prediction": True,
                "reviewer_id": self.reviewer.id,
            }
        )

    def test_the_reviewer_has_one_and_a_seller_none(self):
        leads = self.requested + self.other
        found = open_reviews(leads.with_user(self.reviewer))
        self.assertEqual((found[self.requested.id], found[self.other.id].ids), (self.review, []))
        self.assertFalse(open_reviews(leads.with_user(self.seller))[self.requested.id])

    def test_the_ids_that_the_user_is_asked_about(self):
        for person, expected in ((self.reviewer, [(self.requested.id,)]), (self.other_owner, [])):
            query = SQL("SELECT id FROM crm_lead WHERE id IN %s", my_reviews_sql(self.requested.with_user(person)))
            self.assertEqual(self.env.execute_query(query), expected)
