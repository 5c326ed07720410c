"""Thresholds that cost least: money from the records and from people, the table, and costs that are missing."""

from datetime import timedelta

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.routing import costs
from odoo.addons.ai_deployment.models.routing.costs import RoutingCosts, cheapest_thresholds
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import NEGATIVES, POSITIVES, CostCase, RuleCase, stakes


@tagged("post_install", "-at_install")
class TestCosts(CostCase):
    def test_each_side_is_reviewed_where_that_costs_less_than_it_saves(self):
        self.serve_stakes()
        # a missed win loses 100, a lead pursued in vain 50, a review costs 6
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.9, "negative": 0.9})
        self.deployment.loss_false = 14.0  # .4 x 14 is less than a review
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.0, "negative": 0.9})
        self.deployment.review_minutes = 0.5  # at .1 one in fifty loses 100: 2 for a review of .5
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.9, "negative": None})

    def test_a_won_lead_is_worth_its_revenue_or_what_is_entered(self):
        self.serve_stakes()
        self.deployment.loss_missed = 5.0  # .4 x 5 is less than a review
        self.assertEqual(self.deployment.routing_thresholds["negative"], 0.0)
        self.serve_stakes(stakes(*NEGATIVES, *POSITIVES, amount=50.0), loss_missed=0.0)
        self.assertEqual(self.deployment.routing_thresholds["negative"], 0.0)

    def test_scoring_follows_the_thresholds(self):
        self.serve_stakes()
        self.deployment._review_rule("out_of_support").is_on = False
        lead = self.make_leads(expected_revenue=50000)  # .82 sure
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).review_reason, "low_confidence")
        self.deployment.loss_false = 1.0
        lead = self.make_leads(expected_revenue=50000)
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).route, "automatic")

    def test_what_costs_nothing_keeps_the_fixed_threshold_and_says_why(self):
        fixed = {"positive": 0.55, "negative": 0.55}
        for missing, sentence in (
            ({"review_minutes": 0.0}, "minutes of a review"),
            ({"value_hourly_cost": 0.0}, "the hourly cost"),
            ({"value_margin": 0.0, "loss_false": 0.0}, "what a wrong decision loses"),
        ):
            with self.subTest(missing=missing):
                self.serve_stakes(**missing)
                self.assertEqual(self.deployment.routing_thresholds, fixed)
                self.assertIn(sentence, self.deployment.routing_text)
                self.assertIn("the fixed threshold applies", self.deployment.routing_text)
                self.assertIn(sentence, self.deployment.cost_html)

    def test_a_side_whose_errors_lose_nothing_is_never_reviewed(self):
        self.serve_stakes(loss_false=0.0)
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.0, "negative": 0.9})

    def test_few_errors_and_no_test_keep_the_fixed_threshold(self):
        self.serve_stakes(stakes((0.4, 9, 90), *POSITIVES))
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.9, "negative": 0.55})
        self.assertIn("Only 9 of the decisions tested were wrong; 10 are needed", self.deployment.routing_text)
        self.serve_tested()
        self.assertEqual(self.deployment.routing_thresholds, {"positive": 0.55, "negative": 0.55})
        self.assertIn("tested on records with amounts is needed", self.deployment.routing_text)

    def test_the_time_of_a_review_is_that_of_the_answers_where_nothing_is_entered(self):
        self.serve_stakes(review_minutes=0.0, min_confidence=1.0, routing="threshold")
        leads = self.make_leads(costs.LEAST_LOGGED)
        self.deployment._score(leads, now=NOW)
        reviews = self.reviews_of(leads)
        with clock.at(NOW + timedelta(hours=1)):
            for review in reviews[1:]:
                review.with_user(self.reviewer)._answer_truth("positive", seconds=90.0)
            self.assertEqual(RoutingCosts(self.deployment).minutes, (0.0, ""))
            reviews[0].with_user(self.reviewer)._answer_truth("positive", seconds=90.0)
        self.assertEqual(RoutingCosts(self.deployment).minutes, (1.5, "logged"))
        self.assertEqual(RoutingCosts(self.deployment).review, 1.5)
        self.assertEqual(cheapest_thresholds(self.deployment)["negative"], None)

    def test_negative_costs_are_refused(self):
        for name in ("loss_missed", "loss_false", "review_minutes"):
            with (
                self.subTest(name=name),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.cr.savepoint(),
            ):
                self.deployment[name] = -1
                self.deployment.flush_recordset()
            self.deployment.invalidate_recordset(flush=False)


@tagged("post_install", "-at_install")
class TestCostsOfBills(RuleCase):
    def reviewed(self, value, unusual, count, reason="flagged", weight=0.0, amount=100.0):
        """Reviews of bills that were scored so, answered."""
        bills = self.env["account.move"].browse([self.make_bill(amount).id for _number in range(count)])
        self.env["ai.deployment.review"].sudo().create(
            [
                {
                    "deployment_id": self.bills.id,
                    "version_id": self.bills.champion_id.id,
                    "res_model": "account.move",
                    "res_id": bill.id,
                    "company_id": self.bills.company_id.id,
                    "opened_date": NOW,
                    "reason": reason,
                    "predicted_value": value,
                    "state": "decided",
                    "ground_truth": "positive" if unusual else "negative",
                    "is_label": True,
                    "decided_date": NOW,
                }
                for bill in bills
            ]
        )
        return bills

    def refresh(self):
        """What the daily look does."""
        self.bills._refresh_routing_thresholds()
        self.env.invalidate_all()

    def test_bills_are_flagged_where_their_amounts_pay_for_the_reviews(self):
        self.bills.write({"routing": "cost", "review_minutes": 30.0, "value_hourly_cost": 60.0})
        self.assertTrue(self.bills.routing_thresholds["by_card"])
        self.assertIn("reviewed bills are needed", self.bills.routing_text)
        self.assertIn("the flag rate applies", self.bills.routing_text)
        self.reviewed(0.999, True, 8)
        self.reviewed(0.995, True, 4)
        self.reviewed(0.995, False, 4)
        self.reviewed(0.98, True, 1)
        self.reviewed(0.98, False, 9)
        self.refresh()
        self.assertFalse(self.bills.routing_thresholds["by_card"])
        self.assertAlmostEqual(self.bills.routing_thresholds["positive"], 0.02)  # 1 in 10 of 100 is not worth 30
        self.assertIn("The 2 % most unusual", self.bills.routing_text)
        self.assertIn("Lowest cost", self.bills.with_user(self.owner).cost_html)

    def test_a_flag_below_the_line_goes_to_a_person(self):
        self.bills.write({"routing": "cost", "review_minutes": 30.0, "value_hourly_cost": 60.0})
        self.reviewed(0.7, True, 12)
        self.reviewed(0.65, False, 12)
        self.reviewed(0.3, False, 12)
        self.refresh()
        large, small = self.make_bill(20000), self.make_bill(10)  # .62 and .12 unusual
        self.assertEqual(self.why(large + small, deployment=self.bills), ["automatic", "automatic"])
        self.reviewed(0.6, True, 12)
        self.refresh()
        large, small = self.make_bill(20000), self.make_bill(10)
        self.assertEqual(self.why(large + small, deployment=self.bills), ["flagged", "automatic"])
