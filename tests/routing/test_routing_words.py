"""Wording of the owner's routing settings and their effect on reviews."""

import json

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import NEGATIVES, PERFECT, POOR, CostCase, TestedCase, stakes


@tagged("post_install", "-at_install")
class TestRoutingWords(TestedCase):
    def test_the_words_say_what_the_line_meant_in_the_test(self):
        self.assertFalse(self.deployment.routing_text)
        self.serve_tested(positive=[(0.9, 100, 0), (0.5, 200, 50)], negative=[(0.8, 100, 20)])
        self.deployment.min_confidence = 0.7
        self.assertIn(
            "67 % of the records were decided automatically, 10 % of these wrongly", self.deployment.routing_text
        )
        self.deployment.min_confidence = 0.95
        self.assertIn("no record reached this confidence", self.deployment.routing_text)

    def test_a_capacity_says_how_many_a_day_and_from_which_confidence(self):
        self.deployment.write({"routing": "capacity", "reviews_per_day": 12})
        self.deployment.sudo().routing_thresholds = {}
        self.assertEqual(
            self.deployment.routing_text,
            "All records are sent to human review, up to 12 a day, in order of lowest confidence.",
        )
        self.deployment.sudo().routing_thresholds = {"positive": 0.756, "negative": 0.756}
        self.env.invalidate_all()
        self.assertEqual(self.deployment.routing_text, "Below 76 % confidence, up to 12 a day.")

    def test_a_side_has_too_few_records_up_to_those_that_are_needed(self):
        self.serve_tested(positive=PERFECT, negative=[(0.9, 40, 0)])
        self.deployment.write({"routing": "error", "target_error": 0.05})
        for cases, text in ((58, "the error target needs 59"), (59, "“will win” is always reviewed: 3 of 59 such")):
            self.deployment.sudo().routing_thresholds = {"evidence": {"positive": [cases, 3]}}
            self.env.invalidate_all()
            one, two = self.deployment.routing_text.split("\n")
            self.assertIn(text, one)
            self.assertIn("the test has 0 such records", two)
        self.deployment.write({"routing": "risk", "target_risk": 0.05})
        for cases, text in ((18, "the average error rate needs 19"), (19, "3 of 19 such records were wrong")):
            self.deployment.sudo().routing_thresholds = {"evidence": {"positive": [cases, 3]}}
            self.env.invalidate_all()
            self.assertIn(text, self.deployment.routing_text.split("\n")[0])
        self.deployment.sudo().routing_thresholds = {"positive": 0.756, "evidence": {"positive": [200, 7]}}
        self.env.invalidate_all()
        self.assertIn("from 76 % confidence on: 7 of 200", self.deployment.routing_text.split("\n")[0])

    def test_without_a_test_all_are_reviewed(self):
        self.deployment.write({"routing": "error", "target_error": 0.05})
        self.assertIn("All records are reviewed until a version has been tested.", self.deployment.routing_text)

    def test_a_version_that_could_not_be_tested_says_why_before(self):
        self.deployment.write({"routing": "error", "target_error": 0.05})
        untested = "All records are reviewed until a version has been tested."
        for metrics, told in (({}, ["No test.", untested]), ({"auc": 0.7}, [untested])):
            version = self.keep(self.deployment, self.card(), verdict_text="No test.")
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE ai_deployment_version SET metrics = %s::jsonb WHERE id = %s", [json.dumps(metrics), version.id]
            )
            self.env.invalidate_all()
            with clock.at(NOW):
                self.deployment._assign_champion(version, "test")
            self.assertEqual(self.deployment.routing_text.split("\n"), told)

    def test_the_words_say_what_was_proved_and_what_was_not(self):
        self.serve_tested(positive=PERFECT, negative=[(0.9, 40, 0)])
        self.deployment.write({"routing": "error", "target_error": 0.05})
        will, wont = self.deployment.routing_text.split("\n")
        self.assertIn("from 70 % confidence on: 0 of 300", will)
        self.assertIn("the test has 40 such records, the error target needs 59", wont)
        self.serve_tested(negative=POOR)
        self.assertIn("150 of 400 such records were wrong", self.deployment.routing_text)

    def test_what_is_not_known_says_nothing(self):
        self.assertFalse(self.make_deployment(method="anomaly", is_primary=False).routing_text)
        self.assertFalse(self.deployment.routing_text, "no test")
        self.serve_tested(positive=[], negative=[(0.8, 100, 20)])
        self.deployment.min_confidence = 0.8
        self.assertIn("100 % of the records were decided automatically, 20 % of these", self.deployment.routing_text)

    def test_a_side_without_evidence_has_no_case(self):
        self.serve_tested(positive=PERFECT, negative=PERFECT)
        self.deployment.write({"routing": "error", "target_error": 0.05})
        self.deployment.sudo().routing_thresholds = {"positive": 0.0}
        self.env.invalidate_all()
        one, two = self.deployment.routing_text.split("\n")
        self.assertIn("from 0 % confidence on: 0 of 0 such", one)
        self.assertIn("the test has 0 such records", two)


@tagged("post_install", "-at_install")
class TestCostRoutingWords(CostCase):
    def told(self, found=None, **values):
        self.serve_stakes(found, **values)
        self.env.invalidate_all()
        return self.deployment.routing_text.split("\n")

    def test_each_side_has_its_threshold_or_the_reason_why_not(self):
        positive, negative = self.told()
        self.assertEqual(positive, "“will win”: Below 90 % confidence")
        self.assertEqual(negative, "“will not win”: Below 90 % confidence")
        missing = "To choose by costs, enter the minutes of a review and, under Business Value, the hourly cost."
        self.assertEqual(self.told(review_minutes=0.0), [missing, "Until then, the fixed threshold applies."])
        one, reason = self.told(stakes(*NEGATIVES, (0.9, 49, 1)))
        self.assertEqual(one, negative)
        self.assertTrue(reason.startswith("Only 1 of the decisions tested were wrong"), reason)
        bills = self.make_deployment(
            model_id=self.env["ir.model"]._get("account.move").id,
            method="anomaly",
            routing="cost",
            is_primary=False,
            features=[{"path": "amount_untaxed"}],
        )
        self.assertEqual(bills.routing_text.split("\n")[1], "Until then, the flag rate applies.")
