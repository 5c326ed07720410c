"""Several weeks together, and weeks in which the company was closed."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase


@tagged("post_install", "-at_install")
class TestDriftWindows(IntakeCase):
    def test_a_drift_that_is_small_in_every_week_is_told_once_several_show_it(self):
        lines = self.env["ai.deployment.report.line"]
        for week in range(8):
            self.intake(week, count=60, empty=0.25 + 0.14 * (week > 0))
            report = self.monitor(week)
            lines |= report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == "missing")
        several = lines.filtered(lambda line: line.exceeded and line.weeks == 4)
        self.assertTrue(several)
        self.assertIn("over the last 4 weeks", several[0].text)

    def test_holidays_of_the_company_are_no_loss_of_records(self):
        for week in range(7):
            self.intake(week, count=60)
            self.monitor(week)
        self.intake(7, count=2)
        start, company = NOW + 7 * WEEK, self.deployment.company_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "calendar_id": company.resource_calendar_id.id,
                "company_id": company.id,
                "date_from": start - timedelta(hours=12),
                "date_to": start + timedelta(days=6, hours=12),
            }
        )
        self.monitor(7)
        self.assertFalse(self.alert("quality:rows:volume"))
