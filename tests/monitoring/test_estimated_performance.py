"""Parts of a cohort, what was expected of it, the life of a version, how long outcomes take, and people's estimates."""

import json
from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.test_performance import HORIZON, WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestOutlook(CohortCase):
    def line(self, report, key):
        return report.line_ids.filtered(lambda line: line.key == key)

    def tested_on(self, usual=0.5, large=0.8, count=400):
        """The version was tested on as many usual and large leads, which ended in these shares."""
        values = [0.5] * count + [0.8] * count
        labels = [n < usual * count for n in range(count)] + [n < large * count for n in range(count)]
        version = self.version.sudo()
        kept = {
            **(version.held_out or {}),
            "outcomes": {"labels": list(map(int, labels)), "values": values},
            "weeks": [[0.0, 25.0]] * 8,
        }
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET held_out = %s::jsonb WHERE id = %s", [json.dumps(kept), version.id]
        )
        self.env.invalidate_all()

    # Parts

    def test_a_part_of_the_business_that_is_served_badly_is_named(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "team_id")
        north, south = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        for week in (0, 1):
            usual, large = self.cohort(week, won=0.5)
            self.env.flush_all()
            self.env.cr.execute("UPDATE crm_lead SET team_id = %s WHERE id = ANY(%s)", [south.id, (usual + large).ids])
            self.env.invalidate_all()
            unlucky = self.make_leads(80, team_id=north.id)
            moment = NOW + week * WEEK
            self.came_in(unlucky, moment - timedelta(hours=1))
            self.deployment._score(unlucky, now=moment)
            self.close(unlucky[:10], "won", moment + timedelta(days=10))
            self.close(unlucky[10:], "lost", moment + timedelta(days=10))
            report = self.report(week)
        line = self.line(report, f"segment:{north.id}")
        self.assertTrue(line.exceeded)
        self.assertEqual(line.text, "Sales Team “North”: the scores said 50 % wins on average, 12 % came true")
        self.assertFalse(self.line(report, f"segment:{south.id}").exceeded)
        alert = self.alerts().filtered(lambda alert: alert.cause == f"performance:segment:{north.id}")
        self.assertIn("“North”", alert.name)

    def test_only_a_field_that_points_to_something_makes_parts(self):
        fields = self.env["ir.model.fields"]
        for field in (
            fields._get("crm.lead", "name"),
            fields._get("res.partner", "team_id"),
            fields._get("res.partner", "parent_id"),
            fields._get("crm.lead", "tag_ids"),
        ):
            if field:
                with self.subTest(field=field.name), self.assertRaisesRegex(ValidationError, "points to another one"):
                    self.deployment.with_user(self.owner).segment_field_id = field
        self.deployment.with_user(self.owner).segment_field_id = fields._get("crm.lead", "team_id")

    def test_where_all_are_off_no_part_is_blamed(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "team_id")
        for week in (0, 1):
            self.cohort(week, won=0.1, won_large=0.3)
            report = self.report(week)
        self.assertTrue(self.line(report, "in_the_large").exceeded)
        self.assertFalse(report.line_ids.filtered(lambda line: line.test == "segment" and line.exceeded))

    def test_an_alert_that_was_dealt_with_starts_the_count_anew(self):
        self.tested_on()
        for week in range(4):  # as many as said, in the wrong order
            self.cohort(week, won=0.8, won_large=0.5)
            line = self.line(self.report(week), "watch:order")
        self.assertTrue(line.exceeded)
        self.assertIn("has little to do with their scores", line.text)
        [alert] = self.alerts()
        self.assertEqual(alert.cause, "performance:auc", "one alert for one cause")
        with clock.at(NOW + 4 * WEEK + HORIZON + timedelta(hours=1)):
            alert.with_user(self.owner).action_acknowledge()
        self.cohort(4)
        line = self.line(self.report(4), "watch:calibration")
        self.assertIn("Of 120 leads since it serves", line.text)
        self.assertFalse(self.line(line.report_id, "watch:order").exceeded)
        self.cohort(5)
        self.assertIn("Of 240 leads", self.line(self.report(5), "watch:calibration").text, "begun anew once")

    def test_a_field_that_is_gone_gives_no_parts_and_no_fault(self):
        field = self.env["ir.model.fields"].create(
            {"name": "x_region_id", "model_id": self.lead_model.id, "ttype": "many2one", "relation": "res.country"}
        )
        self.deployment.segment_field_id = field
        field.unlink()
        self.cohort(0)
        self.assertFalse(self.report(0).line_ids.filtered(lambda line: line.test == "segment"))

    # What is expected

    def test_what_a_week_will_come_to_is_estimated_before_it_has(self):
        self.tested_on()
        self.cohort(0)
        with clock.at(NOW + WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")
        line = self.line(report, "estimate:win_rate")
        self.assertAlmostEqual(line.statistic, 0.65, delta=0.02)
        self.assertTrue(line.low < 0.65 < line.high)
        self.assertIn("as long as equal scores end as before", self.line(report, "estimate:auc").text)

    def test_nothing_is_estimated_while_chances_do_not_come_true(self):
        self.tested_on()
        for week in (0, 1):
            self.cohort(week, won=0.1, won_large=0.3)
            self.report(week)
        self.cohort(8)
        with clock.at(NOW + 9 * WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")[0]
        self.assertIn("Not estimated: lately the chances", self.line(report, "estimate:auc").text)

    def test_scores_unlike_those_that_tested_the_version_are_not_estimated(self):
        self.tested_on()
        leads = self.make_leads(80, expected_revenue=10, country_id=self.usa.id)
        self.came_in(leads, NOW)
        self.deployment._score(leads, now=NOW)
        with clock.at(NOW + WEEK):
            self.deployment._monitor()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "drift")
        self.assertIn("100 % of the scores are unlike any", self.line(report, "estimate:auc").text)

    def test_equal_scores_that_end_otherwise_raise_an_alert(self):
        self.tested_on(usual=0.1, large=0.9)
        for week in (0, 1):
            self.cohort(week, won=0.7, won_large=0.6)
            report = self.report(week)
        self.assertTrue(self.line(report, "gap").exceeded)
        text = self.line(report, "gap").text
        self.assertIn("was expected to have the higher score in 90 % of cases, and had it in 45 %", text)
        self.assertFalse(self.alerts().filtered(lambda alert: alert.cause == "performance:gap"))
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:auc")
        self.assertIn("in 45 % of cases (34 % to 55 %); expected from its test: at least 77 %", alert.name)
        self.assertIn("Set “Order Right at Least” to 77 %", alert.suggestion)

    def test_wins_that_the_score_gave_up_are_counted_with_their_money(self):
        self.cohort(0)
        lost = self.make_leads(60, expected_revenue=500, country_id=self.usa.id)
        self.came_in(lost, NOW - timedelta(hours=1))
        self.deployment._score(lost, now=NOW)
        self.close(lost[:3], "won", NOW + timedelta(days=10))
        self.close(lost[3:], "lost", NOW + timedelta(days=10))
        text = self.line(self.report(0), "given_up").text
        self.assertIn("3 wins had been given up by the score, and nobody looked", text)
        self.assertIn("1,500.00", text)

    # The whole life

    def test_errors_that_add_up_are_seen_whatever_the_weeks_say(self):
        self.tested_on()
        for week in range(3):
            self.cohort(week, won=0.5, won_large=0.8)
            report = self.report(week)
        self.assertIn("Over 360 outcomes", self.line(report, "risk").text)
        self.assertFalse(report.line_ids.filtered("exceeded"))
        for week in range(3, 9):
            self.cohort(week, won=0.65, won_large=0.9)
            report = self.report(week)
        line = self.line(report, "watch:calibration")
        self.assertTrue(line.exceeded)
        self.assertIn("Of 1,080 leads since it serves 73 % wins came true, where 66 % were said", line.text)

    def test_another_version_starts_anew(self):
        self.tested_on()
        self.cohort(0)
        self.report(0)
        self.assertEqual(self.deployment.sudo().risk_state["version"], self.version.id)
        self.serve(self.deployment, self.card())
        self.assertFalse(self.deployment._risk_values(self.deployment.champion_id, [1] * 9, [0.5] * 9))

    # How long outcomes take

    def test_how_long_outcomes_take_counts_the_open_ones(self):
        self.cohort(0)
        open_leads = self.make_leads(40)
        self.came_in(open_leads, NOW)
        with clock.at(NOW + HORIZON):
            self.env.invalidate_all()
            self.assertEqual(
                self.deployment.maturity_text,
                "75 % of leads are decided within 30 days; 80 % never were so far",
            )
            self.close(open_leads[:20], "lost", NOW + timedelta(days=20))
            self.env.invalidate_all()
            self.assertIn("80 % of leads are decided by day 20, 88 % within the 30 days", self.deployment.maturity_text)

    def test_too_few_decisions_say_so(self):
        self.assertEqual(self.deployment.maturity_text, "Not known yet: too few are decided")

    # People

    def estimated_by_hand(self, leads, share):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = 40, probability = %s WHERE id = ANY(%s)",
            [100 * share, leads.ids],
        )
        self.env.invalidate_all()

    def test_an_estimate_by_hand_is_logged_once(self):
        lead = self.make_leads()
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = 40, probability = 40 WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        self.deployment._score(lead, now=NOW)
        self.assertFalse(any(self.inferences_of(lead).mapped("person_value")))
        self.estimated_by_hand(lead, 0.9)
        for minutes in (1, 2):
            self.deployment._score(lead, now=NOW + timedelta(minutes=minutes))
        self.assertEqual(sorted(self.inferences_of(lead).mapped("person_value")), [0.0, 0.9])

    def test_people_who_know_better_are_said_to(self):
        usual, large = self.cohort(0)
        leads = usual + large
        self.env.cr.execute("UPDATE crm_lead SET won_status = 'pending' WHERE id = ANY(%s)", [leads.ids])
        winners = usual[:30] + large[:48]
        self.estimated_by_hand(winners, 0.9)
        self.estimated_by_hand(leads - winners, 0.1)
        self.deployment._score(leads, now=NOW + timedelta(days=2))
        self.close(winners, "won", NOW + timedelta(days=20))
        self.close(leads - winners, "lost", NOW + timedelta(days=20))
        report = self.report(0)
        self.assertEqual(
            set(report.line_ids.filtered(lambda line: line.key.startswith("person:")).mapped("text")),
            {"People estimated better on the same 120 records"},
        )
        self.assertFalse(self.alerts().filtered(lambda alert: "person" in alert.cause), "shown, not an alert")
