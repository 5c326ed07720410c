"""Evidence adds up over the life of a version."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.lifetime_performance import LifetimePerformance
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import HORIZON, WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestLifetimePerformance(CohortCase):
    def test_an_alert_that_was_dealt_with_starts_the_count_anew(self):
        self.tested_on()
        for week in range(4):  # as many as said, in the wrong order
            self.cohort(week, won=0.8, won_large=0.5)
            line = self.line(self.report(week), "watch:order")
        self.assertTrue(line.exceeded)
        self.assertIn("hardly depend on their scores", line.text)
        [alert] = self.alerts()
        self.assertEqual(alert.cause, "performance:auc", "one alert for one cause")
        with clock.at(NOW + 4 * WEEK + HORIZON + timedelta(hours=1)):
            alert.with_user(self.owner).action_acknowledge()
        self.cohort(4)
        line = self.line(self.report(4), "watch:calibration")
        self.assertIn("Of 120 leads since going live", line.text)
        self.assertFalse(self.line(line.report_id, "watch:order").exceeded)
        self.cohort(5)
        self.assertIn("Of 240 leads", self.line(self.report(5), "watch:calibration").text, "begun anew once")

    def test_errors_that_add_up_are_seen_whatever_the_weeks_say(self):
        self.tested_on()
        for week in range(3):
            self.cohort(week, won=0.5, won_large=0.8)
            report = self.report(week)
        risk = self.line(report, "risk")
        figures = [f"{figure:.3f}".rstrip("0") for figure in (risk.statistic, risk.low, risk.threshold)]
        self.assertIn(
            "Over 360 outcomes, the error of the scores is {} (Brier), at least {};".format(*figures), risk.text
        )
        self.assertTrue(risk.text.endswith(f"expected at most {figures[2]}"), risk.text)
        self.assertFalse(report.line_ids.filtered("exceeded"))
        for week in range(3, 9):
            self.cohort(week, won=0.65, won_large=0.9)
            report = self.report(week)
        line = self.line(report, "watch:calibration")
        self.assertTrue(line.exceeded)
        self.assertIn("Of 1,080 leads since going live 73 % wins occurred, 66 % were predicted", line.text)

    def test_another_version_starts_anew(self):
        self.tested_on()
        self.cohort(0)
        self.report(0)
        self.assertEqual(self.deployment.sudo().risk_state["version"], self.version.id)
        self.serve(self.deployment, self.card())
        lifetime = LifetimePerformance(self.deployment, self.deployment.champion_id)
        self.assertFalse(lifetime.risk_lines([1] * 9, [0.5] * 9))
