"""Wording of the owner's routing settings and their effect on reviews."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.routing.common import PERFECT, POOR, TestedCase


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

    def test_the_words_say_what_was_proved_and_what_was_not(self):
        self.serve_tested(positive=PERFECT, negative=[(0.9, 40, 0)])
        self.deployment.write({"routing": "error", "target_error": 0.05})
        will, wont = self.deployment.routing_text.split("\n")
        self.assertIn("from 70 % confidence on: 0 of 300", will)
        self.assertIn("the test has 40 such records, the error target needs 59", wont)
        self.serve_tested(negative=POOR)
        self.assertIn("150 of 400 such records were wrong", self.deployment.routing_text)
