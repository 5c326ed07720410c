"""Outcomes in words: where wins stop, and when there will be enough to judge."""

from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import outcomes
from odoo.addons.ai_deployment.models.monitoring.performance_wording import PerformanceWording
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import HORIZON, WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestPerformanceWording(CohortCase):
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
        self.assertIn("66 % wins on average, 0 % occurred", alert.name.replace("65 %", "66 %"))
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
        self.assertIn("The latest leads ended on 03/12/2026, with or without a win", alert.suggestion)

    def test_three_records_a_week_say_when_there_will_be_enough(self):
        for week in range(4):
            self.cohort(week, count=2)
            report = self.report(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 16))
        self.assertIn("outcomes are due of 16 of 50 leads, counted since 03/02/2026", report.summary)
        self.assertIn("At the current rate they are due about 06/", report.summary)
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(report.summary, [message["text"] for message in page["messages"]])

    def test_late_wins_of_a_normal_week_are_late(self):
        _usual, large = self.cohort(0)
        self.close(large[:6], "won", NOW + HORIZON + timedelta(days=1))
        report = self.report(0)
        self.assertEqual(report.row_count, 120)
        self.assertIn("6 wins were entered together", report.blind_spot)
        self.assertNotIn("is unknown", report.blind_spot)

    def test_wins_that_the_score_gave_up_are_counted_with_their_money(self):
        self.cohort(0)
        lost = self.make_leads(60, expected_revenue=500, country_id=self.usa.id)
        self.came_in(lost, NOW - timedelta(hours=1))
        self.deployment._score(lost, now=NOW)
        self.close(lost[:3], "won", NOW + timedelta(days=10))
        self.close(lost[3:], "lost", NOW + timedelta(days=10))
        text = self.line(self.report(0), "given_up").text
        self.assertIn("3 wins had a negative score and were not reviewed", text)
        self.assertIn("1,500.00", text)

    def test_each_figure_in_words(self):
        wording = PerformanceWording(self.deployment)
        order = "Of two leads, the positive one had the higher score in 70 % of cases (60 % to 80 %)"
        wrong = "5 % of the automatic decisions were wrong (2 % to 9 %)"
        auc, error = {"statistic": 0.7, "low": 0.6, "high": 0.8}, {"statistic": 0.05, "low": 0.02, "high": 0.09}
        for name, values, expected in (
            ("win_rate", {"statistic": 0.25}, "25 % wins among leads"),
            ("win_rate", {"statistic": 0.0, "threshold": 0.4}, "0 % wins among leads, 40 % before"),
            ("in_the_large", {"statistic": 0.1}, "The scores predicted 30 % wins on average, 40 % occurred"),
            ("in_the_large", {"statistic": -0.1}, "The scores predicted 30 % wins on average, 20 % occurred"),
            ("in_the_large", {"statistic": -0.5}, "The scores predicted 30 % wins on average, 0 % occurred"),
            ("slope", {"statistic": 0.5}, "Scores spread as outcomes do"),
            ("slope", {"statistic": 0.9, "exceeded": True}, "High scores are too high and low scores too low"),
            ("slope", {"statistic": 0.0, "exceeded": True}, "High scores are too high and low scores too low"),
            ("slope", {"statistic": 1.2, "exceeded": True}, "High scores are too low and low scores too high"),
            ("auc", auc, order),
            ("auc", {**auc, "threshold": 0.65}, f"{order}; required: 65 %"),
            (
                "auc",
                {**auc, "threshold": 0.65, "test": outcomes.PROPOSED},
                f"{order}; expected from the test: at least 65 %",
            ),
            ("average_precision", {"statistic": 0.5}, "50 %"),
            ("precision_at_capacity", {"statistic": 0.5}, "50 %"),
            ("brier", {"statistic": 0.1234}, "0.123"),
            ("brier_skill", {"statistic": -0.1}, "The scores are 10 % less accurate than the base rate of wins"),
            ("brier_skill", {"statistic": 0.1}, "The scores are 10 % more accurate than the base rate of wins"),
            ("brier_skill", {"statistic": 0.0}, "The scores are 0 % more accurate than the base rate of wins"),
            ("error_automatic", error, wrong),
            ("error_automatic", {**error, "threshold": 0.04}, f"{wrong}; error target: at most 4 %"),
            (
                "auc",
                {},
                "Not enough data yet: of 3 outcomes 2 are wins, and 10 of either kind are needed",
            ),
        ):
            with self.subTest(name, **values):
                result = outcomes.OutcomeResult(name, values.pop("test", "figure"), **values)
                line = wording.line(result, [0.2, 0.4], (True, False, True))
                self.assertEqual((line["key"], line["text"]), (name, expected))

    def test_what_was_not_tested_proves_nothing(self):
        wording = PerformanceWording(self.deployment)
        for values, expected in (
            ({}, (0.0, 1.0, 1.0)),
            ({"threshold": 0.3, "p_value": 0.0, "adjusted_p": 0.0}, (0.3, 0.0, 0.0)),
        ):
            line = wording.line(outcomes.OutcomeResult("brier", "figure", 0.1, **values), [], ())
            self.assertEqual((line["threshold"], line["p_value"], line["adjusted_p"]), expected)

    def test_when_a_cohort_may_be_judged(self):
        """Fifty outcomes and ten of either kind are needed; a day more than three years ahead is no promise."""
        wording, start = PerformanceWording(self.deployment), date(2026, 1, 1)
        for values, days, due in (
            ([0.5] * 10, 10, 5 * 10 + 30),
            ([0.5] * 7, 10, 102),  # 50 / 7 x 10 + 30 = 101.4
            ([0.125] * 40, 10, 2 * 10 + 30),
            ([0.875] * 40, 10, 2 * 10 + 30),
            ([0.0] * 10, 10, 100 * 10 + 30),
            ([1.0] * 10, 10, 100 * 10 + 30),
            ([0.5] * 10, 213, 3 * 365),
            ([0.5] * 10, 214, None),
        ):
            with self.subTest(values=values[:1], count=len(values), days=days):
                text = wording.not_judged(values, start, start + timedelta(days=days))
                self.assertIn(f"outcomes are due of {len(values)} of 50 leads, counted since 01/01/2026", text)
                told = due and f"they are due about {(start + timedelta(days=due)).strftime('%m/%d/%Y')}."
                self.assertTrue(text.endswith(told or "are needed."), text)
        self.assertEqual(
            wording.not_judged([], start, start),
            "Not enough data yet: no outcome is due of leads scored since 01/01/2026.",
        )

    def test_wins_of_one_import_are_told(self):
        wording, day = PerformanceWording(self.deployment), date(2026, 4, 1)
        self.assertEqual(wording.entered_together(None), "")
        text = "6 wins were entered together on 04/01/2026, after the outcome window (30 days)."
        self.assertEqual(wording.entered_together(outcomes.Together(day, 6, frozenset())), text)
        self.deployment.horizon_days = 1
        self.assertIn("(1 day).", wording.entered_together(outcomes.Together(day, 6, frozenset())))
        self.deployment.horizon_days = 30
        self.assertEqual(
            wording.entered_together(outcomes.Together(day, 6, frozenset({1, 2}))),
            f"{text} The outcome of 2 leads was not known in time, so they are excluded.",
        )

    def test_what_was_given_up_is_a_share_of_all(self):
        wording, leads = PerformanceWording(self.deployment), self.make_leads(3, expected_revenue=0)
        self.assertEqual(wording.given_up_lines([], 12), [])
        [line] = wording.given_up_lines(leads.ids, 12)
        self.assertEqual(line["text"], "3 wins had a negative score and were not reviewed")
        untested = {"statistic": 0.25, "threshold": 0.0, "p_value": 1.0, "adjusted_p": 1.0, "exceeded": False}
        self.assertEqual({name: line[name] for name in untested}, untested)
        self.assertEqual(line["verdict"], "quiet")

    def test_an_alert_begins_with_how_far_the_scores_are_worse(self):
        wording, lines = PerformanceWording(self.deployment), self.env["ai.deployment.report.line"]
        order, share = (lines.new({"key": key, "text": key}) for key in ("slope", "win_rate"))
        skill = {"brier_skill": lines.new({"key": "brier_skill", "text": "Worse"})}
        self.assertEqual(wording.alert(order, NOW.date(), {}), "slope (created since 03/02/2026)")
        self.assertEqual(wording.alert(order, NOW.date(), skill), "Worse. slope (created since 03/02/2026)")
        worse = skill["brier_skill"]
        self.assertEqual(wording.alert(worse, NOW.date(), skill), "Worse (created since 03/02/2026)")
        self.assertIn("win_rate (", wording.alert(share, NOW.date(), {}))

    def test_what_to_do_follows_from_the_line(self):
        wording, lines = PerformanceWording(self.deployment), self.env["ai.deployment.report.line"]

        def suggested(key, rate=0.2, **values):
            line = lines.new({"key": key, **values})
            rates = lines.new({"key": "win_rate", "statistic": rate})
            report = self.env["ai.deployment.report"].new({"line_ids": [(4, line.id), (4, rates.id)]})
            return wording.suggestion(line, report)

        again = "Retrain with the outcomes known now, and compare."
        for key, values, expected in (
            ("auc", {"test": "proposed", "threshold": 0.6}, "Set “Minimum AUC” to 60 %"),
            ("auc", {"test": "floor", "threshold": 0.6}, again),
            ("slope", {"test": "proposed"}, again),
            ("brier_skill", {}, "Until a better version serves, the base rate of wins is more accurate"),
            ("in_the_large", {}, again),
            ("in_the_large", {"rate": 0.0}, "Check whether and where wins are entered."),
            ("win_rate", {"rate": 0.0}, "Check whether and where wins are entered."),
            ("slope", {"rate": 0.0}, again),
        ):
            with self.subTest(key, **values):
                self.assertTrue(suggested(key, **values).startswith(expected), suggested(key, **values))
