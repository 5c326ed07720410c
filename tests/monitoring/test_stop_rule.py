"""Below a floor for as many reports as the owner said, a deployment is suspended."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.report_series import ReportSeries
from odoo.addons.ai_deployment.models.monitoring.stop_rule import stop_where_below_floor
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, AnomalyCase


@tagged("post_install", "-at_install")
class TestStopRule(AnomalyCase):
    def test_a_stop_rule_switches_off_and_says_why(self):
        self.bills.write({"floor_precision": 0.5, "stop_after": 2})
        self.flag(0, 1, 29)
        self.look(0)
        self.assertEqual(self.bills.state, "shadow")
        self.flag(1, 1, 29)
        self.look(1)
        self.assertEqual(self.bills.state, "suspended")
        alert = self.alerts("stopped")
        self.assertIn(
            "was suspended automatically: below the minimum in 2 reports in a row. 1 of 30 flagged", alert.name
        )
        self.assertEqual(alert.activity_ids.user_id, self.owner)
        with clock.at(NOW + 2 * WEEK + timedelta(minutes=1)):
            self.bills.state = "shadow"
        self.assertEqual(alert.state, "resolved")
        self.flag(2, 1, 29)
        self.look(2)
        self.assertEqual(self.bills.state, "shadow", "switched on again, it is counted anew")
        self.flag(3, 1, 29)
        self.look(3)
        self.assertEqual(self.bills.state, "suspended")

    def test_a_report_that_is_not_below_begins_the_count_anew(self):
        self.bills.write({"floor_precision": 0.5, "stop_after": 2})
        for week, right in enumerate((1, 25, 1)):
            self.flag(week, right, 30 - right)
            self.look(week)
            self.assertEqual(self.bills.state, "shadow")
        self.flag(3, 1, 29)
        report = self.look(3)
        self.assertEqual((self.bills.state, self.alerts("stopped").report_id), ("suspended", report))

    def test_without_a_stop_rule_nothing_is_switched_off(self):
        self.bills.floor_precision = 0.5
        for week in range(3):
            self.flag(week, 1, 29)
            self.look(week)
        self.assertEqual(self.bills.state, "shadow")


@tagged("post_install", "-at_install")
class TestReportsInARow(AiDeploymentCase):
    """Reports as a monitoring run leaves them, without the run."""

    def setUp(self):
        super().setUp()
        self.deployment.sudo().live_since = NOW

    def report(self, week, exceeded=True, test="floor", verdict="quiet", kind="performance"):
        with clock.at(NOW + week * WEEK):
            line = {"key": "auc", "label": "AUC", "verdict": verdict, "test": test, "exceeded": exceeded}
            return ReportSeries(self.deployment.sudo(), self.version.sudo(), kind).create(
                (NOW + (week - 1) * WEEK).date(),
                (NOW + week * WEEK).date(),
                [{**line, "text": f"Week {week}."}, {**line, "key": "precision", "text": f"Later in week {week}."}],
                verdict=verdict,
            )

    def stops(self, report):
        return stop_where_below_floor(self.deployment.sudo(), report)

    def test_the_alert_says_what_the_latest_report_said_first(self):
        self.deployment.write({"stop_after": 2})
        self.assertIs(self.stops(self.report(1)), False)
        self.assertIs(self.stops(self.report(2)), True)
        self.assertEqual(self.deployment.state, "suspended")
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "stopped")])
        self.assertIn("in 2 reports in a row. Week 2.", alert.name)

    def test_what_does_not_count(self):
        for later in (
            {"exceeded": False},
            {"test": "figure"},
            {"kind": "drift"},
            {"verdict": "cannot_judge"},
        ):
            with self.subTest(later), self.env.cr.savepoint() as savepoint:
                self.deployment.write({"stop_after": 2})
                self.report(1)
                self.assertFalse(self.stops(self.report(2, **later)))
                if later.get("kind") != "drift" and later.get("verdict") != "cannot_judge":
                    self.assertFalse(self.stops(self.report(3)), "the count begins anew")
                self.assertTrue(self.stops(self.report(4)))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_reports_count_from_the_moment_it_went_live(self):
        self.deployment.write({"stop_after": 2})
        self.report(1)
        latest = self.report(2)
        self.deployment.sudo().live_since = NOW + WEEK + timedelta(seconds=1)
        self.assertFalse(self.stops(latest))
        self.deployment.sudo().live_since = NOW + WEEK
        self.assertTrue(self.stops(latest))

    def test_only_what_is_live_and_has_a_rule_is_stopped(self):
        report = self.report(1)
        self.deployment.stop_after = 0
        self.assertFalse(self.stops(report))
        self.deployment.write({"stop_after": 1, "state": "suspended"})
        self.assertFalse(self.stops(report))
