"""What the buttons and the form of a review do."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import ReviewCase


@tagged("post_install", "-at_install")
class TestReview(ReviewCase):
    def test_the_buttons(self):
        reviews = self.ask(self.make_leads(2)).with_user(self.reviewer)
        reviews[0].action_confirm()
        reviews[1].action_unsure()
        self.assertEqual(reviews.mapped("decision"), ["confirmed", "unsure"])

    def test_a_review_shows_what_the_decision_is_about(self):
        lead = self.make_leads(expected_revenue=20000)
        review = self.ask(lead).with_user(self.reviewer)
        self.assertEqual(review.name, lead.display_name)
        self.assertEqual(review.prediction_text, "will win")
        self.assertEqual(review.opened_date, NOW)
        self.assertIn("Expected Revenue: 20,000", review.inputs_text)
        self.assertIn("▲ Expected Revenue", review.reasons)

    def test_open_ones_come_first_the_most_urgent_on_top(self):
        first, second, third = self.ask(self.make_leads(3))
        first.deadline, second.deadline = NOW + timedelta(days=9), NOW + timedelta(days=2)
        third.sudo()._decide("unsure")
        found = self.env["ai.deployment.review"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(found.ids, [second.id, first.id, third.id])
