"""What follows from a verdict: promoted, proposed or kept, and never more than the owner allowed."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.policy import attempts, follow_policy
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestPolicy(AiDeploymentCase):
    def follow(self, policy, verdict="better", **values):
        self.deployment.promotion_policy = policy
        self.training = self.env["ai.deployment.training"]._ask(self.deployment)
        version = self.keep(
            self.deployment, self.card(low=-2.0), verdict=verdict, verdict_text="On the latest 60 records.", **values
        )
        with clock.at(NOW):
            self.text = follow_policy(version.sudo(), self.version, self.training)
        return version

    def proposals(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_retrain")
        return self.deployment.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def test_automatic_promotes_what_is_better(self):
        version = self.follow("automatic")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (version, "promoted"))
        self.assertIn("was promoted and serves now. On the latest 60 records.", self.text)
        reason = self.deployment.assignment_ids.filtered(lambda one: not one.end_date).reason
        self.assertIn("Promoted automatically", reason)

    def test_automatic_promotes_nothing_else(self):
        for verdict in ("same", "inconclusive", "worse"):
            with self.subTest(verdict=verdict):
                self.follow("automatic", verdict)
                self.assertEqual((self.deployment.champion_id, self.training.decision), (self.version, "kept"))
                self.assertFalse(self.proposals())
                self.training.action_cancel()

    def test_what_holds_a_version_back_makes_it_a_proposal(self):
        self.env.registry.clear_cache()
        self.patch(type(self.deployment), "_missing_inputs_on", lambda _self, _version: "an input is gone.")
        self.follow("automatic")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (self.version, "proposed"))
        self.assertIn("an input is gone", self.proposals().note)

    def test_propose_tells_the_owner(self):
        self.follow("propose")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (self.version, "proposed"))
        self.assertEqual(self.proposals().user_id, self.owner)
        self.assertIn("Version 2 is better", self.proposals().summary)

    def test_what_was_asked_about_the_version_before_is_taken_back_once_another_serves(self):
        version = self.follow("propose")
        mine = self.deployment.activity_schedule("mail.mail_activity_data_todo", user_id=self.owner.id)
        self.assertTrue(self.proposals())
        self.deployment.sudo()._assign_champion(version, "Promoted by hand")
        self.assertFalse(self.proposals())
        self.assertTrue(mine.exists(), "what people planned for themselves stays")

    def test_manual_waits_in_silence(self):
        self.follow("manual")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (self.version, "kept"))
        self.assertFalse(self.proposals())
        self.assertIn("waits for a decision", self.text)

    def test_what_is_not_clear_yet_scores_as_challenger(self):
        version = self.follow("propose", "inconclusive")
        self.assertEqual((self.deployment.challenger_id, self.deployment.champion_id), (version, self.version))
        self.assertIn("It scores beside the serving version now, as its challenger.", self.text)
        self.training.action_cancel()
        self.follow("automatic", "inconclusive")
        self.assertEqual(self.deployment.challenger_id, version, "it is judged first")
        self.assertIn("Version 2 is the challenger already and is judged first.", self.text)
        self.training.action_cancel()
        self.deployment.assignment_ids.filtered(lambda one: one.role == "challenger").verdict = "inconclusive"
        later = self.follow("propose", "inconclusive")
        self.assertEqual(self.deployment.challenger_id, later, "the one before was judged, and not better")
        self.training.action_cancel()
        better = self.follow("propose")
        self.assertEqual(self.deployment.challenger_id, better, "a better one takes its place")

    def test_nothing_challenges_by_itself_where_only_people_decide(self):
        for verdict in ("better", "inconclusive"):
            self.follow("manual", verdict)
            self.training.action_cancel()
        self.follow("automatic", "worse")
        self.assertFalse(self.deployment.challenger_id)

    def test_what_does_not_score_has_no_challenger(self):
        self.deployment.state = "suspended"
        self.follow("propose", "inconclusive")
        self.assertFalse(self.deployment.challenger_id)

    def test_attempts_at_a_champion_are_counted(self):
        self.follow("manual")
        self.assertEqual(self.training.attempt, 1)
        third = self.keep(self.deployment, self.card(low=-3.0))
        self.assertEqual(attempts(third, self.version), 2)
        self.assertEqual(attempts(self.version, self.env["ai.deployment.version"]), 0)

    def rolled_back(self, ago):
        """The serving version is back since so long, by itself."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_assignment SET way = 'automatic_rollback', start_date = %s WHERE deployment_id = %s",
            [NOW - ago, self.deployment.id],
        )
        self.env.invalidate_all()

    def test_after_an_automatic_rollback_a_person_decides_for_a_while(self):
        self.deployment.probation_days = 3
        self.rolled_back(timedelta(days=7) - timedelta(seconds=1))
        self.follow("automatic")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (self.version, "proposed"))
        self.assertIn("rolled back automatically", self.text)
        self.training.action_cancel()
        self.deployment.probation_days = 9
        self.rolled_back(timedelta(days=8))
        self.follow("automatic")
        self.assertEqual(self.training.decision, "proposed")
        self.training.action_cancel()
        self.rolled_back(timedelta(days=9))
        version = self.follow("automatic")
        self.assertEqual((self.deployment.champion_id, self.training.decision), (version, "promoted"))

    def test_the_first_version_is_compared_with_none(self):
        self.training = self.env["ai.deployment.training"]._ask(self.deployment)
        text = follow_policy(self.version.sudo(), self.env["ai.deployment.version"], self.training)
        self.assertEqual((self.training.decision, self.training.attempt), ("promoted", 0))
        self.assertEqual(text, f"{self.version.name} is the first version and serves now.")

    def test_a_proposal_is_due_in_a_week(self):
        self.follow("propose")
        [proposal] = self.proposals()
        self.assertEqual((proposal.date_deadline, proposal.note), (NOW.date() + timedelta(days=7), False))
