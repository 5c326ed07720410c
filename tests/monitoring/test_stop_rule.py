"""Below a floor for as many reports as the owner said, a deployment is suspended."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, AnomalyCase


@tagged("post_install", "-at_install")
class TestStopRule(AnomalyCase):
    def test_a_stop_rule_switches_off_and_says_why(self):
        self.bills.write({"floor_precision": 0.5, "stop_after": 2})
        self.flag(0, 1, 29)
        self.look(0)
        self.assertEqual(self.bills.state, "shadow")
        self.flag(1, 1, 29)
        self.look(1)
        self.assertEqual(self.bills.state, "suspended")
        alert = self.alerts("stopped")
        self.assertIn(
            "was suspended automatically: below the minimum in 2 reports in a row. 1 of 30 flagged", alert.name
        )
        self.assertEqual(alert.activity_ids.user_id, self.owner)
        with clock.at(NOW + 2 * WEEK + timedelta(minutes=1)):
            self.bills.state = "shadow"
        self.assertEqual(alert.state, "resolved")
        self.flag(2, 1, 29)
        self.look(2)
        self.assertEqual(self.bills.state, "shadow", "switched on again, it is counted anew")
        self.flag(3, 1, 29)
        self.look(3)
        self.assertEqual(self.bills.state, "suspended")

    def test_a_report_that_is_not_below_begins_the_count_anew(self):
        self.bills.write({"floor_precision": 0.5, "stop_after": 2})
        for week, right in enumerate((1, 25, 1)):
            self.flag(week, right, 30 - right)
            self.look(week)
            self.assertEqual(self.bills.state, "shadow")
        self.flag(3, 1, 29)
        report = self.look(3)
        self.assertEqual((self.bills.state, self.alerts("stopped").report_id), ("suspended", report))

    def test_without_a_stop_rule_nothing_is_switched_off(self):
        self.bills.floor_precision = 0.5
        for week in range(3):
            self.flag(week, 1, 29)
            self.look(week)
        self.assertEqual(self.bills.state, "shadow")
