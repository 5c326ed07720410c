"""What came true: each score judged once, when its outcome is due, and one alert in plain words where it went wrong."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools import sampling as drawn
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

WEEK = timedelta(days=7)
HORIZON = timedelta(days=30)


class CohortCase(AiDeploymentCase):
    """Leads of one kind are won in as many cases as the card says: a half of the usual, four fifths of the large."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 30
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE ai_deployment_version SET positive_count = 660 WHERE id = %s", [cls.version.id])
        cls.env.invalidate_all()

    def cohort(self, week, won=0.5, won_large=0.8, count=60):
        """Leads of one week, half of them large, scored as they come and closed ten days later."""
        usual, large = self.make_leads(count), self.make_leads(count, expected_revenue=20000)
        moment = NOW + week * WEEK
        self.came_in(usual + large, moment - timedelta(hours=1))
        self.deployment._score(usual + large, now=moment)
        for leads, share in ((usual, won), (large, won_large)):
            winners = leads[: round(share * count)]
            self.close(winners, "won", moment + timedelta(days=10))
            self.close(leads - winners, "lost", moment + timedelta(days=10))
        return usual, large

    def came_in(self, leads, moment):
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [moment, leads.ids])
        self.env.invalidate_all()

    def close(self, leads, status, moment):
        leads.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = %s, date_closed = %s WHERE id = ANY(%s)", [status, moment, leads.ids]
        )
        leads.invalidate_recordset()

    def report(self, week):
        """The monitoring run when the outcomes of `week` are due; its report on what came true."""
        with clock.at(NOW + (week + 1) * WEEK + HORIZON):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search(
            [("kind", "=", "performance"), ("window_end", "=", (NOW + (week + 1) * WEEK).date())]
        )

    def alerts(self):
        return self.env["ai.deployment.alert"].search([("cause", "=like", "performance:%"), ("state", "=", "firing")])


