"""Checks of work that stands still: batches, waiting records, the ledger, channels."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, CheckCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestStandsStill(CheckCase):
    def make_batch(self, count=3):
        with clock.at(NOW):
            return self.env["ai.deployment.batch"]._ask(self.deployment, self.make_leads(count).ids).sudo()

    def test_a_paused_batch_is_a_notice_at_first_and_severe_after_a_day(self):
        batch = self.make_batch()
        self.assertEqual(self.findings(), {})
        batch.action_pause()
        finding = self.findings()["batch_paused"]
        self.assertEqual(finding.severity, "notice")
        self.assertIn(
            "A batch is paused: 3 leads requested since 03/02/2026 are not scored. Paused by", finding.sentence
        )
        self.assertEqual(self.findings(NOW + DAY + HOUR)["batch_paused"].severity, "severe")
        batch.action_cancel()
        self.assertEqual(self.findings(NOW + DAY + HOUR), {})

    def test_a_batch_that_is_not_worked_off_is_severe_after_a_day(self):
        batch = self.make_batch()
        finding = self.findings(NOW + DAY + HOUR)["batch_late"]
        self.assertEqual(finding.severity, "severe")
        batch.action_cancel()
        self.assertEqual(self.findings(NOW + DAY + HOUR), {})

    def test_a_batch_that_paused_itself_and_told_so_is_told_once(self):
        batch = self.make_batch()
        with clock.at(NOW):
            batch._pause("It failed.")
            self.env["ai.deployment.alert"]._raise(self.deployment, "batch", name="Scoring stopped")
        self.watch()
        self.assertEqual(self.open_causes(), ["batch"])
        self.assertIn("batch_paused", self.findings())

    def test_records_that_wait_for_more_than_a_day(self):
        with clock.at(NOW):
            self.env["ai.deployment.request"].sudo()._add(
                self.deployment, clock.today(), self.make_leads(2).ids, [("version_fails", "x")] * 2, {}
            )
        self.assertEqual(self.findings(NOW + DAY), {})
        finding = self.findings(NOW + 2 * DAY)["requests"]
        self.assertRegex(
            finding.sentence, r"^2 leads have been waiting for a score since 03/02/2026. Most frequent reason: .+\.$"
        )
        self.env["ai.deployment.request"].sudo().search([])._forget()
        self.assertEqual(self.findings(NOW + 2 * DAY), {})

    def test_records_that_wait_for_what_was_told_already_are_told_once(self):
        with clock.at(NOW):
            self.env["ai.deployment.request"].sudo()._add(
                self.deployment, clock.today(), self.make_leads(1).ids, [("version_fails", "x")], {}
            )
            self.env["ai.deployment.alert"]._raise(self.deployment, "fails", name="It fails on every lead")
        self.watch(NOW + 2 * DAY)
        self.assertEqual(self.open_causes(), ["fails"])

    def test_a_wrong_ledger_is_severe_and_told_once(self):
        with clock.at(NOW):
            self.deployment._score(self.make_leads(4))
            self.env["ai.deployment.requested"].sudo().search([]).unlink()
            self.env["ai.deployment.ledger"]._check(self.deployment)
        finding = self.findings()["ledger"]
        self.assertEqual(
            (finding.severity, finding.sentence), ("severe", "4 records were counted twice since 03/02/2026")
        )
        self.watch()
        self.assertEqual(self.open_causes(), ["sum"])

    def test_a_way_that_does_not_get_through_is_severe_and_told_once(self):
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        self.assertEqual(self.findings(), {})
        with clock.at(NOW):
            channel._failed("No server.")
        finding = self.findings()["channel"]
        self.assertEqual(finding.severity, "severe")
        self.assertIn("Messages cannot be delivered since 03/02/2026: “E-mail: ai_owner", finding.sentence)
        self.watch()
        self.assertEqual(self.open_causes(), [channel._cause()])
