"""Data quality in the weekly look: each fault becomes one alert that says where the records came from."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring import ai_deployment_reference
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

WEEK = timedelta(days=7)


class WeeksCase(AiDeploymentCase):
    """Weeks of leads just as the version learned from, changed where a test says so."""

    def leads(self, count, **values):
        """As many leads with the shares of the reference: two thirds Belgium, a quarter without a country."""
        rows = []
        for number in range(count):
            country = False if number % 4 == 0 else (self.belgium if number % 12 % 3 else self.usa).id
            revenue = (500, 5000, 20000)[number % 3]
            rows.append({"name": "x", "type": "opportunity", "country_id": country, "expected_revenue": revenue})
        return self.env["crm.lead"].create([{**row, **values} for row in rows])

    def come_in(self, leads, week):
        """Created in the middle of `week` and scored then."""
        self.env.flush_all()
        moment = NOW + week * WEEK + timedelta(days=3)
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [moment, leads.ids])
        self.env.invalidate_all()
        self.deployment._score(leads, now=moment)
        return leads

    def look(self, week):
        """The report at the end of `week`."""
        end = NOW + (week + 1) * WEEK + timedelta(days=3)
        with clock.at(end):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search([("deployment_id", "=", self.deployment.id)], limit=1)

    def alerts(self, prefix=""):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("state", "=", "firing"), ("cause", "=like", f"{prefix}%")]
        )


@tagged("post_install", "-at_install")
class TestQuality(WeeksCase):
    def test_ordinary_weeks_are_silent(self):
        for week in range(7):
            self.come_in(self.leads(60), week)
            report = self.look(week)
        self.assertEqual(report.row_count, 60)
        self.assertFalse(self.alerts("quality:"))
        self.assertEqual(set(report.line_ids.filtered(lambda line: line.key == "rows").mapped("verdict")), {"quiet"})

    def test_amounts_in_another_unit(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        broken = self.come_in(self.leads(30, expected_revenue=5e9), 1)
        self.come_in(self.leads(70), 1)
        self.look(1)
        alert = self.alerts("quality:expected_revenue:range")
        self.assertIn("Expected Revenue is beyond all earlier values on 30 % of leads, 0 % before", alert.name)
        self.assertIn("decimal", alert.suggestion)
        self.assertFalse(self.alerts("drift:expected_revenue"), "what is broken has not moved as well")
        action = alert.with_user(self.owner).action_open_records()
        self.assertEqual(self.env["crm.lead"].search(action["domain"]), broken.sorted())

    def test_one_value_everywhere(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(100, country_id=self.usa.id), 1)
        self.look(1)
        alert = self.alerts("quality:country_id:constant")
        self.assertIn("Country is “United States” on all leads", alert.name)

    def test_nothing_comes_any_more(self):
        for week in range(6):
            self.come_in(self.leads(60), week)
            self.look(week)
        report = self.look(6)
        self.assertEqual((report.row_count, report.verdict), (0, "cannot_judge"))
        alert = self.alerts("quality:rows:volume")
        self.assertIn("0 leads came in the last week, about 60 in those before", alert.name)
        for week in range(7, 11):
            self.come_in(self.leads(60), week)
            self.look(week)
        self.assertEqual(alert.state, "resolved")

    def test_old_records_come_late_except_in_the_first_load(self):
        for week in (0, 1):
            leads = self.leads(80)
            self.env.flush_all()
            self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [NOW - WEEK, leads.ids])
            self.env.invalidate_all()
            self.deployment._score(leads, now=NOW + week * WEEK + timedelta(days=3))
            self.look(week)
            self.assertEqual(len(self.alerts("quality:rows:late")), week)
        alert = self.alerts("quality:rows:late")
        self.assertIn("100 % of leads were older than a week when they were scored first", alert.name)
        self.assertEqual(len(self.env["crm.lead"].search(alert.action_open_records()["domain"])), 80)

    def test_a_flood_for_reviewers_is_a_notice(self):
        self.deployment.audit_share = 0.0
        for week in range(6):
            self.deployment.min_confidence = 1.0 if week >= 5 else 0.0
            self.come_in(self.leads(60), week)
            self.look(week)
        alert = self.alerts("quality:rows:review")
        self.assertEqual(alert.level, "notice")
        self.assertIn("100 % of leads went to a person, 0 % in the weeks before", alert.name)

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

    def test_nobody_sees_records_or_values_that_are_not_theirs(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(100, country_id=self.usa.id, user_id=self.other_seller.id), 1)
        self.look(1)
        alert = self.alerts("quality:country_id:constant")
        with self.assertRaises(AccessError):
            alert.with_user(self.manager).action_open_records()  # reads no leads
        self.deployment.feature_ids.filtered(lambda feature: feature.path == "country_id").sensitive = True
        with self.assertRaisesRegex(AccessError, "protected"):
            alert.with_user(self.owner).action_open_records()

    def test_an_alert_whose_log_is_gone_still_speaks(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(100, country_id=self.usa.id), 1)
        self.look(1)
        line = self.alerts("quality:country_id:constant").line_id
        self.env["ai.deployment.inference"].search([("deployment_id", "=", self.deployment.id)])._purge()
        self.assertEqual(line._common_text(), "")
        with self.assertRaisesRegex(UserError, "None of these records"):
            line.action_open_records()

    def test_an_alert_without_records_says_so(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "other", name="x")
        self.assertFalse(alert.has_records)
        with self.assertRaises(UserError):
            alert.action_open_records()

    def test_changes_of_set_up_near_the_onset_are_listed(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        stage = self.env["crm.stage"].create({"name": "Negotiation"})
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_stage SET create_date = %s WHERE id = %s", [NOW + WEEK, stage.id])
        self.come_in(self.leads(100, country_id=False), 1)
        self.look(1)
        self.env.invalidate_all()
        self.assertIn("“Negotiation”", self.alerts("drift:country_id:missing").events)


@tagged("post_install", "-at_install")
class TestReference(WeeksCase):
    def weeks(self, count, rows=60, **values):
        for week in range(count):
            self.come_in(self.leads(rows, **values), week)
            self.look(week)

    def adopt(self, week, user=None):
        with clock.at(NOW + week * WEEK + timedelta(days=3)):
            return self.deployment.with_user(user or self.owner).action_adopt_reference()

    def test_too_few_weeks_or_records_are_refused_in_a_sentence(self):
        self.weeks(5)
        with self.assertRaisesRegex(UserError, "needs 1000 records of 8 weeks"):
            self.adopt(5)

    def test_only_who_answers_for_it_adopts(self):
        with self.assertRaises(AccessError):
            self.adopt(5, self.reviewer)

    def test_an_owner_adopts_what_has_become_ordinary(self):
        self.patch(ai_deployment_reference, "MIN_ROWS", 400)
        self.weeks(10, country_id=self.usa.id)
        self.assertTrue(self.alerts("quality:country_id:constant"))
        notice = self.alerts("reference")
        self.assertEqual(notice.level, "notice")
        self.assertIn("540 leads of 9 weeks have been scored", notice.name)
        self.assertIn("provisional", self.deployment.reference_text)
        self.adopt(10)
        self.assertEqual(notice.state, "resolved")
        reference = self.env["ai.deployment.reference"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((reference.row_count, reference.adopted_by_id), (540, self.owner))
        self.env.invalidate_all()
        self.assertIn("540 records from", self.deployment.reference_text)
        self.come_in(self.leads(60, country_id=self.usa.id), 10)
        report = self.look(10)
        self.assertFalse(report.is_provisional)
        self.assertEqual(report.reference_count, 540)
        self.assertFalse(report.line_ids.filtered(lambda line: line.key == "country_id" and line.exceeded))
        with self.assertRaises(UserError):
            reference.write({"row_count": 1})

    def test_another_version_is_compared_with_what_it_learned_from(self):
        self.patch(ai_deployment_reference, "MIN_ROWS", 400)
        self.weeks(10)
        self.adopt(10)
        self.assertFalse(self.env["ai.deployment.reference"]._of(self.version)[2])
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertTrue(self.env["ai.deployment.reference"]._of(self.deployment.champion_id)[2])
