"""Wording of what thresholds cost."""

import math

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.costs import Point
from odoo.addons.ai_deployment.models.routing import cost_words
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

    def test_a_threshold_says_which_records_it_has_reviewed(self):
        unusual = self.make_deployment(method="anomaly", is_primary=False)
        for deployment, line, text in (
            (self.deployment, None, "All records are reviewed"),
            (self.deployment, math.inf, "All records are reviewed"),
            (self.deployment, 0.0, "No reviews"),
            (self.deployment, 0.756, "Below 76 % confidence"),
            (unusual, 0.0123, "The 1.23 % most unusual"),
            (unusual, 0.0, "No reviews"),
        ):
            self.assertEqual(cost_words.line_text(deployment, line), text)

    def test_money_has_two_figures(self):
        amounts = (0, 0.123, 1.25, 99.6, 1249.0, -2351.0)
        written = [
            cost_words._money(self.deployment, amount).replace("\xa0", "").replace("\ufeff", "") for amount in amounts
        ]
        self.assertEqual(written, ["$0", "$0.12", "$1.2", "$100", "$1,200", "$-2,400"])

    def test_the_table_spreads_its_thresholds_evenly_by_the_reviews_they_need(self):
        curve = [Point(number / 100, number / 100, (0.0, 0.0, 0.0), False) for number in range(101)]
        shares = [point.share for point in cost_words._spread(curve)]
        self.assertEqual(shares, [0.0, 0.14, 0.29, 0.43, 0.57, 0.71, 0.86, 1.0])
        self.assertEqual(cost_words._spread(curve[:1]), curve[:1])

    def test_money_is_for_those_who_answer_for_a_deployment(self):
        self.serve_stakes()
        self.assertFalse(self.deployment.with_user(self.reviewer).cost_html)
        self.assertTrue(self.deployment.with_user(self.deputy).cost_html)
