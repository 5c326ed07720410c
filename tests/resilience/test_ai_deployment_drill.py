"""Drills: what is broken is really broken, nothing of it stays but the record of the drill, and a hole is found."""

import time
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

# Everything that a drill could leave behind.
TRACES = (
    "ai_deployment_alert",
    "ai_deployment_asked",
    "ai_deployment_channel",
    "ai_deployment_inference",
    "ai_deployment_message",
    "ai_deployment_profile",
    "ai_deployment_report",
    "ai_deployment_report_line",
    "ai_deployment_request",
    "ai_deployment_review",
    "ai_deployment_room",
    "ai_deployment_score",
    "ai_deployment_settled",
    "ai_deployment_version",
    "mail_activity",
    "mail_mail",
    "mail_message",
    "mail_notification",
    "ir_cron_trigger",
    "bus_bus",
)


class DrillCase(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.lead = self.make_leads()

    def traces(self):
        self.env.flush_all()
        counts = {}
        for table in TRACES:
            self.env.cr.execute(f"SELECT COUNT(*), COALESCE(MAX(id), 0) FROM {table}")  # pylint: disable=sql-injection
            counts[table] = self.env.cr.fetchone()
        return counts

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring")
    def drill(self, kind="faults", user=None):
        deployment = self.deployment.with_user(user or self.owner)
        action = getattr(deployment, f"action_drill_{kind}")()
        return self.env["ai.deployment.drill"].browse(action["res_id"])

    def step(self, drill, code):
        return next(step for step in drill.details if step["code"] == code)


@tagged("post_install", "-at_install")
class TestDrill(DrillCase):
    def test_every_fault_ends_with_a_person_or_waits_and_somebody_is_told(self):
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual(
            [step["code"] for step in drill.details], ["unreachable", "missing", "unreadable", "damaged", "slow"]
        )
        self.assertIn("went to a person", self.step(drill, "unreadable")["text"])
        self.assertIn("waits and is tried again", self.step(drill, "damaged")["text"])
        self.assertIn("was ended after 1.5 seconds", self.step(drill, "slow")["text"])
        for code in ("unreachable", "damaged", "slow"):
            self.assertIn(f"{self.owner.name} was told", self.step(drill, code)["text"])
        self.assertEqual((drill.kind, drill.version_id, drill.user_id), ("faults", self.version, self.owner))

    def test_a_required_input_that_is_missing_goes_to_a_person(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "expected_revenue").required = True
        self.serve(self.deployment, self.card(required=["expected_revenue"]))
        step = self.step(self.drill(), "missing")
        self.assertTrue(step["is_passed"], step["text"])
        self.assertIn("“Expected Revenue” has to be there. Without it the record went to a person", step["text"])

    def test_nothing_of_a_drill_stays_but_its_record(self):
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": self.owner.partner_id.ids}
        )
        self.deployment._score(self.make_leads(2))
        lead = (self.lead.write_date, self.lead.expected_revenue)
        self.env.flush_all()
        self.env.cr.precommit.run()
        before, hooks = self.traces(), len(self.env.cr.postcommit._funcs)
        drill = self.drill() + self.drill("alert")
        self.assertEqual(drill.mapped("is_passed"), [True, True])
        self.assertEqual(self.traces(), before)
        self.assertEqual(len(self.env.cr.postcommit._funcs), hooks, "no mail, no call, no notification afterwards")
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertEqual((self.lead.write_date, self.lead.expected_revenue), lead)
        self.env.cr.execute("SHOW statement_timeout")
        self.assertEqual(self.env.cr.fetchone()[0], "0", "the time limit is gone as well")
        self.assertEqual(self.deployment._score(self.lead)["automatic"], 1, "and it scores as before")

    def test_no_business_record_is_locked(self):
        """A row that is written or locked shows it in its hidden columns, even after it was rolled back."""
        self.env.flush_all()
        self.env.cr.execute("SELECT xmax, xmin FROM crm_lead WHERE id = %s", [self.lead.id])
        before = self.env.cr.fetchall()
        self.drill()
        self.env.cr.execute("SELECT xmax, xmin FROM crm_lead WHERE id = %s", [self.lead.id])
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_a_hole_is_found(self):
        """Where what fails is dropped silently, the drill says so."""
        with patch.object(type(self.env["ai.deployment.request"]), "_add", lambda *_args: None):
            drill = self.drill()
        self.assertFalse(drill.is_passed)
        self.assertTrue(self.step(drill, "missing")["is_passed"])
        for code in ("damaged", "slow"):
            self.assertIn("was lost", self.step(drill, code)["text"])
        self.assertIn("failed at: The stored version is damaged, Reading takes too long", drill._verdict())

    def test_an_alert_that_reaches_nobody_is_found(self):
        with patch.object(type(self.env["ai.deployment.alert"]), "_point", lambda *_args: None):
            drill = self.drill() + self.drill("alert")
        self.assertEqual(drill.mapped("is_passed"), [False, False])
        self.assertIn("nobody was told", drill[1].summary)

    def test_a_drill_ends_in_seconds(self):
        started = time.monotonic()
        self.drill()
        self.assertLess(time.monotonic() - started, 60, "what would take a minute was ended")

    def test_an_open_or_muted_alert_is_no_way_out(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "version", name="It is damaged")
        alert.sudo().activity_ids.unlink()
        alert.sudo().muted_until = "2026-12-01"
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual((alert.state, str(alert.muted_until), len(alert.activity_ids)), ("firing", "2026-12-01", 0))

    def test_the_alert_drill_says_what_moved_and_who_was_told(self):
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": self.owner.partner_id.ids}
        )
        drill = self.drill("alert")
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertRegex(drill.summary, r"2000 made-up records moved \(\d+\.\d+ against a threshold of \d+\.\d+\)")
        self.assertIn(f"{self.owner.name} was told, and 1 messages were on their way", drill.summary)
        self.assertFalse(self.deployment.alert_ids)
        self.assertFalse(self.deployment.report_ids)

    def test_only_who_answers_for_it_and_only_what_is_at_work(self):
        for person in (self.reviewer, self.other_owner, self.seller, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.drill(user=person)
        with self.assertRaisesRegex(UserError, "start shadow first"):
            self.deployment.state = "suspended"
            self.drill()

    def test_without_a_record_there_is_nothing_to_try(self):
        self.deployment.domain = "[('name', '=', 'nothing')]"
        with self.assertRaisesRegex(UserError, "no record to try it on"):
            self.drill()

    def test_a_drill_is_never_changed(self):
        drill = self.drill("alert")
        for change in (lambda: drill.sudo().write({"is_passed": True}), lambda: drill.sudo().unlink()):
            with self.assertRaises(UserError):
                change()

    def test_without_a_version_there_is_nothing_to_try(self):
        deployment = self.make_deployment(is_primary=False)
        with self.assertRaisesRegex(UserError, "No version serves"):
            deployment.sudo()._drill("faults")


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
                "invoice_line_ids": [Command.create({"name": "Line", "price_unit": 100.0, "tax_ids": []})],
            }
        )

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring")
    def test_bills_are_drilled_alike(self):
        with clock.at(NOW):
            drill = self.bills.sudo()._drill("faults")
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertIn("“Amount” was of the wrong kind", drill.summary)


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
        self.assertIn("took longer than the database allows", self.deployment.alert_ids.name)
        self.env["ai.deployment.request"].browse(request.ids)._retry()
        self.assertEqual(self.score_of(self.lead).state, "scored")
        self.assertEqual(self.deployment.alert_ids.state, "resolved")


def slow(reader, _ids):
    reader.documents.env.cr.execute("SELECT pg_sleep(10)")
