"""Drill of an alert: it reports what moved and who was notified."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestAlertDrill(DrillCase):
    def test_the_alert_drill_says_what_moved_and_who_was_told(self):
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": self.owner.partner_id.ids}
        )
        drill = self.drill("alert")
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertRegex(drill.summary, r"2000 invented records drifted \(\d+\.\d+ against a threshold of \d+\.\d+\)")
        self.assertIn(f"{self.owner.name} was notified, and 1 messages were queued", drill.summary)
        self.assertFalse(self.deployment.alert_ids)
        self.assertFalse(self.deployment.report_ids)
