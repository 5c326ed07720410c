"""Wording of what thresholds cost."""

import math

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.costs import Point
from odoo.addons.ai_deployment.models.routing import cost_words
from odoo.addons.ai_deployment.tests.routing.common import NEGATIVES, POSITIVES, CostCase, stakes

PLAIN = {0xA0: None, 0xFEFF: None}  # what keeps an amount on one line


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

    def table(self, found=None, **values):
        self.serve_stakes(found, **values)
        self.env.invalidate_all()
        table = cost_words.cost_table(self.deployment)
        rows = [{name: str(text).translate(PLAIN) for name, text in row.items()} for row in table["rows"]]
        return {**table, "rows": rows}

    def test_rows_go_from_few_reviews_to_many(self):
        """Below .9 are 100 of 250 records, which lose 3,000; the others lose 250. A review costs 6."""
        table = self.table(routing="threshold", min_confidence=0.9)
        self.assertEqual((table["why_not"], table["is_monthly"]), ("", True))
        names, reviews, money, bars = (
            [row[name] for row in table["rows"]] for name in ("name", "reviews", "money", "bar")
        )
        self.assertEqual(names[0], "No reviews")
        self.assertEqual(set(names[1:4]), {"Below 90 % confidence", "Lowest cost", "Now"})
        self.assertEqual(names[4], "All records are reviewed")
        self.assertEqual(reviews, ["0", "4", "4", "4", "10"])
        # 304 records a month; all reviewed: 3,250 - 250 x 6 = 1,750 of 250 records
        self.assertEqual(money, ["$0", "$2,900", "$2,900", "$2,900", "$2,100"])
        self.assertEqual(bars, ["0", "100", "100", "100", "73"])
        for flag, name in (("is_now", "Now"), ("is_best", "Lowest cost")):
            self.assertEqual([row["name"] for row in table["rows"] if row[flag] == "True"], [name])
        self.assertTrue(all(" to " in row["interval"] for row in table["rows"]))

    def test_a_loss_has_no_bar(self):
        last = self.table(review_minutes=30.0)["rows"][-1]
        self.assertEqual((last["name"], last["bar"], last["money"][:2]), ("All records are reviewed", "0", "$-"))

    def test_where_nobody_knows_how_many_come_a_share_is_told(self):
        version = self.keep(self.deployment, self.card(), held_out={}, stakes=stakes(*NEGATIVES, *POSITIVES))
        self.serve_stakes(routing="threshold", min_confidence=0.9)
        self.deployment._assign_champion(version, "test")
        self.env.invalidate_all()
        table = cost_words.cost_table(self.deployment)
        self.assertFalse(table["is_monthly"])
        self.assertEqual([row["reviews"] for row in table["rows"]], ["0 %", "40 %", "40 %", "40 %", "100 %"])
        self.assertEqual(table["rows"][-1]["money"].translate(PLAIN), "$7,000", "of a thousand records")

    def test_without_costs_it_says_what_is_missing(self):
        table = self.table(review_minutes=0.0)
        self.assertEqual((table["rows"], table["notes"]), ([], []))
        self.assertIn("enter the minutes of a review", table["why_not"])

    def test_a_side_without_a_choice_is_a_note(self):
        table = self.table(stakes(*NEGATIVES, (0.9, 49, 1)))
        self.assertEqual(len(table["notes"]), 2)
        self.assertTrue(table["notes"][0].startswith("Lowest cost for “Won”: ") or "“" in table["notes"][0])
        self.assertIn("Only 1 of the decisions tested were wrong", table["notes"][1])

    def test_what_the_figures_rest_on(self):
        self.serve_stakes()
        found = cost_words.RoutingCosts(self.deployment)
        basis = cost_words._basis(self.deployment, found).translate(PLAIN)
        self.assertIn("From 250 records with known outcome. A review costs $6 (6 minutes, entered)", basis)
        found.minutes = (12.0, cost_words.LOGGED)
        self.assertIn("(12 minutes, the average of answered reviews)", cost_words._basis(self.deployment, found))
        found.tested = None
        self.assertTrue(cost_words._basis(self.deployment, found).startswith("From 0 records"))
        self.assertEqual(cost_words._side_share(found, True), 0.0)

    def test_thresholds_that_are_as_good_are_told_as_a_range(self):
        self.serve_stakes()
        found = cost_words.RoutingCosts(self.deployment)
        [choice, other] = found.choices.values()
        for lines, tied in (((0.6, 0.6), False), ((0.6, 0.9), True)):
            found.choices = {"positive": choice._replace(lines=lines), "negative": ValueError()}
            [text] = cost_words._tie_texts(self.deployment, found)
            self.assertEqual("About as good: from “Below 60 % confidence” to “Below 90 % confidence”." in text, tied)
            self.assertIn("Lowest cost for “", text)
        found.is_anomaly = True
        self.assertTrue(cost_words._tie_texts(self.deployment, found)[0].startswith("Lowest cost: "))
