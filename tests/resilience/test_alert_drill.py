"""Drill of an alert: it reports what moved and who was notified."""

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import FIRST
from odoo.addons.ai_deployment.ml.profile import SCORE, Profile
from odoo.addons.ai_deployment.models.resilience.alert_drill import ROWS, moved_profile
from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestAlertDrill(DrillCase):
    def test_the_alert_drill_says_what_moved_and_who_was_told(self):
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": self.owner.partner_id.ids}
        )
        drill = self.drill("alert")
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertRegex(
            drill.summary, r"2,000 invented records drifted \([\d,]+\.\d against a threshold of [\d,]+\.\d\)"
        )
        self.assertIn(f"{self.owner.name} was notified, and 1 messages were queued", drill.summary)
        self.assertFalse(self.deployment.alert_ids)
        self.assertFalse(self.deployment.report_ids)

    def test_without_anybody_to_notify_it_is_not_passed(self):
        self.patch(type(self.deployment), "_person_to_tell", lambda deployment: deployment.env["res.users"])
        drill = self.drill("alert")
        self.assertIn("an alert was raised", drill.summary)

    def test_scores_move_to_where_the_fewest_were_and_inputs_stay(self):
        scores = np.array([0] * FIRST + [50, 7, 43])
        reference = Profile(100, {SCORE: scores, "x": np.array([0, 33, 67]), "none": np.zeros(3, int)})
        moved = moved_profile(reference)
        self.assertEqual(moved.rows, ROWS)
        self.assertEqual(moved.counts[SCORE].tolist(), [0] * FIRST + [0, ROWS, 0])
        self.assertEqual(moved.counts["x"].tolist(), [0, 33 * ROWS // 100, 67 * ROWS // 100])
        self.assertEqual(moved.counts["none"].tolist(), [ROWS, 0, 0])
        third = moved_profile(Profile(3, {SCORE: scores, "x": np.array([1, 2])})).counts["x"]
        self.assertEqual(third.tolist(), [ROWS // 3, ROWS - ROWS // 3], "what rounding leaves is the commonest's")
