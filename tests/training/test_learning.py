"""What reviewers decided teaches the next version: which answers count, when there are enough, and that it serves."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.reviewed import SURPRISE
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import ReviewedCase


@tagged("post_install", "-at_install")
class TestLearning(ReviewedCase):
    def test_without_verdicts_there_is_an_anomaly_card(self):
        self.assertEqual(self.first.kind, "anomaly")
        card = self.first._card()
        self.assertEqual(card.names, ("expected_revenue", "color"))
        self.assertEqual([(pair.first, pair.second) for pair in card.pairs], [("color", "expected_revenue")])
        self.assertFalse(card.features[1].points.any())

    def test_enough_verdicts_make_a_challenger_that_knows_them(self):
        fraud = self.decide_by_country()
        version = self.train()
        self.assertEqual((version.kind, version.positive_count), ("reviewed", len(fraud)))
        self.assertEqual(self.unusual.champion_id, self.first)
        self.assertEqual(list(version._specs()), ["expected_revenue", "country_id", "color", SURPRISE])
        self.unusual._assign_champion(version, "test")
        asked = self.make_leads(expected_revenue=90000) + self.make_leads(
            expected_revenue=90000, country_id=self.usa.id
        )
        outcome = self.unusual._score(asked, now=NOW)
        self.assertEqual(outcome["automatic"] + outcome["review"], 2)
        risky, harmless = (self.score_of(lead, self.unusual).predicted_value for lead in asked)
        self.assertGreater(risky, 0.5)
        self.assertLess(harmless, risky - 0.05)
        inference = self.inferences_of(asked, self.unusual)[:1]
        self.assertIn("Country: Belgium", inference.reasons)
        self.assertIn("Overall unusualness", inference.inputs_text)
        self.assertIn("Overall unusualness", version.card_html)

    def test_too_few_verdicts_keep_the_anomaly_card(self):
        self.decide(self.shown[:29], "positive")
        self.decide(self.shown[29:], "negative")
        self.assertEqual(self.train().kind, "anomaly")
