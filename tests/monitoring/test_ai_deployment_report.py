"""Reports are never edited, and open what was scored in their window."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.monitoring.common import DashboardCase, IntakeCase


@tagged("post_install", "-at_install")
class TestReport(IntakeCase):
    def test_reports_are_never_edited(self):
        self.intake(0)
        report = self.monitor(0)
        for record, values in ((report, {"verdict": "quiet"}), (report.line_ids[0], {"exceeded": False})):
            with self.assertRaisesRegex(Exception, "cannot be changed"):
                record.sudo().write(values)


@tagged("post_install", "-at_install")
class TestReportRecords(DashboardCase):
    def test_a_report_opens_what_was_scored_in_its_window(self):
        leads = self.week(0)
        report = self.deployment.report_ids
        action = report.with_user(self.owner).action_view_records()
        self.assertEqual(
            self.listed({"model": action["res_model"], "domain": action["domain"]}).mapped("res_id"),
            leads.sorted("id", reverse=True).ids,
        )
