"""Performance that is estimated before outcomes are known."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestEstimatedPerformance(CohortCase):
    def test_what_a_week_will_come_to_is_estimated_before_it_has(self):
        self.tested_on()
        self.cohort(0)
        with clock.at(NOW + WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")
        line = self.line(report, "estimate:win_rate")
        self.assertAlmostEqual(line.statistic, 0.65, delta=0.02)
        self.assertTrue(line.low < 0.65 < line.high)
        self.assertIn("if equal scores end as before", self.line(report, "estimate:auc").text)

    def test_nothing_is_estimated_while_chances_do_not_come_true(self):
        self.tested_on()
        for week in (0, 1):
            self.cohort(week, won=0.1, won_large=0.3)
            self.report(week)
        self.cohort(8)
        with clock.at(NOW + 9 * WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")[0]
        self.assertIn("Not estimated: the latest probabilities", self.line(report, "estimate:auc").text)

    def test_scores_unlike_those_that_tested_the_version_are_not_estimated(self):
        self.tested_on()
        leads = self.make_leads(80, expected_revenue=10, country_id=self.usa.id)
        self.came_in(leads, NOW)
        self.deployment._score(leads, now=NOW)
        with clock.at(NOW + WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")
        self.assertIn("100 % of the scores differ from all", self.line(report, "estimate:auc").text)

    def test_equal_scores_that_end_otherwise_raise_an_alert(self):
        self.tested_on(usual=0.1, large=0.9)
        for week in (0, 1):
            self.cohort(week, won=0.7, won_large=0.6)
            report = self.report(week)
        self.assertTrue(self.line(report, "gap").exceeded)
        text = self.line(report, "gap").text
        self.assertIn("was expected to have the higher score in 90 % of cases, and had it in 45 %", text)
        self.assertFalse(self.alerts().filtered(lambda alert: alert.cause == "performance:gap"))
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:auc")
        self.assertIn("in 45 % of cases (34 % to 55 %); expected from the test: at least 77 %", alert.name)
        self.assertIn("Set “Minimum AUC” to 77 %", alert.suggestion)
