"""The dashboard: what it tells, and who may see it."""

import json
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import SHOWN, WEEK, DashboardCase

COUNTED = ("order", "outcomes", "distribution", "volumes")


@tagged("post_install", "-at_install")
class TestDashboard(DashboardCase):
    def test_a_page_with_everything(self):
        for number in range(6):
            self.week(number)
        page = self.page()
        self.assertEqual(page["state"], "ready")
        self.assertEqual({name: page[name]["empty"] for name in COUNTED}, dict.fromkeys(COUNTED, ""))
        self.assertEqual(page["heat"]["empty"], "")

    def test_open_alerts_are_one_click_away(self):
        self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something moved")
        alerts = self.page()["alerts"]
        self.assertEqual((alerts["count"], alerts["text"]), (1, "1 open alert"))
        self.assertEqual(self.listed(alerts["open"]).name, "Something moved")


@tagged("post_install", "-at_install")
class TestDashboardStates(DashboardCase):
    def test_before_the_first_report_the_page_says_when_it_comes(self):
        self.deployment._score(self.make_leads(3), now=NOW)
        page = self.page(NOW + timedelta(days=2))
        self.assertEqual(page["state"], "empty")
        text = "There is no report yet: the first is created on 03/09/2026."
        self.assertIn(text, self.texts(page))
        self.assertEqual(page["heat"]["empty"], text)
        self.assertIn("the first is created on 03/23/2026", page["outcomes"]["empty"])
        self.assertFalse(page["distribution"]["empty"])

    def test_a_report_that_did_not_come_is_said_so(self):
        self.deployment._score(self.make_leads(3), now=NOW)
        self.assertIn("was due on 03/09/2026", self.texts(self.page(NOW + 3 * WEEK))[0])

    def test_before_the_first_score_nothing_is_promised(self):
        page = self.page()
        self.assertIn("7 days after the first record is scored", self.texts(page)[0])
        self.assertIn("No record was requested", page["volumes"]["empty"])
        self.assertIn("No record was scored", page["distribution"]["empty"])

    def test_too_few_records_say_how_many_are_needed(self):
        self.week(0, count=10)
        self.assertEqual(self.page()["heat"]["rows"][0]["cells"][0]["hint"], "Not enough data")

    def test_a_deployment_without_a_version_says_that_nothing_can_be_judged(self):
        self.deployment.assignment_ids.sudo().end_date = NOW
        page = self.page()
        self.assertEqual(page["state"], "failing")
        self.assertIn("No version serves", self.texts(page)[0])
        self.assertTrue(page["distribution"]["empty"])

    def test_a_damaged_version_is_said_so_and_the_rest_is_shown(self):
        self.week(5)
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        page = self.page()
        self.assertEqual(page["state"], "failing")
        self.assertIn("The serving version cannot be used", self.texts(page)[0])
        self.assertTrue(page["heat"]["rows"])

    def test_what_is_not_at_work_is_said_so(self):
        self.deployment.state = "suspended"
        self.assertIn("not live", self.texts(self.page())[0])

    def test_a_reference_that_is_provisional_is_said_so(self):
        self.week(0)
        self.assertTrue(any(text.startswith("Provisional") for text in self.texts(self.page())))

    def test_figures_of_a_demonstration_are_called_so(self):
        self.deployment.sudo().is_demonstration = True
        self.assertIn("prove nothing", self.texts(self.page())[0])

    def test_unusual_records_have_no_outcomes_to_watch(self):
        self.env.cr.execute("UPDATE ai_deployment SET method = 'anomaly' WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        page = self.page()
        self.assertIsNone(page["order"])
        self.assertIn("if the deployment predicts an outcome", page["outcomes"]["empty"])


@tagged("post_install", "-at_install")
class TestDashboardAccess(DashboardCase):
    def test_who_answers_for_it_or_audits_it_opens_the_page(self):
        self.week(5)
        for user in (self.owner, self.deputy, self.manager, self.auditor):
            self.assertEqual(self.page(user=user)["state"], "ready")

    def test_nobody_else_does(self):
        for user in (self.seller, self.other_owner, self.reviewer, self.accountant):
            with self.assertRaises(AccessError, msg=user.login):
                self.page(user=user)

    def test_no_value_of_a_record_travels(self):
        self.week(5)
        self.week(6, country=False)
        told = json.dumps(self.page(NOW + 7 * WEEK))
        for value in ("Belgium", "20000", "10,000", "Lead 1"):
            self.assertNotIn(value, told)

    def test_the_page_asks_few_queries_and_not_more_for_more_weeks(self):
        for number in range(6):
            self.week(number)
        self.page()  # what is kept per process
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(SHOWN), self.assertQueryCount(22):
            self.deployment.with_user(self.owner).monitoring_page()

    def test_the_page_reads_no_lines_of_the_log_and_no_records(self):
        self.week(5)
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.page()
        self.assertTrue(any("ai_deployment_profile" in statement for statement in statements))
        self.assertTrue(any("ai_deployment_day_count" in statement for statement in statements))
        self.assertFalse([s for s in statements if "ai_deployment_inference" in s or "crm_lead" in s])
