"""Worse than knowing nothing: told beyond chance only, and of the serving version."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.base_rate import latest_lines, worse_than_base_rate
from odoo.addons.ai_deployment.tests.monitoring.common import CohortCase


@tagged("post_install", "-at_install")
class TestBaseRate(CohortCase):
    def test_scores_that_say_the_opposite_are_worse_and_the_alert_begins_with_it(self):
        for week in range(2):
            self.cohort(week, won=0.9, won_large=0.1)
            self.report(week)
        text = worse_than_base_rate(self.deployment.sudo())[self.deployment.id]
        self.assertIn("less accurate than the base rate of wins", text)
        self.assertTrue(any(alert.name.startswith(text) for alert in self.alerts()))
        self.serve(self.deployment, self.card(high=2.0))
        self.assertFalse(worse_than_base_rate(self.deployment.sudo()))

    def test_good_scores_are_not_worse_and_the_latest_line_counts(self):
        for week in range(2):
            self.cohort(week)
            report = self.report(week)
        self.assertFalse(worse_than_base_rate(self.deployment.sudo()))
        [lines] = latest_lines(self.deployment.sudo(), "auc").values()
        self.assertEqual(lines["auc"].report_id, report)
