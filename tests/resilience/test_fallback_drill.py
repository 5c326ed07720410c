"""Drill of the fallback: it reads as a viewer does, and leaves all as it was."""

from datetime import timedelta

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.models.resilience.fallback_drill import FallbackDrill
from odoo.addons.ai_deployment.models.tools import clock, turns
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
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
        self.assertTrue(all(step["text"].endswith("(30 %).") for step in drill.details), "of the latest lead")
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

    def test_it_reads_as_an_active_colleague_of_the_company_and_the_first_of_them(self):
        self.deployment.viewer_group_ids = group = self.env["res.groups"].create({"name": "Viewers"})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        viewer = FallbackDrill(self.deployment.sudo()).viewer
        self.assertFalse(viewer())

        def join(login, groups="base.group_user", **values):
            person = new_test_user(self.env, login, groups=groups, context=QUIET, **values)
            person.group_ids = [Command.link(group.id)]
            return person

        only = {"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]}
        join("ai_guest", "base.group_portal")
        join("ai_elsewhere", **only)
        join("ai_gone").active = False
        self.env.invalidate_all()
        self.assertFalse(viewer())
        first = join("ai_z_first", company_ids=[Command.set((self.env.company | elsewhere).ids)])
        join("ai_a_second")
        self.env.invalidate_all()
        self.assertEqual(viewer(), first)

    def test_a_record_that_the_viewer_may_not_read_is_tried_all_the_same(self):
        group = self.env["res.groups"].create({"name": "Viewers"})
        self.other_seller.group_ids = [Command.link(group.id)]  # who sees only leads of his own
        self.deployment.write({"fallback": "incumbent", "viewer_group_ids": [Command.set(group.ids)]})
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)

    def test_scores_that_nobody_is_shown_have_no_fallback(self):
        self.deployment.fallback = "incumbent"
        for values in ({"viewer_group_ids": [Command.clear()]}, {"is_primary": False}):
            self.deployment.write({"viewer_group_ids": [Command.set(self.viewer_group.ids)], **values})
            drill = self.drill()
            self.assertFalse(drill.is_passed)
            self.assertEqual(
                {step["text"] for step in drill.details},
                {"Its scores are not shown to anybody, so there is no fallback."},
            )

    def test_without_a_fallback_neither_a_score_nor_another_figure_may_show(self):
        self.deployment._score(self.leads)  # the latest, too, which is the one that is read
        self.deployment.fallback = "none"
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertIn("No score and no fallback was shown", drill.summary)
        shown = FallbackDrill(self.deployment.sudo()).shown
        self.assertFalse(shown()[0], "it is in production, and its score shows")
        self.deployment.fallback = "incumbent"
        self.assertFalse(shown()[0], "a score shows, not what is shown instead")

    def test_the_figures_of_a_rule_are_asked_for_in_the_drill(self):
        rule = self.env["ir.actions.server"].create(
            {
                "name": "Good chances",
                "model_id": self.lead_model.id,
                "state": "code",
                "code": "action = {record.id: 0.8 for record in records}",
            }
        )
        self.deployment.write({"fallback": "rule", "fallback_action_id": rule.id})
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertIn("(80 %)", drill.summary)
