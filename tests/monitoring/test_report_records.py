"""What the records behind a line have in common."""

from unittest.mock import patch

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

    def without_country(self):
        """(the records of an alert about leads without a country, ids of 25 of these)."""
        self.come_in(self.leads(100), 0)
        self.look(0)
        empty = self.come_in(self.leads(45, country_id=False), 1)
        self.come_in(self.leads(60), 1)
        self.look(1)
        return ReportRecords(self.alerts("drift:country_id:missing").line_id), empty.ids[:25]

    def test_what_the_line_is_about_and_what_is_sensitive_is_no_trait(self):
        records, ids = self.without_country()
        every = {"import", "source_id", "medium_id", "campaign_id", "team_id", "user_id", "create_uid"}
        self.assertEqual(set(records._traits(ids)), every)
        self.turn(records.line, "source_id")
        self.assertEqual(set(records._traits(ids)), every - {"source_id"})
        self.turn(records.line, "score")
        with patch.object(type(self.version), "_sensitive_keys", lambda _version: {"source_id", "gone"}):
            self.assertEqual(set(records._traits(ids)), every - {"source_id"})

    def turn(self, line, key):
        """Let a line, which nobody can change, be about something else."""
        self.env.cr.execute("UPDATE ai_deployment_report_line SET key = %s WHERE id = %s", [key, line.id])
        line.invalidate_recordset()

    def test_twenty_within_a_minute_are_an_import(self):
        records, ids = self.without_country()
        for at_once, is_import in ((20, True), (19, False)):
            self.env.cr.execute("UPDATE crm_lead SET create_date = '2026-01-01'::timestamp + id * interval '1 hour'")
            self.env.cr.execute("UPDATE crm_lead SET create_date = '2025-12-01' WHERE id = ANY(%s)", [ids[:at_once]])
            found = records._traits(ids)["import"]
            self.assertEqual([one is not None for one in found], [is_import] * at_once + [False] * (25 - at_once))

    def test_values_stand_at_the_place_of_their_record(self):
        records, ids = self.without_country()
        fair = self.env["utm.source"].create({"name": "Fair"})
        self.env["crm.lead"].browse(ids[1]).write({"source_id": fair.id, "user_id": self.seller.id})
        self.env.flush_all()
        traits = records._traits([ids[0], ids[1], 0])
        self.assertEqual(traits["source_id"].tolist(), [None, fair.id, None])
        self.assertEqual(traits["user_id"].tolist()[1:], [self.seller.id, None])