@tagged("post_install", "-at_install")
class TestPerformance(CohortCase):
    def line(self, report, key):
        return report.line_ids.filtered(lambda line: line.key == key)

    def test_scores_that_come_true_raise_nothing(self):
        for week in range(3):
            self.cohort(week, won=0.5, won_large=0.82)
            report = self.report(week)
            self.assertEqual((report.row_count, report.verdict), (120, "quiet"), report.line_ids.mapped("text"))
        self.assertFalse(self.alerts())
        self.assertAlmostEqual(self.line(report, "auc").statistic, (49 * 30 + (30 * 30 + 49 * 11) / 2) / (79 * 41), 4)

    def test_nothing_is_judged_before_its_outcome_is_due(self):
        self.cohort(0)
        with clock.at(NOW + WEEK + HORIZON - timedelta(days=1)):
            self.deployment._monitor()
        self.assertFalse(self.env["ai.deployment.report"].search([("kind", "=", "performance")]))
        self.assertTrue(self.report(0))

    def test_of_very_many_scores_a_part_is_judged_and_always_the_same(self):
        self.cohort(0)
        with patch.object(drawn, "MOST", 60):
            parts = [self.deployment._cohort(self.version, NOW.date(), (NOW + WEEK).date()) for _time in range(2)]
        self.assertEqual(parts[0], parts[1])
        self.assertTrue(35 < len(parts[0]) < 85)
        self.assertEqual(len(self.deployment._cohort(self.version, NOW.date(), (NOW + WEEK).date())), 120)

    def test_a_week_without_any_score_cannot_be_judged(self):
        self.cohort(0)
        self.report(0)
        report = self.report(1)
        self.assertEqual((report.row_count, report.verdict), (0, "cannot_judge"))
        self.assertEqual(report.window_start, (NOW + WEEK).date())

    def test_a_score_is_judged_once(self):
        self.cohort(0)
        first = self.report(0)
        self.cohort(1)
        second = self.report(1)
        self.assertEqual((first.row_count, second.row_count), (120, 120))
        self.assertEqual(second.window_start, first.window_end)

    def test_won_after_the_horizon_and_still_open_count_as_not_won(self):
        usual, large = self.cohort(0, won=0, won_large=1.0)
        self.close(large[:20], "won", NOW + HORIZON + timedelta(days=1))
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'pending', date_closed = NULL WHERE id = ANY(%s)", [usual.ids]
        )
        self.assertAlmostEqual(self.line(self.report(0), "win_rate").statistic, 40 / 120, 4)

    def test_what_was_closed_before_its_score_or_is_gone_says_nothing(self):
        usual, large = self.cohort(0)
        self.close(large[:10], "won", NOW - timedelta(days=1))
        usual[:5].unlink()
        self.assertEqual(self.report(0).row_count, 105)

    def test_what_was_old_at_its_first_score_has_outlived_others_and_is_left_out(self):
        usual, large = self.cohort(0)
        self.came_in(large, NOW - timedelta(days=8))
        self.came_in(usual, NOW - timedelta(days=6))
        report = self.report(0)
        self.assertEqual((report.row_count, self.line(report, "win_rate").statistic), (60, 0.5))

    def test_too_few_wait_until_there_are_enough(self):
        self.cohort(0, count=20)
        report = self.report(0)
        self.assertEqual(report.verdict, "cannot_judge")
        self.assertIn("Cannot judge yet: outcomes are due of 40 of 50 leads, counted since 03/02/2026", report.summary)
        self.assertIn("the scores said 26 wins among them", report.summary)
        self.cohort(1, count=20)
        self.assertEqual(self.report(1).row_count, 80)

    def test_scores_far_too_high_become_an_alert_in_plain_words_for_the_owner(self):
        self.cohort(0, won=0.1, won_large=0.3)
        self.report(0)
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:in_the_large")
        self.assertIn("The scores said 66 % wins on average, 20 % came true", alert.name)
        self.assertEqual((alert.level, alert.activity_ids.user_id), ("alert", self.owner))
        self.assertEqual(alert.onset_date, NOW.date())

    def test_an_order_below_the_floor_fires_in_the_second_week_and_ends_after_four_good_ones(self):
        self.deployment.floor_auc = 0.6
        for week in range(2):
            self.cohort(week, won=0.6, won_large=0.5)
            report = self.report(week)
            self.assertTrue(self.line(report, "auc").exceeded)
            fired = self.alerts().filtered(lambda alert: alert.cause == "performance:auc")
            self.assertEqual(len(fired), week)
        self.assertIn("asked for: 60 %", fired.name)
        for week in range(2, 6):
            self.cohort(week, won=0.2, won_large=0.8)
            self.report(week)
        self.assertEqual(fired.state, "resolved")

    def test_the_promise_of_what_is_settled_without_a_person_is_watched(self):
        proved = {"positive": [[0.4, 500, 5]], "negative": [[0.4, 500, 5]]}
        version = self.keep(self.deployment, self.card(), held_out={"curves": proved})
        with clock.at(NOW):
            self.deployment._assign_champion(version, "test")
        self.deployment.write({"routing": "error", "target_error": 0.2})
        self.cohort(0, won=0.1, won_large=0.1)
        line = self.line(self.report(0), "error_automatic")
        self.assertTrue(line.exceeded)
        self.assertIn("promised: at most 20 %", line.text)

    def test_odoos_own_estimate_is_compared_on_the_same_records(self):
        leads = self.make_leads(60) + self.make_leads(60, expected_revenue=20000)
        self.env.flush_all()
        self.came_in(leads, NOW)
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = 50 WHERE id = ANY(%s)", [leads.ids])
        self.env.invalidate_all()
        self.deployment._score(leads, now=NOW)
        self.close(leads[60:], "won", NOW + WEEK)
        self.close(leads[:60], "lost", NOW + WEEK)
        report = self.report(0)
        line = self.line(report, "incumbent:auc")
        self.assertAlmostEqual(line.statistic, 0.5)
        self.assertEqual(line.text, "Better than Odoo's own estimate on the same 120 records")

    # When wins stop

    def test_the_day_on_which_wins_stop_is_told_with_where_to_look(self):
        self.jobs_ran(NOW + 2 * WEEK + HORIZON)
        self.cohort(0, won=0.5, won_large=0.8)
        self.assertEqual(self.report(0).verdict, "quiet")
        self.cohort(1, won=0.0, won_large=0.0)
        report = self.report(1)
        self.assertTrue(self.line(report, "in_the_large").exceeded)
        self.assertEqual(self.line(report, "auc").verdict, "cannot_judge")
        self.assertIn("of 120 outcomes 0 are wins, and 10 of either kind are needed", self.line(report, "auc").text)
        [alert] = self.alerts()
        self.assertEqual(alert.cause, "performance:in_the_large")
        self.assertIn("66 % wins on average, 0 % came true", alert.name.replace("65 %", "66 %"))
        self.assertIn("The latest of all wins is of 03/12/2026, while other leads still end", alert.suggestion)
        with clock.at(NOW + 2 * WEEK + HORIZON):
            self.assertEqual(self.deployment.health, "attention")
            self.assertEqual(self.deployment.health_reason, alert.name)

    def test_where_nothing_is_closed_any_more_it_asks_where_outcomes_are_entered(self):
        self.cohort(0)
        self.report(0)
        usual, large = self.cohort(1, won=0.0, won_large=0.0)
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'pending', date_closed = NULL WHERE id = ANY(%s)", [(usual + large).ids]
        )
        self.report(1)
        [alert] = self.alerts()
        self.assertIn("The latest leads ended on 03/12/2026, with a win or without", alert.suggestion)

    def test_the_won_stage_may_be_called_anything(self):
        stage = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        stage.name = "Signed and paid"
        self.cohort(0)
        self.assertEqual(self.report(0).verdict, "quiet")

    def test_rare_wins_let_order_wait_and_nothing_else(self):
        for week in range(2):
            self.cohort(week, won=0.02, won_large=0.05)
            report = self.report(week)
            wins = 4 * (week + 1)
            self.assertIn(f"of {120 * (week + 1)} outcomes {wins} are wins", self.line(report, "auc").text)
        self.cohort(2, won=0.02, won_large=0.05)
        line = self.line(self.report(2), "auc")
        self.assertNotEqual(line.verdict, "cannot_judge", "12 wins in three weeks")

    # Odd outcomes

    def test_outcomes_that_come_in_one_import_are_not_counted_as_not_won(self):
        usual, large = self.cohort(0, won=0.0, won_large=0.0)
        leads = usual + large
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'pending', date_closed = NULL WHERE id = ANY(%s)", [leads.ids]
        )
        self.close(usual[:30] + large[:48], "won", NOW + HORIZON + timedelta(days=6))
        report = self.report(0)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 0))
        self.assertIn("78 wins were entered together on 04/07/2026, later than the 30 days", report.blind_spot)
        self.assertIn("What had come of 120 leads in time is not known", report.blind_spot)
        self.assertFalse(self.alerts())
        self.cohort(1)
        report = self.report(1)
        self.assertEqual((report.verdict, report.row_count), ("quiet", 120))

    def test_late_wins_of_a_normal_week_are_late(self):
        _usual, large = self.cohort(0)
        self.close(large[:6], "won", NOW + HORIZON + timedelta(days=1))
        report = self.report(0)
        self.assertEqual(report.row_count, 120)
        self.assertIn("6 wins were entered together", report.blind_spot)
        self.assertNotIn("not known", report.blind_spot)

    def test_three_records_a_week_say_when_there_will_be_enough(self):
        for week in range(4):
            self.cohort(week, count=2)
            report = self.report(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 16))
        self.assertIn("outcomes are due of 16 of 50 leads, counted since 03/02/2026", report.summary)
        self.assertIn("At this pace they are due about 06/", report.summary)
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(report.summary, [message["text"] for message in page["messages"]])

    # One alert for one cause

    def test_what_is_told_by_a_plainer_line_is_no_alert_of_its_own(self):
        for week in range(2):
            self.cohort(week, won=0.8, won_large=0.1)
            report = self.report(week)
        exceeded = set(report.line_ids.filtered("exceeded").mapped("key"))
        self.assertTrue({"in_the_large", "slope", "brier_skill"} <= exceeded, exceeded)
        causes = set(self.alerts().mapped("cause"))
        self.assertEqual(causes, {"performance:in_the_large", "performance:slope"})
        alert = self.alerts().filtered(lambda alert: alert.cause == "performance:in_the_large")
        self.assertIn("further from the truth than the plain share of wins would be", alert.name)
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(alert.name, [message["text"] for message in page["messages"] if message["level"] == "warning"])

    def test_worse_than_the_plain_share_is_an_alert_without_any_floor(self):
        for week in range(3):
            self.cohort(week, won=0.72, won_large=0.58)
            report = self.report(week)
        line = self.line(report, "brier_skill")
        self.assertEqual(line.test, "proposed")
        self.assertLess(line.statistic, 0)
        self.assertIn("further from the truth than the plain share of wins", line.text)

    def test_a_proposed_floor_never_switches_off(self):
        self.deployment.stop_after = 1
        with patch.object(type(self.deployment), "_tested_auc", return_value=0.9):
            self.cohort(0, won=0.65, won_large=0.65)
            line = self.line(self.report(0), "auc")
        self.assertEqual((line.test, line.exceeded), ("proposed", True))
        self.assertEqual(self.deployment.state, "shadow")

    def test_weeks_that_differed_when_it_was_tested_may_differ_later(self):
        weeks = [[0.6 * (-1) ** number, 200.0] for number in range(12)]
        version = self.keep(self.deployment, self.card(), held_out={"weeks": weeks})
        self.assertAlmostEqual(self.deployment._spread_between_weeks(version), 0.75, delta=0.1)
        self.assertEqual(self.deployment._spread_between_weeks(self.version), 0.0)

    def test_an_open_alert_asks_for_retraining(self):
        self.deployment.trigger_ids.unlink()
        trigger = self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": "performance", "threshold": 1}
        )
        self.cohort(0, won=0.1, won_large=0.3)
        self.report(0)
        self.assertIn("alerts on what came true are open", trigger.fired_reason)
