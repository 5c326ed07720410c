"""When a trigger would have fired: by the reports and versions of the last year, once per version."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.trigger_preview import would_have_fired
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestTriggerPreview(AiDeploymentCase):
    def days(self, kind, threshold, after=300):
        trigger = self.env["ai.deployment.trigger"].new(
            {"deployment_id": self.deployment.id, "kind": kind, "threshold": threshold}
        )
        return [(day - NOW.date()).days for day in would_have_fired(trigger.sudo(), NOW + timedelta(days=after))]

    def report(self, day, found, kind="drift", test="shape", version=None):
        start = NOW.date() + timedelta(days=day - 7)
        self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": (version or self.version).id,
                "kind": kind,
                "date": NOW,
                "window_start": start,
                "window_end": start + timedelta(days=7),
                "verdict": "drifted" if found else "quiet",
                "line_ids": [
                    (0, 0, {"key": key, "label": key, "test": test, "verdict": "drifted", "exceeded": True})
                    for key in found
                ],
            }
        )

    def test_drift_once_per_version_from_enough_inputs_on(self):
        self.report(7, ["a"])
        self.report(14, ["a", "b"])
        self.report(21, ["a", "b", "c"])
        second = self.serve(self.deployment, self.card(low=-2.0))
        self.report(28, ["a", "b"], version=second)
        self.assertEqual(self.days("drift", 1), [7, 28])
        self.assertEqual(self.days("drift", 2), [14, 28])
        self.assertEqual(self.days("drift", 4), [])
        self.assertEqual(self.days("performance", 1), [], "reports of another kind")

    def test_calibration_counts_its_own_lines(self):
        self.report(7, ["auc"], "performance", "figure")
        self.report(14, ["slope"], "performance", "calibration")
        self.assertEqual(self.days("performance", 1), [7])
        self.assertEqual(self.days("calibration", 1), [14])

    def test_age_and_schedule(self):
        self.assertEqual(self.days("age", 180), [181])
        self.assertEqual(self.days("age", 299), [300])
        self.assertEqual(self.days("age", 300), [])
        self.assertEqual(self.days("schedule", 100), [100, 200, 300])
        second = self.keep(self.deployment, self.card(low=-2.0))
        with clock.at(NOW + timedelta(days=100)):
            self.deployment._assign_champion(second, "test")
        self.assertEqual(self.days("age", 180), [181], "the second was trained at the same time as the first")

    def test_nothing_older_than_a_year(self):
        self.report(7, ["a"])
        self.assertEqual(self.days("drift", 1, after=400), [])

    def test_outcomes(self):
        for day in (7, 14):
            self.report(day, [])
        self.assertEqual(self.days("labels", 1), [])
        horizon = timedelta(days=self.deployment.horizon_days)
        lead = self.make_leads()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s", [NOW + timedelta(days=10) - horizon, lead.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.days("labels", 1), [14])
