"""An alert is raised once, and ends after quiet weeks."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.monitoring.common import IntakeCase


@tagged("post_install", "-at_install")
class TestAlarms(IntakeCase):
    def test_an_alert_is_told_once_and_ends_after_four_quiet_weeks(self):
        self.intake(0, empty=0.7)
        self.monitor(0)
        alert = self.alert("drift:country_id:missing")
        self.intake(1, empty=0.7)
        self.monitor(1)
        self.assertEqual(len(alert.with_context(active_test=False).activity_ids), 1)
        for week in range(2, 6):
            self.assertEqual(alert.state, "firing")
            self.intake(week)
            self.monitor(week)
        self.assertEqual(alert.state, "resolved")
        self.assertFalse(alert.activity_ids)
        self.intake(6, empty=0.7)
        self.monitor(6)
        self.assertEqual((alert.state, alert.reopened_count), ("firing", 1))
        self.assertEqual(len(self.alert("drift:country_id:missing")), 1)

    def test_an_acknowledged_alert_stays_acknowledged_while_it_lasts(self):
        self.intake(0, empty=0.7)
        self.monitor(0)
        alert = self.alert("drift:country_id:missing")
        alert.with_user(self.owner).action_acknowledge()
        self.intake(1, empty=0.7)
        self.monitor(1)
        self.assertEqual(alert.state, "acknowledged")
        self.assertFalse(alert.activity_ids)
