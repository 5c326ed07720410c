"""A report that its owner opens is read, and stays as it is."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestReportReader(EvidenceCase):
    def test_a_report_that_its_owner_opens_is_read_and_stays_as_it_is(self):
        report = self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "date": NOW,
                "window_start": NOW.date(),
                "window_end": NOW.date(),
                "verdict": "quiet",
            }
        )
        form = {"name": {}, "line_ids": {"fields": {"label": {}}}}
        report.with_user(self.owner).web_search_read([("id", "=", report.id)], {"name": {}})
        report.with_user(self.reviewer).web_read(form)
        self.assertFalse(report.read_date)
        report.with_user(self.owner).web_read(form)
        report.with_user(self.deputy).web_read(form)
        self.assertEqual((report.read_by_id, report.read_date), (self.owner, NOW))
        self.assertEqual(self.assertMet("read", f"{self.owner.name} opened").record, report)
        with self.assertRaises(UserError):
            report.sudo().write({"read_date": False})
