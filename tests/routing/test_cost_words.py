"""Wording of what thresholds cost."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.routing.common import CostCase


@tagged("post_install", "-at_install")
class TestCostWords(CostCase):
    def test_the_table_says_what_the_present_and_the_best_thresholds_save(self):
        self.serve_stakes(routing="threshold", min_confidence=0.0)
        found = self.deployment.with_user(self.owner).cost_html
        self.assertIn("Saved per month", found)
        # of 250 records in 25 days, 100 are reviewed: 20 x 100 + 20 x 50 - 100 x 6 = 2400 saved, 2,900 a month
        self.assertRegex(found, r"Lowest cost</td>\s*<td[^>]*>4</td>\s*<td[^>]*>\D*2,900")
        self.assertRegex(found, r"Now</td>\s*<td[^>]*>0</td>\s*<td[^>]*>\D*0\D")
        self.assertIn("From 250 records with known outcome. A review costs", found)

    def test_money_is_for_those_who_answer_for_a_deployment(self):
        self.serve_stakes()
        self.assertFalse(self.deployment.with_user(self.reviewer).cost_html)
        self.assertTrue(self.deployment.with_user(self.deputy).cost_html)
