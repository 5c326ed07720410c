"""What reviewers found out: which answers count, and the chance of a random check."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.training.verdicts import verdicts
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import ReviewedCase


@tagged("post_install", "-at_install")
class TestVerdicts(ReviewedCase):
    def test_the_latest_answer_counts_and_not_knowing_is_none(self):
        one, two, three, four = self.shown[:4]
        self.decide(one, "positive", days=1)
        self.decide(one, "negative", days=2)
        self.decide(two, "negative", days=2)
        self.decide(two, "positive", days=1)  # answered later, whatever the clock of the server said
        self.decide(three, "positive", days=1)
        self.decide(three, False, days=2)
        self.decide(four, "positive", state="open")
        self.assertEqual(verdicts(self.unusual), ({one.id: False, two.id: True, three.id: True}, {}))

    def test_verdicts_of_another_deployment_say_nothing(self):
        self.decide(self.shown, "positive", deployment_id=self.deployment.id)
        self.assertEqual(verdicts(self.unusual), ({}, {}))

    def test_a_random_check_comes_with_its_chance(self):
        self.unusual.audit_share = 0.25
        self.unusual._score(self.shown[:1], now=NOW)
        inference = self.inferences_of(self.shown[:1], self.unusual)
        self.env.cr.execute("UPDATE ai_deployment_inference SET audit_chance = 0.25 WHERE id = %s", [inference.id])
        self.decide(self.shown[0], "negative", reason="audit", inference_id=inference.id)
        self.decide(self.shown[1], "negative", inference_id=inference.id)
        self.assertEqual(
            verdicts(self.unusual), ({self.shown[0].id: False, self.shown[1].id: False}, {self.shown[0].id: 0.25})
        )
