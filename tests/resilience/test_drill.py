"""What drills share: what is broken is really broken, and nothing of it stays."""

from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.models.resilience.fault_drill import FaultDrill
from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestDrill(DrillCase):
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

    def test_an_alert_that_reaches_nobody_is_found(self):
        with patch.object(type(self.env["ai.deployment.alert"]), "_point", lambda *_args: None):
            drill = self.drill() + self.drill("alert")
        self.assertEqual(drill.mapped("is_passed"), [False, False])
        self.assertIn("nobody was notified", drill[1].summary)

    def test_an_open_or_muted_alert_is_no_way_out(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "version", name="It is damaged")
        alert.sudo().activity_ids.unlink()
        alert.sudo().muted_until = "2026-12-01"
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual((alert.state, str(alert.muted_until), len(alert.activity_ids)), ("firing", "2026-12-01", 0))

    def test_without_a_record_there_is_nothing_to_try(self):
        self.deployment.domain = "[('name', '=', 'nothing')]"
        with self.assertRaisesRegex(UserError, "no record to run the drill on"):
            self.drill()

    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def test_a_collision_with_others_is_no_failed_drill(self):
        """It is repeated, as whatever collides: the monthly drill would have raised an alert about nothing."""
        for error in (psycopg2.errors.SerializationFailure(), psycopg2.errors.LockNotAvailable()):
            with (
                self.subTest(error=error),
                patch.object(FaultDrill, "missing", side_effect=error),
                self.assertRaises(type(error)),
            ):
                drills.make(self.deployment.sudo(), "faults")
        self.assertFalse(self.env["ai.deployment.drill"].search([("deployment_id", "=", self.deployment.id)]))

    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def test_the_log_says_that_it_was_on_purpose(self):
        with self.assertLogs("odoo.sql_db", "ERROR") as logged:
            drills.make(self.deployment.sudo(), "faults")
        told = [record.getMessage() for record in logged.records]
        self.assertTrue(told)
        self.assertFalse([text for text in told if "SELECT" in text])
        self.assertTrue(any(f"by a drill of deployment {self.deployment.id}" in text for text in told), told)
