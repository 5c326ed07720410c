"""One alert for one cause, in plain words, where scores do not come true."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.performance import PerformanceMonitor
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import CohortCase


@tagged("post_install", "-at_install")
class TestPerformanceAlerts(CohortCase):
    def test_what_is_told_by_a_plainer_line_is_no_alert_of_its_own(self):
        for week in range(2):
            self.cohort(week, won=0.8, won_large=0.1)
            report = self.report(week)
        exceeded = set(report.line_ids.filtered("exceeded").mapped("key"))
        self.assertTrue({"in_the_large", "slope", "brier_skill"} <= exceeded, exceeded)
        causes = set(self.alerts().mapped("cause"))
        self.assertEqual(causes, {"performance:in_the_large", "performance:slope"})
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:in_the_large")
        self.assertIn("less accurate than the base rate of wins", alert.name)
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(alert.name, [message["text"] for message in page["messages"] if message["level"] == "warning"])

    def test_worse_than_the_plain_share_is_an_alert_without_any_floor(self):
        for week in range(3):
            self.cohort(week, won=0.72, won_large=0.58)
            report = self.report(week)
        line = self.line(report, "brier_skill")
        self.assertEqual(line.test, "proposed")
        self.assertLess(line.statistic, 0)
        self.assertIn("less accurate than the base rate of wins", line.text)

    def test_a_proposed_floor_never_switches_off(self):
        self.deployment.stop_after = 1
        with patch.object(PerformanceMonitor, "tested_auc", return_value=0.9):
            self.cohort(0, won=0.65, won_large=0.65)
            line = self.line(self.report(0), "auc")
        self.assertEqual((line.test, line.exceeded), ("proposed", True))
        self.assertEqual(self.deployment.state, "shadow")

    def test_an_order_below_the_floor_fires_in_the_second_week_and_ends_after_four_good_ones(self):
        self.deployment.floor_auc = 0.6
        for week in range(2):
            self.cohort(week, won=0.6, won_large=0.5)
            report = self.report(week)
            self.assertTrue(self.line(report, "auc").exceeded)
            fired = self.alerts().filtered(lambda alert: alert.cause == "performance:auc")
            self.assertEqual(len(fired), week)
        self.assertIn("required: 60 %", fired.name)
        for week in range(2, 6):
            self.cohort(week, won=0.2, won_large=0.8)
            self.report(week)
        self.assertEqual(fired.state, "resolved")

    def test_scores_far_too_high_become_an_alert_in_plain_words_for_the_owner(self):
        self.cohort(0, won=0.1, won_large=0.3)
        self.report(0)
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:in_the_large")
        self.assertIn("The scores predicted 66 % wins on average, 20 % occurred", alert.name)
        self.assertEqual((alert.level, alert.activity_ids.user_id), ("alert", self.owner))
        self.assertEqual(alert.onset_date, NOW.date())

    def test_an_open_alert_asks_for_retraining(self):
        self.deployment.trigger_ids.unlink()
        trigger = self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": "performance", "threshold": 1}
        )
        self.cohort(0, won=0.1, won_large=0.3)
        self.report(0)
        self.assertIn("1 performance alert is open", trigger.fired_reason)
