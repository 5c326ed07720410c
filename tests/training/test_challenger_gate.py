"""A challenger is judged on what it scored before the outcome was known, at looks that double."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.remote_card import PushedCard
from odoo.addons.ai_deployment.models.endpoints.binding import make_version
from odoo.addons.ai_deployment.models.scoring.challenger_answers import keep_answers
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.challenger_gate import ChallengerGate
from odoo.addons.ai_deployment.models.training.replay import Replay
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.challenger_common import LATER, ChallengerCase


@tagged("post_install", "-at_install")
class TestChallengerGate(ChallengerCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(LATER))

    def judged(self):
        self.deployment._judge_challenger()
        return self.assignment()

    def proposals(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_retrain")
        return self.deployment.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def test_a_better_challenger_is_proposed(self):
        self.end(self.large, self.small)
        found = self.judged()
        self.assertEqual((found.verdict, found.look_count, found.outcome_count), ("better", 2, 120))
        self.assertIn("Better on 120 records that both scored before", found.verdict_text)
        self.assertEqual(found.challenge["attempts"], 6, "look 2 counts as 2 x 3 attempts")
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertIn("is better: promote it?", self.proposals().summary)
        self.assertEqual(self.deployment.challenger_text, found.verdict_text)
        self.judged()
        self.assertEqual(len(self.proposals()), 1, "the next look comes with twice as many")

    def test_a_better_challenger_is_promoted_where_the_policy_says_so(self):
        self.deployment.promotion_policy = "automatic"
        self.end(self.large, self.small)
        self.judged()
        self.assertEqual(self.deployment.champion_id, self.challenger)
        self.assertFalse(self.deployment.challenger_id)

    def test_only_a_decision_promotes_where_the_policy_says_so(self):
        self.deployment.promotion_policy = "manual"
        self.end(self.large, self.small)
        self.assertEqual(self.judged().verdict, "better")
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertFalse(self.proposals())

    def test_a_worse_challenger_is_set_aside_and_not_promoted(self):
        self.end(self.small, self.large)
        found = self.judged()
        self.assertEqual(found.verdict, "worse")
        self.assertFalse(self.deployment.challenger_id)
        self.assertIn("set aside", found.end_reason)
        with self.assertRaisesRegex(UserError, "did worse as challenger"):
            self.challenger.with_user(self.owner).action_promote()
        self.assertEqual(self.deployment.champion_id, self.version)

    def test_too_few_outcomes_have_no_verdict(self):
        self.end(self.large[:30], self.small[:10])
        with clock.at(self.version.trained_date):
            found = self.judged()
        self.assertEqual((found.verdict, found.look_count), (False, 0))
        self.assertIn("No verdict yet: 0 outcomes", self.deployment.challenger_text)

    def test_equal_scores_are_the_same(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_challenger_score SET predicted_value = serving_value, prediction = serving_prediction"
        )
        self.end(self.large, self.small)
        self.assertEqual(self.judged().verdict, "same")
        self.assertEqual(self.deployment.challenger_id, self.challenger, "it goes on")

    def test_a_damaged_challenger_is_set_aside_and_nothing_else_stops(self):
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '7') WHERE id = %s",
            [self.challenger.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.end(self.large, self.small)
        self.judged()
        self.assertFalse(self.deployment.challenger_id)
        self.assertIn("was set aside", self.alerts("challenger").name)

    def test_two_tried_challengers_count_twice(self):
        self.end(self.large, self.small)
        gate = ChallengerGate(self.assignment())
        self.assertEqual(gate._tried(), 1)
        self.deployment._assign_challenger(self.keep(self.deployment, self.card(low=-2.0)), "test")
        self.assertEqual(ChallengerGate(self.assignment())._tried(), 2)

    def test_a_challenger_outside_is_judged_and_replayed_by_what_it_answered(self):
        contract = {"model": "forest", "description": "", "inputs": ["country_id"]}
        with clock.at(NOW):
            outside = make_version(self.deployment.sudo(), PushedCard, contract, ["country_id"], 0.5)
            self.deployment._assign_challenger(outside, "test")
            with self.assertRaisesRegex(UserError, "made elsewhere"):
                outside.with_user(self.owner).action_promote()
        answers = {lead.id: (0.9, 0.9) for lead in self.large} | {lead.id: (0.1, 0.9) for lead in self.small}
        with clock.at(NOW + timedelta(hours=1)):
            keep_answers(self.deployment.sudo(), answers)
        self.end(self.large, self.small)
        self.assertEqual((self.judged().verdict, self.assignment().outcome_count), ("better", 120))
        found = Replay(self.deployment, outside, 1000).run()
        self.assertEqual((found["records"], found["failed"]), (120, 0))
        self.assertEqual(found["figures"]["challenger"]["auc"], 1.0)

    def test_what_was_made_elsewhere_is_not_promoted_blindly(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET kind = 'pipeline' WHERE id = %s", [self.challenger.id])
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "made elsewhere, so it scores beside the serving version"):
            self.challenger.with_user(self.owner).action_promote()
        self.assignment().verdict = "inconclusive"
        self.challenger.with_user(self.owner).action_promote()
        self.assertEqual(self.deployment.champion_id, self.challenger)
