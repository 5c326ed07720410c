"""Performance: each score is judged once, when its outcome is due."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.performance import PerformanceMonitor
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools import sampling as drawn
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import HORIZON, WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestPerformance(CohortCase):
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
            parts = [PerformanceMonitor(self.deployment).cohort(NOW.date(), (NOW + WEEK).date()) for _time in range(2)]
        self.assertEqual(parts[0], parts[1])
        self.assertTrue(35 < len(parts[0]) < 85)
        self.assertEqual(len(PerformanceMonitor(self.deployment).cohort(NOW.date(), (NOW + WEEK).date())), 120)

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
        self.assertIn(
            "Not enough data yet: outcomes are due of 40 of 50 leads, counted since 03/02/2026", report.summary
        )
        self.assertIn("the scores predicted 26 wins among them", report.summary)
        self.cohort(1, count=20)
        self.assertEqual(self.report(1).row_count, 80)

    def test_too_few_are_judged_where_what_was_said_cannot_be_true(self):
        """Twenty leads that are all won say enough where five in a hundred were expected."""
        with clock.at(NOW):
            self.deployment._assign_champion(self.keep(self.deployment, self.card(intercept=-4.0)), "test")
        self.cohort(0, count=20, won=0.05, won_large=0.15)
        self.assertEqual(self.report(0).verdict, "cannot_judge", "as said, and too few")
        self.cohort(1, count=10, won=1.0, won_large=1.0)
        report = self.report(1)
        self.assertEqual((report.verdict, report.row_count), ("drifted", 60))
        self.assertIn("predicted", report.summary)

    def test_the_promise_of_what_is_settled_without_a_person_is_watched(self):
        proved = {"positive": [[0.4, 500, 5]], "negative": [[0.4, 500, 5]]}
        version = self.keep(self.deployment, self.card(), held_out={"curves": proved})
        with clock.at(NOW):
            self.deployment._assign_champion(version, "test")
        self.deployment.write({"routing": "error", "target_error": 0.2})
        self.cohort(0, won=0.1, won_large=0.1)
        line = self.line(self.report(0), "error_automatic")
        self.assertTrue(line.exceeded)
        self.assertIn("error target: at most 20 %", line.text)

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

    def test_outcomes_that_come_in_one_import_are_not_counted_as_not_won(self):
        usual, large = self.cohort(0, won=0.0, won_large=0.0)
        leads = usual + large
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'pending', date_closed = NULL WHERE id = ANY(%s)", [leads.ids]
        )
        self.close(usual[:30] + large[:48], "won", NOW + HORIZON + timedelta(days=6))
        report = self.report(0)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 0))
        self.assertIn(
            "78 wins were entered together on 04/07/2026, after the outcome window (30 days)", report.blind_spot
        )
        self.assertIn("The outcome of 120 leads was not known in time", report.blind_spot)
        self.assertFalse(self.alerts())
        self.cohort(1)
        report = self.report(1)
        self.assertEqual((report.verdict, report.row_count), ("quiet", 120))

    def test_weeks_that_differed_when_it_was_tested_may_differ_later(self):
        weeks = [[0.6 * (-1) ** number, 200.0] for number in range(12)]
        version = self.keep(self.deployment, self.card(), held_out={"weeks": weeks})
        self.assertAlmostEqual(PerformanceMonitor(self.deployment, version).spread_between_weeks(), 0.75, delta=0.1)
        self.assertAlmostEqual(PerformanceMonitor(self.deployment, version).spread_between_weeks(2), 0.53, delta=0.1)
        self.assertEqual(PerformanceMonitor(self.deployment, self.version).spread_between_weeks(), 0.0)
