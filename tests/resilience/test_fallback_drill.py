"""Drill of the fallback: it reads as a viewer does, and leaves all as it was."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.models.tools import clock, turns
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.resilience.common import FallbackCase


@tagged("post_install", "-at_install")
class TestFallbackDrill(FallbackCase):
    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def drill(self):
        action = self.deployment.with_user(self.owner).action_drill_fallback()
        return self.env["ai.deployment.drill"].browse(action["res_id"])

    def test_the_drill_reads_as_a_viewer_and_leaves_all_as_it_was(self):
        self.deployment.fallback = "incumbent"
        self.env.flush_all()
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual([step["code"] for step in drill.details], ["off", "unusable"])
        self.assertIn("A viewer saw: “Odoo's own estimate; the deployment is suspended", drill.summary)
        self.assertIn("the version cannot be used at the moment", drill.summary)
        self.assertEqual((self.deployment.state, self.deployment.champion_id), ("production", self.version))
        self.assertFalse(self.deployment.fallback_since)
        self.assertFalse(self.deployment.alert_ids)
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()))

    def test_a_fallback_that_does_not_show_is_found(self):
        self.deployment.fallback = "incumbent"
        self.patch(ShownScores, "instead", lambda *_args: {})
        self.assertFalse(self.drill().is_passed)

    def test_once_a_month_it_is_tried_by_itself_and_a_failure_is_told(self):
        self.deployment.fallback = "incumbent"
        drills.try_fallback(self.deployment)
        self.assertEqual((len(self.deployment.drill_ids), self.deployment.drill_ids.is_passed), (1, True))
        for days, expected in ((29, []), (31, self.deployment.ids)):
            taken = []
            self.patch(turns, "take_turns", lambda _work, due, taken=taken: taken.extend(due.ids))
            with clock.at(NOW + timedelta(days=days)):
                self.env["ai.deployment"]._cron_drill_fallbacks()
            self.assertEqual(taken, expected)
        self.patch(ShownScores, "instead", lambda *_args: {})
        drills.try_fallback(self.deployment)
        self.assertEqual(self.deployment.alert_ids.cause, "drill:fallback")
        self.assertIn("failed at: It is suspended", self.deployment.alert_ids.name)
