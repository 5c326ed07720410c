"""The rule about the log: a daily sample is complete, and scores follow from it."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.evidence.log import LogComplete
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestEvidenceLog(EvidenceCase):
    def test_lines_drawn_are_recomputed_and_met(self):
        leads = self.make_leads(4) + self.make_leads(2, expected_revenue=20000, country_id=self.usa.id)
        self.assertMissing("log_complete", "has 0 of 5 required lines so far", least=5)
        self.deployment._score(leads)
        self.assertMet("log_complete", "5 sampled log lines of today hold inputs", least=5)

    def test_every_day_others_are_drawn_and_always_the_same_on_one_day(self):
        self.deployment._score(self.make_leads(40))

        def drawn():
            return [line["id"] for line in LogComplete(self.deployment.sudo()).sampled_lines(self.version, 10)]

        today = drawn()
        self.assertEqual(drawn(), today)
        with clock.at(NOW + timedelta(days=1)):
            self.assertNotEqual(drawn(), today)

    def test_a_line_that_is_not_whole_is_found(self):
        leads = self.make_leads(3)
        self.deployment._score(leads)
        line = self.inferences_of(leads)[0]
        for values, sentence in (
            ({"inputs": "[1]"}, "inputs are missing"),
            ({"codes": "zz"}, "the bins of the inputs are missing"),
            ({"confidence": None}, "the prediction or its confidence is missing"),
            ({"predicted_value": 0.123}, "a score differs from its inputs"),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.alter("ai_deployment_inference", line, **values)
                self.assertMissing(
                    "log_complete", f"1 of 3 sampled log lines are incomplete or inconsistent: {sentence}", least=3
                )
                savepoint.rollback()
        self.env.invalidate_all()
        self.assertMet("log_complete", "3 sampled log lines", least=3)

    def test_the_log_of_another_version_does_not_count(self):
        self.deployment._score(self.make_leads(3))
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertMissing("log_complete", "The log of Version 2 has 0 of 3 required lines so far.", least=3)
