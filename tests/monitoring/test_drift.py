"""Input drift: silent while nothing moves, one alert in plain words when something does."""

from datetime import timedelta
from unittest.mock import patch

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.profile import PREDICTION, SCORE, Profile
from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase, WeeksCase


@tagged("post_install", "-at_install")
class TestDrift(IntakeCase):
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

    def test_a_shape_that_moves_the_score_is_an_alert(self):
        for week in range(2):
            self.intake(week, large=0.95)
            self.monitor(week)
        alert = self.alert("drift:expected_revenue:shape")
        self.assertEqual((alert.state, alert.level), ("firing", "alert"))
        self.assertIn("Expected Revenue: “10,000 to 100,000” ", alert.name)
        self.assertIn("33 % before", alert.name)

    def test_before_anything_was_scored_there_is_no_report(self):
        with clock.at(NOW + WEEK):
            self.assertEqual(DriftMonitor(self.deployment.sudo()).report(), self.env["ai.deployment.report"])
        self.assertFalse(self.deployment.report_ids)

    def test_fifty_records_are_judged_and_one_less_is_not(self):
        for week, count, verdict in ((0, 49, "cannot_judge"), (1, 1, "drifted")):  # carried over
            self.intake(week, count=count, empty=1.0)
            report = self.monitor(week)
            self.assertEqual((report.row_count, report.verdict), (49 + week, verdict))
            self.assertEqual("joint" in report.line_ids.mapped("test"), week == 1)

    def test_too_few_records_give_no_verdict_and_are_carried_over(self):
        self.intake(0, count=30)
        report = self.monitor(0)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 30))
        self.assertEqual(report.summary, "Not enough data yet: 30 of 50 records.")
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
        counts = ("ai_deployment_request_closed", "ai_deployment_line_state")  # of the ledger, looked at once a day
        logs = [s for s in statements if "ai_deployment_inference" in s and not any(name in s for name in counts)]
        self.assertLessEqual(len(logs), len(alerts))
        self.assertFalse([s for s in logs if "LIMIT" not in s])
        self.assertFalse([s for s in statements if "crm_lead" in s and "WITH ORDINALITY" not in s])


@tagged("post_install", "-at_install")
class TestShapeAlone(IntakeCase):
    """The revenue says nothing to this card, so that the scores stay as they are whatever it does."""

    @classmethod
    def reference(cls, card):
        counts = np.zeros(card.score_bins.size, int)
        counts[[3 + 4, 3 + 1, 3 + 2]] = 500, 250, 250  # Belgium 0.48, the United States 0.17, others 0.25
        known = super().reference(card)
        return Profile(1000, {**known.counts, SCORE: counts, PREDICTION: np.array([0, 0, 0, 1000, 0])})

    def test_a_shape_that_moves_no_score_is_a_notice(self):
        self.serve(self.deployment, self.card(low=0.0, high=0.0, intercept=-1.1))
        for week in range(2):
            self.intake(week, large=0.95)
            report = self.monitor(week)
        self.assertFalse(report.line_ids.filtered(lambda line: line.key in (SCORE, PREDICTION) and line.exceeded))
        alert = self.alert("drift:expected_revenue:shape")
        self.assertEqual((alert.state, alert.level, report.verdict), ("firing", "notice", "drifted"))


@tagged("post_install", "-at_install")
class TestDataQuality(WeeksCase):
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
        self.assertIn("Expected Revenue is outside its former range on 30 % of leads, 0 % before", alert.name)
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
        self.assertIn("0 leads were created last week, about 60 in earlier weeks", alert.name)
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
        self.assertIn("100 % of leads were first scored more than a week after creation", alert.name)
        self.assertEqual(len(self.env["crm.lead"].search(alert.action_open_records()["domain"])), 80)

    def test_a_flood_for_reviewers_is_a_notice(self):
        self.deployment.audit_share = 0.0
        for week in range(6):
            self.deployment.min_confidence = 1.0 if week >= 5 else 0.0
            self.come_in(self.leads(60), week)
            self.look(week)
        alert = self.alerts("quality:rows:review")
        self.assertEqual(alert.level, "notice")
        self.assertIn("100 % of leads were sent to human review, 0 % in earlier weeks", alert.name)

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
class TestFilled(IntakeCase):
    """An input that goes from mostly empty to filled is worth knowing, not worth interrupting somebody."""

    def test_enrichment_switched_on_is_a_notice(self):
        card = self.card()
        country = next(feature for feature in card.features if feature.name == "country_id")
        country.counts[:] = [800, 0, 0, 130, 70]
        self.serve(self.deployment, card)
        leads = self.make_leads(60) + self.make_leads(40, country_id=self.usa.id)
        self.deployment._score(leads, now=NOW)
        with clock.at(NOW + WEEK):
            self.deployment._monitor()
        alert = self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", "drift:country_id:missing")]
        )
        self.assertEqual((alert.state, alert.level), ("firing", "notice"))
        self.assertIn("Country is empty on 0 % of leads, 80 % before", alert.name)
        self.assertIn("an enrichment", alert.suggestion)
        found = self.env["crm.lead"].search(alert.with_user(self.owner).action_open_records()["domain"])
        self.assertEqual(found, leads.sorted())
