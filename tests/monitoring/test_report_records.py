"""What the records behind a line have in common."""

import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import quality
from odoo.addons.ai_deployment.ml.binning import FIRST, MISSING
from odoo.addons.ai_deployment.ml.profile import CONFIDENCE, CONFIDENCE_BINS, PREDICTION, SCORE
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

    def in_question(self, line, key, codes, test="shape"):
        self.env.cr.execute(
            "UPDATE ai_deployment_report_line SET key = %s, test = %s, codes = %s::jsonb WHERE id = %s",
            [key, test, json.dumps(codes), line.id],
        )
        line.invalidate_recordset()
        return set(ReportRecords(line).ids())

    def test_the_records_of_a_line_are_those_in_its_bins(self):
        records, _ids = self.without_country()
        line, report, card = records.line, records.report, self.version._card()
        logged = self.env["ai.deployment.inference"].search(
            [
                ("deployment_id", "=", self.deployment.id),
                ("is_first_inference", "=", True),
                ("date", ">=", report.window_start),
                ("date", "<", report.window_end),
            ]
        )
        self.assertEqual(len(logged), 105)
        for key, field, bins in (
            (SCORE, "predicted_value", card.score_bins),
            (CONFIDENCE, "confidence", CONFIDENCE_BINS),
        ):
            binned = dict(zip(logged.mapped("res_id"), bins.codes(logged.mapped(field)).tolist(), strict=True))
            for code in sorted(set(binned.values())):
                expected = {res_id for res_id, own in binned.items() if own == code}
                self.assertEqual(self.in_question(line, key, [code]), expected, (key, code))
            self.assertEqual(self.in_question(line, key, sorted(set(binned.values()))), set(binned))
            self.assertEqual(self.in_question(line, key, [MISSING]), set())
        for code, prediction in ((FIRST, False), (FIRST + 1, True)):
            expected = set(logged.filtered(lambda one, side=prediction: one.prediction == side).mapped("res_id"))
            self.assertEqual(self.in_question(line, PREDICTION, [code]), expected)
        countries = {lead.id: lead.country_id for lead in self.env["crm.lead"].browse(logged.mapped("res_id"))}
        for code, country in ((MISSING, self.env["res.country"]), (FIRST, self.belgium), (FIRST + 1, self.usa)):
            expected = {res_id for res_id, own in countries.items() if own == country}
            self.assertTrue(expected)
            self.assertEqual(self.in_question(line, "country_id", [code]), expected)
            self.assertEqual(
                self.in_question(line, "country_id=x", {"column": "country_id", "codes": [code]}), expected
            )

    def test_the_records_of_a_line_about_their_number_are_those_that_it_counts(self):
        records, ids = self.without_country()
        line = records.line
        every = self.in_question(line, quality.ROWS, None, quality.VOLUME)
        self.assertEqual(len(every), 105)
        self.assertEqual(self.in_question(line, quality.ROWS, None, quality.LATE), set())
        self.assertEqual(self.in_question(line, quality.ROWS, None, quality.FAILED), set())
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date - interval '8 days' WHERE id = ANY(%s)", [ids]
        )
        self.assertEqual(self.in_question(line, quality.ROWS, None, quality.LATE), set(ids))
        for name, value in (("route", "review"), ("failure_type", "unexpected")):
            self.env.cr.execute(  # pylint: disable=sql-injection
                f"UPDATE ai_deployment_inference SET {name} = %s WHERE res_id = ANY(%s)", [value, ids]
            )
            self.env.invalidate_all()
            counted = set(ids) if name == "route" else set()
            self.assertEqual(self.in_question(line, quality.ROWS, None, quality.REVIEW), counted)
        self.assertEqual(self.in_question(line, quality.ROWS, None, quality.FAILED), set(ids))
