"""Work for one deployment after the other: a fault becomes an alert, and leaves nothing half done."""

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.alerting.alert_kinds import SLOW
from odoo.addons.ai_deployment.models.scoring.scoring_alerts import alert_too_slow
from odoo.addons.ai_deployment.models.tools import turns
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

LOG = "odoo.addons.ai_deployment.models.tools.turns"


@tagged("post_install", "-at_install")
class TestTurns(AiDeploymentCase):
    def work(self, run):
        return turns.TurnWork(
            "broken:monitor", run, lambda deployment, why: f"{deployment.name}: {why}", "monitor_taken"
        )

    def alert(self):
        return self.deployment.alert_ids.filtered(lambda alert: alert.cause == "broken:monitor")

    def test_a_fault_undoes_the_work_and_opens_an_alert_that_a_success_resolves(self):
        def fail(deployment):
            deployment.name = "Half done"
            deployment.flush_recordset()
            raise ZeroDivisionError("no")

        name = self.deployment.name
        with mute_logger(LOG):
            self.assertFalse(turns.run_or_alert(self.work(fail), self.deployment))
        self.assertEqual(self.deployment.name, name)
        self.assertEqual((self.alert().state, self.alert().name), ("firing", f"{name}: ZeroDivisionError: no"))
        self.assertTrue(turns.run_or_alert(self.work(lambda deployment: None), self.deployment))
        self.assertEqual(self.alert().state, "resolved")

    def test_what_is_stored_is_told_in_the_language_of_who_answers_for_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        self.deployment.user_id.lang = "de_DE"
        self.assertEqual(self.env.lang or "en_US", "en_US")
        seen = []
        turns.run_or_alert(self.work(lambda deployment: seen.append(deployment.env.lang)), self.deployment)
        self.assertEqual(seen, ["de_DE"])
        alert_too_slow(self.deployment)  # while somebody else scores
        alert = self.env["ai.deployment.alert"].search([("cause", "=", str(SLOW))])
        told = alert.with_context(lang="de_DE")
        self.assertIn("Zeitlimit", told.name)
        self.assertIn("Zeitlimit", told.suggestion)

    def test_a_collision_is_left_to_who_can_repeat(self):
        def collide(deployment):
            raise psycopg2.errors.SerializationFailure("again")

        with self.assertRaises(psycopg2.errors.SerializationFailure):
            turns.run_or_alert(self.work(collide), self.deployment)
        self.assertFalse(self.alert())

    def test_one_that_had_its_turn_in_this_pass_has_no_second_one(self):
        other = self.make_deployment(name="Another", is_primary=False)
        self.deployment.monitor_taken = True
        self.assertEqual(self.turns_of(self.deployment | other), other.ids)
        self.assertFalse(self.deployment.monitor_taken or other.monitor_taken, "the pass is complete")

    def test_after_a_pass_that_was_complete_the_next_one_begins(self):
        self.deployment.monitor_taken = True
        self.assertEqual(self.turns_of(self.deployment), self.deployment.ids)

    def turns_of(self, deployments):
        """Return the ids of those that had a turn."""
        done = []
        work = self.work(lambda deployment: done.append(deployment.id))
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            turns.take_turns(work, deployments.with_env(self.env(cr=cr)))
        self.env.invalidate_all()
        return done
