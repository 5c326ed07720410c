"""Drill of faults: every fault ends with a person or waits, somebody is notified, and a hole is found."""

import time
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.models.resilience.fault_drill import FaultDrill
from odoo.addons.ai_deployment.models.scoring.inference_writer import InferenceWriter
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.pushing.common import PushCase
from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestFaultDrill(DrillCase):
    def test_every_fault_ends_with_a_person_or_waits_and_somebody_is_told(self):
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual(
            [step["code"] for step in drill.details], ["unreachable", "missing", "unreadable", "damaged", "slow"]
        )
        self.assertIn("was sent to human review", self.step(drill, "unreadable")["text"])
        self.assertIn("is waiting and will be retried (The version is damaged)", self.step(drill, "damaged")["text"])
        self.assertIn("was stopped after 1.5 seconds", self.step(drill, "slow")["text"])
        for code in ("unreachable", "damaged", "slow"):
            self.assertIn(f"{self.owner.name} was notified", self.step(drill, code)["text"])
        self.assertEqual((drill.kind, drill.version_id, drill.user_id), ("faults", self.version, self.owner))

    def test_a_required_input_that_is_missing_goes_to_a_person(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "expected_revenue").required = True
        self.serve(self.deployment, self.card(required=["expected_revenue"]))
        step = self.step(self.drill(), "missing")
        self.assertTrue(step["is_passed"], step["text"])
        self.assertIn("“Expected Revenue” is required. Without it the record was sent to human review", step["text"])

    def test_a_number_is_broken_first_and_of_required_inputs_one_that_has_to_be_there(self):
        column = FaultDrill(self.deployment.sudo()).column
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").required = True
        self.serve(self.deployment, self.card(required=["country_id"]))
        self.assertEqual(column(self.lead)[1], "expected_revenue")
        self.assertEqual(column(self.lead, required=True)[1], "country_id")

    def test_what_the_filter_asks_for_is_not_broken(self):
        column = FaultDrill(self.deployment.sudo()).column
        self.deployment.domain = "[('expected_revenue', '>', 1)]"
        self.assertEqual(column(self.lead)[1], "country_id")
        self.deployment.domain = str(
            [("expected_revenue", ">", 1), ("country_id.code", "=", "BE"), ("source_id", "=", False)]
        )
        self.assertIsNone(column(self.lead))
        drill = self.drill()
        for code, verb in (("missing", "removed"), ("unreadable", "broken"), ("slow", "delayed")):
            step = self.step(drill, code)
            self.assertFalse(step["is_passed"])
            self.assertEqual(step["text"], f"No input is a field of the record itself, so none could be {verb}.")
        self.assertTrue(self.step(drill, "damaged")["is_passed"])

    def test_without_a_number_an_input_that_cannot_be_read_goes_to_a_person_as_well(self):
        self.deployment.domain = "[('expected_revenue', '>', 1)]"
        step = self.step(self.drill(), "unreadable")
        self.assertTrue(step["is_passed"], step["text"])
        self.assertIn("“Country” was of the wrong type. The record was sent to human review", step["text"])

    def test_a_review_that_is_lost_is_found(self):
        with patch.object(InferenceWriter, "_review_statement", lambda _writer: None):
            drill = self.drill()
        self.assertFalse(self.step(drill, "unreadable")["is_passed"])
        self.assertIn("The record was lost", self.step(drill, "unreadable")["text"])
        self.assertTrue(self.step(drill, "missing")["is_passed"])

    def test_whom_nobody_told_is_found(self):
        with patch.object(type(self.env["ai.deployment.alert"]), "_raise", lambda alerts, *_a, **_kw: alerts.browse()):
            drill = self.drill()
        for code in ("unreachable", "damaged", "slow"):
            self.assertFalse(self.step(drill, code)["is_passed"])
            self.assertIn("nobody was notified", self.step(drill, code)["text"])
        for code in ("missing", "unreadable"):
            self.assertTrue(self.step(drill, code)["is_passed"], "who reviews is told by the review")

    def test_a_hole_is_found(self):
        """Where what fails is dropped silently, the drill says so."""
        with patch.object(type(self.env["ai.deployment.request"]), "_add", lambda *_args: None):
            drill = self.drill()
        self.assertFalse(drill.is_passed)
        self.assertTrue(self.step(drill, "missing")["is_passed"])
        for code in ("damaged", "slow"):
            self.assertIn("was lost", self.step(drill, code)["text"])
        self.assertIn("failed at: The stored version is damaged, Reading takes too long", drill._verdict())

    def test_a_drill_ends_in_seconds(self):
        started = time.monotonic()
        self.drill()
        self.assertLess(time.monotonic() - started, 60, "what would take a minute was ended")


@tagged("post_install", "-at_install")
class TestDrillOnBills(AiDeploymentCase):
    """The same on bills, whose opinion of Odoo's own is read record by record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            min_confidence=0.0,
            features=[{"path": "amount_untaxed", "name": "Amount"}],
            is_primary=False,
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        cls.serve(cls.bills, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        cls.bills.state = "shadow"
        cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": cls.env["res.partner"].create({"name": "Vendor"}).id,
                "invoice_date": NOW.date(),
                "invoice_line_ids": [Command.create({"name": "Log Line", "price_unit": 100.0, "tax_ids": []})],
            }
        )

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring")
    def test_bills_are_drilled_alike(self):
        with clock.at(NOW):
            drill = drills.make(self.bills.sudo(), "faults")
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertIn("“Amount” was of the wrong type", drill.summary)


@tagged("post_install", "-at_install")
class TestTooSlow(DrillCase):
    """What the drill of the time limit rests on: records that are too slow to read wait, and one alert tells."""

    def test_a_read_that_takes_too_long_makes_records_wait(self):
        with patch.object(FeatureReader, "columns", slow):
            self.env.cr.execute("SET LOCAL statement_timeout = 300")
            with mute_logger("odoo.sql_db"):
                outcome = self.deployment._score(self.lead)
            self.env.cr.execute("SET LOCAL statement_timeout = 0")
        self.assertEqual((outcome["waiting"], outcome["automatic"]), (1, 0))
        request = self.env["ai.deployment.request"].search([("res_id", "=", self.lead.id)])
        self.assertEqual(request.failure_type, "took_too_long")
        self.assertIn("exceeded the time limit of the database", self.deployment.alert_ids.name)
        self.env["ai.deployment.request"].browse(request.ids)._retry()
        self.assertEqual(self.score_of(self.lead).state, "scored")
        self.assertEqual(self.deployment.alert_ids.state, "resolved")


def slow(reader, _ids):
    reader.documents.env.cr.execute("SELECT pg_sleep(10)")


@tagged("post_install", "-at_install")
class TestFaultDrillOfPushed(PushCase):
    def test_what_is_pushed_is_not_scored_by_a_drill(self):
        """Without an answer that could come, each of the other faults would have ended as a failure of the drill."""
        with clock.at(NOW):
            found = FaultDrill(self.deployment.sudo()).run()
        self.assertEqual([(step.code, step.is_passed) for step in found], [("unreachable", True)])
