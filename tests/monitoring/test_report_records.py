"""What the records behind a line have in common."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.report_records import ReportRecords
from odoo.addons.ai_deployment.tests.monitoring.common import WeeksCase


@tagged("post_install", "-at_install")
class TestReportRecords(WeeksCase):
    def test_an_alert_says_what_the_records_have_in_common(self):
        fair = self.env["utm.source"].create({"name": "Fair in Ghent"})
        self.deployment.feature_ids.filtered(lambda feature: feature.path == "source_id").unlink()
        self.come_in(self.leads(100), 0)
        self.look(0)
        empty = self.come_in(self.leads(45, country_id=False, source_id=fair.id, campaign_id=False), 1)
        self.come_in(self.leads(60), 1)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date + id * interval '1 minute' WHERE id = ANY(%s)", [empty.ids]
        )
        self.look(1)
        alert = self.alerts("drift:country_id:missing")
        self.assertIn("“Fair in Ghent” as Source, 0 % of the others", alert.name)

    def test_an_import_is_recognized_by_its_pace(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(45, country_id=False), 1)
        rest = self.come_in(self.leads(60), 1)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date + id * interval '1 minute' WHERE id = ANY(%s)", [rest.ids]
        )
        self.look(1)
        self.assertIn("were created within one minute, on", self.alerts("drift:country_id:missing").name)

    def test_an_alert_whose_log_is_gone_still_speaks(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(100, country_id=self.usa.id), 1)
        self.look(1)
        line = self.alerts("quality:country_id:constant").line_id
        self.env["ai.deployment.inference"].search([("deployment_id", "=", self.deployment.id)])._purge()
        self.assertEqual(ReportRecords(line).common_text(), "")
        with self.assertRaisesRegex(UserError, "None of these records"):
            line.action_open_records()
