"""Checks of how records come in: company, action menu, automation rules, silence, reports."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, CheckCase, HealthCase


@tagged("post_install", "-at_install")
class TestCompany(CheckCase):
    def test_an_archived_company(self):
        company = self.env["res.company"].create({"name": "Closed Ltd"})
        self.deployment.sudo().company_id = company
        self.assertNotIn("company", self.findings())
        company.active = False
        finding = self.findings()["company"]
        self.assertEqual(finding.severity, "severe")
        self.assertIn("“Closed Ltd” is archived", finding.sentence)


@tagged("post_install", "-at_install")
class TestEntrances(HealthCase):
    def test_a_menu_entry_that_was_taken_away_is_missed_until_there_is_a_new_one(self):
        self.deployment.action_server_id.unlink_action()
        finding = self.findings()["action"]
        self.assertEqual(finding.sentence, "The Action menu of leads has no entry for scoring.")
        self.deployment.action_server_id.unlink()
        self.assertIn("action", self.findings())
        self.deployment.state = "suspended"
        with clock.at(NOW):
            self.deployment.state = "shadow"
        self.assertEqual(self.findings(), {})

    def test_an_archived_rule_is_named_until_it_is_back(self):
        rule = self.make_rule()
        self.assertEqual(self.findings(), {})
        rule.active = False
        finding = self.findings()["rule"]
        self.assertEqual(
            (finding.severity, finding.sentence),
            ("severe", "Automation rules that score with it are archived: “Score new leads”"),
        )
        rule.active = True
        self.assertEqual(self.findings(), {})

    def test_an_archived_rule_beside_another_way_in_is_a_notice(self):
        self.make_rule("Old rule").active = False
        self.make_rule("New rule")
        finding = self.findings()["rule"]
        self.assertEqual(finding.severity, "notice")
        self.assertNotIn("New rule", finding.sentence)


@tagged("post_install", "-at_install")
class TestSilence(HealthCase):
    def test_nothing_asked_for_is_told_after_the_days_that_the_owner_set(self):
        with clock.at(NOW + DAY):
            self.deployment._score(self.make_leads())
        self.assertEqual(self.findings(NOW + 15 * DAY), {})
        finding = self.findings(NOW + 16 * DAY)["idle"]
        self.assertEqual(
            (finding.severity, finding.sentence), ("severe", "No leads have been requested since 03/03/2026.")
        )
        for days in (20, 0):
            self.deployment.idle_days = days
            self.assertNotIn("idle", self.findings(NOW + 16 * DAY))

    def test_what_is_scored_ends_the_silence(self):
        self.assertIn("idle", self.findings(NOW + 15 * DAY))
        with clock.at(NOW + 15 * DAY):
            self.deployment._score(self.make_leads())
        self.assertNotIn("idle", self.findings(NOW + 15 * DAY))

    def test_a_deployment_that_was_switched_off_for_long_is_not_silent_at_once(self):
        self.deployment.state = "suspended"
        with clock.at(NOW + 60 * DAY):
            self.deployment.state = "shadow"
        self.assertNotIn("idle", self.findings(NOW + 61 * DAY))

    def test_records_that_are_all_for_somebody_else_are_no_scores(self):
        self.deployment.domain = "[('name', '=', 'nobody is called so')]"
        with clock.at(NOW + 14 * DAY):
            self.deployment._score(self.make_leads(3))
        finding = self.findings(NOW + 15 * DAY)["idle"]
        self.assertEqual(finding.sentence, "Of 3 leads requested lately (14 days), none belongs to this deployment.")


@tagged("post_install", "-at_install")
class TestReports(HealthCase):
    def test_a_report_that_does_not_come_is_missed_until_there_is_one(self):
        self.deployment.idle_days = 0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(60))
        self.assertEqual(self.findings(NOW + 14 * DAY), {})
        finding = self.findings(NOW + 15 * DAY)["report"]
        self.assertEqual(finding.sentence, "There is no report yet, though leads have been created since 03/02/2026.")
        with clock.at(NOW + 15 * DAY):
            self.deployment._monitor()
        self.assertEqual(self.findings(NOW + 15 * DAY), {})
        finding = self.findings(NOW + 30 * DAY)["report"]
        self.assertEqual(finding.sentence, "The last report is dated 03/17/2026; one a week is expected.")

    def test_a_version_that_serves_anew_has_time_for_its_report(self):
        self.deployment.idle_days = 0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(60))
        with clock.at(NOW + 20 * DAY):
            self.deployment._assign_champion(self.keep(self.deployment, self.card()), "test")
        with clock.at(NOW + 29 * DAY):
            self.deployment._assign_champion(self.version, "back")
        self.assertEqual(self.findings(NOW + 30 * DAY), {})
