"""What came true: each score judged once, when its outcome is due, and one alert in plain words where it went wrong."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models import clock, drawn
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
        self.assertIn("Cannot judge yet: 26 wins among 40 records whose outcome is due; 10 are needed", report.summary)
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

    def test_an_open_alert_asks_for_retraining(self):
        self.deployment.trigger_ids.unlink()
        trigger = self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": "performance", "threshold": 1}
        )
        self.cohort(0, won=0.1, won_large=0.3)
        self.report(0)
        self.assertIn("alerts on what came true are open", trigger.fired_reason)
