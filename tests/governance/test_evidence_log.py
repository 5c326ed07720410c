"""The rule about the log: a daily sample is complete, and scores follow from it."""

import json
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

    def test_what_a_line_lacks(self):
        lead = self.make_leads()
        self.deployment._score(lead)
        rule, card = LogComplete(self.deployment.sudo()), self.version._card()
        [line] = rule.sampled_lines(self.version, 1)
        values = json.loads(line["inputs"]) if isinstance(line["inputs"], str) else line["inputs"]
        inputs, bins, answer = (
            "inputs are missing",
            "the bins of the inputs are missing",
            "the prediction or its confidence is missing",
        )
        for changed, fault in (
            ({}, ""),
            ({"inputs": values}, ""),
            ({"inputs": json.dumps(values)}, ""),
            ({"predicted_value": 0.0, "prediction": False, "confidence": 0.0, "latency_ms": 0}, ""),
            ({"inputs": values[1:]}, inputs),
            ({"inputs": [*values, 1]}, inputs),
            ({"inputs": {"a": 1, "b": 2, "c": 3}}, inputs),
            ({"inputs": None}, inputs),
            ({"codes": None}, bins),
            ({"codes": line["codes"][2:]}, bins),
            ({"codes": line["codes"] + "00"}, bins),
            *(
                ({name: None}, answer)
                for name in ("predicted_value", "prediction", "confidence", "route", "latency_ms")
            ),
            ({"failure_type": "endpoint_busy", "failure_message": "Busy.", "codes": None}, ""),
            ({"failure_type": "endpoint_busy", "failure_message": ""}, "a failure without its reason"),
        ):
            with self.subTest(changed):
                self.assertEqual(rule.line_fault({**line, **changed}, card), fault)

    def test_a_failure_is_complete_and_nothing_is_computed_of_models_elsewhere(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.deployment._score(self.make_leads(2, country_id=False))
        self.assertMet("log_complete", "2 sampled log lines", least=2)
        rule, version = LogComplete(self.deployment.sudo()), self.version
        lines = [{"predicted_value": 7.0, "codes": "000000"}]
        self.assertTrue(rule._recomputed_faults(version, version._card(), version._specs(), lines))
        self.assertEqual(rule._recomputed_faults(version, version._card(), version._specs(), []), [])
        for kind in ("remote", "pushed"):
            elsewhere = version.new({"kind": kind})
            self.assertEqual(rule._recomputed_faults(elsewhere, version._card(), version._specs(), lines), [])

    def test_without_a_usable_version_nothing_is_proved(self):
        self.deployment._score(self.make_leads(3))
        self.alter("ai_deployment_version", self.version, digest="x")
        self.env.registry.clear_cache()
        self.assertMissing("log_complete", "The serving version cannot be used: ", least=3)
        self.alter("ai_deployment", self.deployment, champion_id=None)
        self.assertFalse(self.look("log_complete").is_met)
