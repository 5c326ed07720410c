"""The daily run over all deployments: one that fails stops no other."""

from unittest.mock import patch

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.monitoring.ai_deployment import MONITOR_TURN
from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.tools import clock, turns
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, CohortCase, IntakeCase

TURNS_LOG = "odoo.addons.ai_deployment.models.tools.turns"


@tagged("post_install", "-at_install")
class TestMonitoring(IntakeCase):
    def test_one_broken_deployment_does_not_stop_the_others(self):
        other = self.make_deployment(name="Another", is_primary=False)
        self.serve(other, self.card())
        other.state = "shadow"
        self.intake(0)
        other._score(self.make_leads(60), now=NOW)
        report = DriftMonitor.report

        def break_first(monitor):
            if monitor.deployment == self.deployment:
                raise ZeroDivisionError
            return report(monitor)

        cron = self.env.ref("ai_deployment.ir_cron_monitor")
        with (
            patch.object(DriftMonitor, "report", break_first),
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
                self.assertFalse(turns.run_or_alert(MONITOR_TURN, self.deployment))
        self.assertFalse(self.deployment.report_ids)
        self.assertFalse(self.alert("drift:country_id:missing"))

    def test_a_serialization_failure_is_left_to_the_cron(self):
        error = psycopg2.errors.SerializationFailure("again")
        with patch.object(type(self.deployment), "_monitor", side_effect=error):
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                turns.run_or_alert(MONITOR_TURN, self.deployment)

    def test_only_deployments_at_work_are_watched(self):
        self.intake(0)
        self.deployment.state = "suspended"
        with clock.at(NOW + WEEK), self.enter_registry_test_mode():
            self.env.ref("ai_deployment.ir_cron_monitor").method_direct_trigger()
        self.assertFalse(self.deployment.report_ids)


@tagged("post_install", "-at_install")
class TestSettings(CohortCase):
    def test_only_a_field_that_points_to_something_makes_parts(self):
        fields = self.env["ir.model.fields"]
        for field in (
            fields._get("crm.lead", "name"),
            fields._get("res.partner", "team_id"),
            fields._get("res.partner", "parent_id"),
            fields._get("crm.lead", "tag_ids"),
        ):
            if field:
                with (
                    self.subTest(field=field.name),
                    self.assertRaisesRegex(ValidationError, "refers to another record"),
                ):
                    self.deployment.with_user(self.owner).segment_field_id = field
        self.deployment.with_user(self.owner).segment_field_id = fields._get("crm.lead", "team_id")
