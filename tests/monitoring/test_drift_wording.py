"""What a report cannot see is said, and since when."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import format_date

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase


@tagged("post_install", "-at_install")
class TestDriftWording(IntakeCase):
    def test_three_records_a_week_say_since_when_and_until_when_nothing_is_judged(self):
        for week in range(3):
            self.intake(week, count=3)
            report = self.monitor(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 9))
        since = format_date(self.env, NOW.date())
        sentence = f"Since {since}, 9 leads have been created; inputs and score are tested from 50 on."
        self.assertIn(sentence, report.blind_spot)
        due = NOW.date() + timedelta(days=117)  # 50 of 3 a week
        self.assertIn(format_date(self.env, due), report.blind_spot)
        texts = [message["text"] for message in self.deployment.monitoring_page()["messages"]]
        self.assertIn(report.blind_spot, texts)

    def test_two_weeks_after_a_failed_job_are_judged_together_and_say_so(self):
        for week in range(3):
            self.intake(week)
        self.monitor(0)
        report = self.monitor(2)
        self.assertEqual((report.row_count, report.window_start), (400, (NOW + WEEK).date()))
        since = format_date(self.env, (NOW + WEEK).date())
        self.assertIn(f"The 2 weeks from {since} on are judged together", report.blind_spot)

    def test_a_reference_of_a_day_says_that_ordinary_weeks_may_ring(self):
        self.intake(0)
        self.assertIn("The variation between ordinary weeks is unknown", self.monitor(0).blind_spot)
