"""What reviewers decided teaches the next version: which answers count, when there are enough, and that it serves."""

import random
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.reviewed import SURPRISE
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestReviewed(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(11)
        cls.unusual = cls.make_deployment(
            name="Unusual leads",
            method="anomaly",
            features=[
                {"path": "expected_revenue", "name": "Revenue", "tail": "high"},
                {"path": "country_id", "name": "Country", "stands_alone": False},
                {"path": "color", "name": "Color", "tail": "high", "stands_alone": False},
            ],
        )
        revenue, color = cls.unusual.feature_ids[0], cls.unusual.feature_ids[2]
        color.together_id = revenue
        cls.leads = cls.env["crm.lead"].create(
            [
                {
                    "name": "x",
                    "type": "opportunity",
                    "user_id": False,
                    "color": rng.randrange(10),
                    "expected_revenue": round(rng.lognormvariate(7, 1), 2),
                    "country_id": rng.choice([cls.belgium, cls.usa]).id,
                }
                for _number in range(400)
            ]
        )
        cls.env.flush_all()
        for number, lead in enumerate(cls.leads):
            created = NOW - timedelta(days=300 - number / 2)
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = 'lost', active = false"
                " WHERE id = %s",
                [created, created + timedelta(days=5), lead.id],
            )
        cls.env.invalidate_all()
        with clock.at(NOW):
            cls.first = cls.unusual._train()
        cls.unusual.state = "shadow"
        cls.shown = cls.leads.sorted("expected_revenue", reverse=True)[:100]

    def decide(self, leads, ground_truth, days=0, **values):
        answers = {"positive": "confirmed", "negative": "overridden"}
        return self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.unusual.id,
                    "company_id": self.env.company.id,
                    "res_model": "crm.lead",
                    "res_id": lead.id,
                    "opened_date": NOW,
                    "reason": "flagged",
                    "prediction": True,
                    "state": "decided",
                    "decision": answers.get(ground_truth, "unsure"),
                    "ground_truth": ground_truth,
                    "is_label": bool(ground_truth),
                    "decided_date": NOW + timedelta(days=days),
                    **values,
                }
                for lead in leads
            ]
        )

    def decide_by_country(self):
        fraud = self.shown.filtered(lambda lead: lead.country_id == self.belgium)
        self.decide(fraud, "positive")
        self.decide(self.shown - fraud, "negative")
        return fraud

    def train(self):
        with clock.at(NOW):
            return self.unusual._train()

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
        self.assertLess(harmless, 0.5)
        inference = self.inferences_of(asked, self.unusual)[:1]
        self.assertIn("Country: Belgium", inference.reasons)
        self.assertIn("How unusual overall", inference.inputs_text)
        self.assertIn("How unusual overall", version.card_html)

    def test_too_few_verdicts_keep_the_anomaly_card(self):
        self.decide(self.shown[:29], "positive")
        self.decide(self.shown[29:], "negative")
        self.assertEqual(self.train().kind, "anomaly")

    def test_the_latest_answer_counts_and_not_knowing_is_none(self):
        one, two, three, four = self.shown[:4]
        self.decide(one, "positive", days=1)
        self.decide(one, "negative", days=2)
        self.decide(two, "negative", days=2)
        self.decide(two, "positive", days=1)  # answered later, whatever the clock of the server said
        self.decide(three, "positive", days=1)
        self.decide(three, False, days=2)
        self.decide(four, "positive", state="open")
        self.assertEqual(self.unusual._verdicts(), ({one.id: False, two.id: True, three.id: True}, {}))

    def test_verdicts_of_another_deployment_say_nothing(self):
        self.decide(self.shown, "positive", deployment_id=self.deployment.id)
        self.assertEqual(self.unusual._verdicts(), ({}, {}))

    def test_a_random_check_comes_with_its_chance(self):
        self.unusual.audit_share = 0.25
        self.unusual._score(self.shown[:1], now=NOW)
        inference = self.inferences_of(self.shown[:1], self.unusual)
        self.env.cr.execute("UPDATE ai_deployment_inference SET audit_chance = 0.25 WHERE id = %s", [inference.id])
        self.decide(self.shown[0], "negative", reason="audit", inference_id=inference.id)
        self.decide(self.shown[1], "negative", inference_id=inference.id)
        self.assertEqual(
            self.unusual._verdicts(), ({self.shown[0].id: False, self.shown[1].id: False}, {self.shown[0].id: 0.25})
        )
