"""The weekly look: silent while nothing moves, one alert in plain words when something does."""

import random
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from odoo.addons.ai_deployment.models.monitoring.ai_deployment import MONITOR
from odoo.addons.ai_deployment.models.tools import clock, turns
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

TURNS_LOG = "odoo.addons.ai_deployment.models.tools.turns"
WEEK = timedelta(days=7)


@tagged("post_install", "-at_install")
class TestMonitoring(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(11)

    def intake(self, week, count=200, empty=0.25, large=1 / 3):
        """New leads of one week: with the shares that the reference has, unless told otherwise."""
        values = []
        for _number in range(count):
            draw = self.random.random()
            country = False if draw < empty else (self.belgium if draw < empty + (1 - empty) * 2 / 3 else self.usa).id
            draw = self.random.random()
            revenue = 20000 if draw < large else 5000 if draw < large + (1 - large) / 2 else 500
            values.append({"name": "x", "type": "opportunity", "country_id": country, "expected_revenue": revenue})
        leads = self.env["crm.lead"].create(values)
        self.deployment._score(leads, now=NOW + week * WEEK)
        return leads

    def monitor(self, week):
        """Monitor at the end of `week`; the report, if there is one."""
        with clock.at(NOW + (week + 1) * WEEK):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search(
            [("window_end", "=", (NOW + (week + 1) * WEEK).date()), ("deployment_id", "=", self.deployment.id)]
        )

    def alert(self, cause):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", cause)]
        )

    def drift_alerts(self):
        return self.env["ai.deployment.alert"].search([("cause", "=like", "drift:%"), ("state", "=", "firing")])

    def test_quiet_weeks_stay_quiet(self):
        for week in range(4):
            self.intake(week)
            report = self.monitor(week)
            self.assertEqual(report.row_count, 200)
            quiet = report.line_ids.filtered(lambda line: line.key in ("expected_revenue", "country_id"))
            self.assertEqual(
                set(quiet.mapped("verdict")), {"quiet"}, quiet.mapped(lambda line: (line.key, line.test, line.verdict))
            )
        self.assertFalse(self.drift_alerts().filtered(lambda alert: "country_id" in alert.cause))

    def test_a_field_that_runs_empty_is_told_at_once_in_plain_words(self):
        self.intake(0)
        self.monitor(0)
        self.intake(1, empty=0.7)
        report = self.monitor(1)
        line = report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == "missing")
        self.assertTrue(line.exceeded)
        self.assertAlmostEqual(line.reference_share, 248 / 1000, 6)
        share = line.window_share
        alert = self.alert("drift:country_id:missing")
        self.assertEqual((alert.state, alert.level), ("firing", "alert"))
        self.assertIn(f"Country is empty on {100 * share:.0f} % of leads, 25 % before", alert.name)
        self.assertEqual(alert.onset_date, (NOW + WEEK).date())
        activity = alert.activity_ids
        self.assertEqual(activity.user_id, self.owner)
        self.assertEqual(report.verdict, "drifted")
        self.assertIn("Country", report.summary)

    def test_an_empty_field_is_not_told_a_second_time_as_a_moved_one(self):
        self.intake(0, empty=0.7)
        report = self.monitor(0)
        shape = report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == "shape")
        self.assertFalse(shape.exceeded)

    def test_an_alert_is_told_once_and_ends_after_four_quiet_weeks(self):
        self.intake(0, empty=0.7)
        self.monitor(0)
        alert = self.alert("drift:country_id:missing")
        self.intake(1, empty=0.7)
        self.monitor(1)
        self.assertEqual(len(alert.with_context(active_test=False).activity_ids), 1)
        for week in range(2, 6):
            self.assertEqual(alert.state, "firing")
            self.intake(week)
            self.monitor(week)
        self.assertEqual(alert.state, "resolved")
        self.assertFalse(alert.activity_ids)
        self.intake(6, empty=0.7)
        self.monitor(6)
        self.assertEqual((alert.state, alert.reopened_count), ("firing", 1))
        self.assertEqual(len(self.alert("drift:country_id:missing")), 1)

    def test_an_acknowledged_alert_stays_acknowledged_while_it_lasts(self):
        self.intake(0, empty=0.7)
        self.monitor(0)
        alert = self.alert("drift:country_id:missing")
        alert.with_user(self.owner).action_acknowledge()
        self.intake(1, empty=0.7)
        self.monitor(1)
        self.assertEqual(alert.state, "acknowledged")
        self.assertFalse(alert.activity_ids)

    def test_a_shape_that_moves_the_score_is_an_alert(self):
        for week in range(2):
            self.intake(week, large=0.95)
            self.monitor(week)
        alert = self.alert("drift:expected_revenue:shape")
        self.assertEqual((alert.state, alert.level), ("firing", "alert"))
        self.assertIn("Expected Revenue: “10,000 to 100,000” ", alert.name)
        self.assertIn("33 % before", alert.name)

    def test_too_few_records_give_no_verdict_and_are_carried_over(self):
        self.intake(0, count=30)
        report = self.monitor(0)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 30))
        self.assertEqual(report.summary, "Cannot judge yet: 30 of 50 records.")
        self.intake(1, count=40)
        report = self.monitor(1)
        self.assertEqual(report.row_count, 70)
        self.assertEqual(report.window_start, NOW.date())
        self.assertNotEqual(report.verdict, "cannot_judge")
        self.intake(2, count=60)
        report = self.monitor(2)
        self.assertEqual((report.row_count, report.window_start), (60, (NOW + 2 * WEEK).date()))

    def test_a_week_is_judged_once_it_is_over_and_only_once(self):
        self.intake(0)
        with clock.at(NOW + timedelta(days=6)):
            self.deployment._monitor()
        self.assertFalse(self.deployment.report_ids)
        self.monitor(0)
        self.monitor(0)
        with clock.at(NOW + WEEK + timedelta(days=1)):
            self.deployment._monitor()
        self.assertEqual(len(self.deployment.report_ids), 1)

    def test_rescoring_the_same_records_is_not_tested(self):
        leads = self.intake(0)
        self.deployment._score(leads, now=NOW + timedelta(days=1), again=True)
        self.assertEqual(self.monitor(0).row_count, 200)

    def test_one_test_that_was_not_made_is_no_proof_of_anything(self):
        self.intake(0)
        lines = self.monitor(0).line_ids.filtered(lambda line: line.verdict in ("cannot_judge", "constant", "unstable"))
        self.assertTrue(lines)
        self.assertEqual(set(lines.mapped("adjusted_p")), {1.0})

    def test_sensitivity_decides_what_is_tolerated(self):
        self.deployment.drift_sensitivity = "sensitive"
        self.intake(0, large=0.55)
        sensitive = self.monitor(0).line_ids.filtered(
            lambda line: line.key == "expected_revenue" and line.test == "shape"
        )
        self.deployment.drift_sensitivity = "calm"
        self.intake(1, large=0.55)
        calm = self.monitor(1).line_ids.filtered(lambda line: line.key == "expected_revenue" and line.test == "shape")
        self.assertLess(sensitive.threshold, calm.threshold)

    def test_one_broken_deployment_does_not_stop_the_others(self):
        other = self.make_deployment(name="Another", is_primary=False)
        self.serve(other, self.card())
        other.state = "shadow"
        self.intake(0)
        other._score(self.make_leads(60), now=NOW)
        cls = type(self.deployment)
        report = cls._report_drift

        def break_first(deployment):
            if deployment == self.deployment:
                raise ZeroDivisionError
            return report(deployment)

        cron = self.env.ref("ai_deployment.ir_cron_monitor")
        with (
            patch.object(cls, "_report_drift", break_first),
            mute_logger(TURNS_LOG),
            clock.at(NOW + WEEK),
            self.enter_registry_test_mode(),
        ):
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(len(other.report_ids), 1)
        alert = self.alert("broken:monitor")
        self.assertEqual((alert.state, alert.activity_ids.user_id), ("firing", self.owner))
        with clock.at(NOW + WEEK), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(alert.state, "resolved")
        self.assertEqual(len(self.deployment.report_ids), 1)

    def test_a_fault_leaves_nothing_half_done(self):
        self.intake(0, empty=0.7)
        cls = type(self.env["ai.deployment.trigger"])
        with patch.object(cls, "_evaluate", side_effect=ZeroDivisionError), mute_logger(TURNS_LOG):
            with clock.at(NOW + WEEK):
                self.assertFalse(turns.run_or_alert(MONITOR, self.deployment))
        self.assertFalse(self.deployment.report_ids)
        self.assertFalse(self.alert("drift:country_id:missing"))

    def test_a_serialization_failure_is_left_to_the_cron(self):
        error = psycopg2.errors.SerializationFailure("again")
        with patch.object(type(self.deployment), "_monitor", side_effect=error):
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                turns.run_or_alert(MONITOR, self.deployment)

    def test_only_deployments_at_work_are_watched(self):
        self.intake(0)
        self.deployment.state = "suspended"
        with clock.at(NOW + WEEK), self.enter_registry_test_mode():
            self.env.ref("ai_deployment.ir_cron_monitor").method_direct_trigger()
        self.assertFalse(self.deployment.report_ids)

    def test_reports_are_never_edited(self):
        self.intake(0)
        report = self.monitor(0)
        for record, values in ((report, {"verdict": "quiet"}), (report.line_ids[0], {"exceeded": False})):
            with self.assertRaisesRegex(Exception, "never edited"):
                record.sudo().write(values)

    def test_monitoring_reads_the_log_for_the_records_of_an_alert_only(self):
        self.intake(0)
        self.env.flush_all()
        self.env.invalidate_all()
        execute = self.env.cr.execute
        statements = []

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        with patch.object(self.env.cr, "execute", watch):
            self.monitor(0)
        self.assertTrue(any("ai_deployment_profile" in statement for statement in statements))
        alerts = self.deployment.alert_ids.filtered("line_id")
        counts = ("ai_deployment_settled", "ai_deployment_line_state")  # of the ledger, looked at once a day
        logs = [s for s in statements if "ai_deployment_inference" in s and not any(name in s for name in counts)]
        self.assertLessEqual(len(logs), len(alerts))
        self.assertFalse([s for s in logs if "LIMIT" not in s])
        self.assertFalse([s for s in statements if "crm_lead" in s and "WITH ORDINALITY" not in s])

    def test_three_records_a_week_say_since_when_and_until_when_nothing_is_judged(self):
        for week in range(3):
            self.intake(week, count=3)
            report = self.monitor(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 9))
        since = format_date(self.env, NOW.date())
        self.assertIn(f"Since {since} 9 leads have come in; inputs and score are judged from 50 on.", report.blind_spot)
        due = NOW.date() + timedelta(days=117)  # 50 of 3 a week
        self.assertIn(format_date(self.env, due), report.blind_spot)
        texts = [message["text"] for message in self.deployment._monitoring_page()["messages"]]
        self.assertIn(report.blind_spot, texts)

    def test_two_weeks_after_a_failed_job_are_judged_together_and_say_so(self):
        for week in range(3):
            self.intake(week)
        self.monitor(0)
        report = self.monitor(2)
        self.assertEqual((report.row_count, report.window_start), (400, (NOW + WEEK).date()))
        since = format_date(self.env, (NOW + WEEK).date())
        self.assertIn(f"The 2 weeks from {since} on are judged together", report.blind_spot)

    def test_a_reference_of_a_day_says_that_ordinary_weeks_may_ring(self):
        self.intake(0)
        self.assertIn("How much ordinary weeks differ is not known", self.monitor(0).blind_spot)

    def test_a_drift_that_is_small_in_every_week_is_told_once_several_show_it(self):
        lines = self.env["ai.deployment.report.line"]
        for week in range(8):
            self.intake(week, count=60, empty=0.25 + 0.14 * (week > 0))
            report = self.monitor(week)
            lines |= report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == "missing")
        several = lines.filtered(lambda line: line.exceeded and line.weeks == 4)
        self.assertTrue(several)
        self.assertIn("over the last 4 weeks", several[0].text)

    def test_holidays_of_the_company_are_no_loss_of_records(self):
        for week in range(7):
            self.intake(week, count=60)
            self.monitor(week)
        self.intake(7, count=2)
        start, company = NOW + 7 * WEEK, self.deployment.company_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "calendar_id": company.resource_calendar_id.id,
                "company_id": company.id,
                "date_from": start - timedelta(hours=12),
                "date_to": start + timedelta(days=6, hours=12),
            }
        )
        self.monitor(7)
        self.assertFalse(self.alert("quality:rows:volume"))
