"""A challenger is judged on what it scored before the outcome was known, at looks that double."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.ml import promotion
from odoo.addons.ai_deployment.ml.remote_card import PushedCard
from odoo.addons.ai_deployment.models.endpoints.binding import make_version
from odoo.addons.ai_deployment.models.scoring.challenger_answers import keep_answers
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.challenger_gate import ChallengerGate, challenger_text, missing_shadow
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

    def test_it_looks_at_fifty_outcomes_and_whenever_they_have_doubled(self):
        self.end(self.large, self.small)
        by_turns = [lead.id for pair in zip(self.large, self.small, strict=True) for lead in pair]
        for known, look, attempts in ((49, 0, None), (50, 1, 2), (99, 1, 2), (100, 2, 6)):
            self.env.cr.execute(
                "UPDATE crm_lead SET create_date = CASE WHEN id = ANY(%s) THEN %s ELSE %s END WHERE id = ANY(%s)",
                [by_turns[:known], NOW - timedelta(hours=1), LATER - timedelta(days=13), by_turns],
            )
            self.env.invalidate_all()
            found = self.judged()
            self.assertEqual((found.look_count, found.outcome_count), (look, known))
            self.assertEqual((found.challenge or {}).get("attempts"), attempts)
            self.assertEqual(found.verdict, "better" if look else False)

    def test_what_it_scored_before_it_challenged_or_beside_another_version_does_not_count(self):
        self.end(self.large, self.small)
        ways = ("date = '2026-03-01'", "is_first = FALSE", "serving_value = NULL", "predicted_value = NULL")
        for change in map(SQL, ways):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    SQL("UPDATE ai_deployment_challenger_score SET %s WHERE res_id = ANY(%s)", change, self.large.ids)
                )
                pairs = ChallengerGate(self.assignment())._pairs()
                self.assertEqual({pair.res_id for pair in pairs}, set(self.small.ids))
                savepoint.rollback()

    def serving_since(self, moment):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_assignment SET start_date = %s WHERE deployment_id = %s AND role = 'champion'",
            [moment, self.deployment.id],
        )
        self.env.invalidate_all()

    def test_versions_tried_before_the_serving_one_served_are_no_attempts(self):
        self.deployment._assign_challenger(self.keep(self.deployment, self.card(low=-2.0)), "test")
        self.deployment._assign_challenger(self.challenger, "test")
        for since, tried in ((NOW, 2), (LATER, 2), (LATER + timedelta(seconds=1), 0)):  # who comes again is the same
            self.serving_since(since)
            self.assertEqual(ChallengerGate(self.assignment())._tried(), tried)

    def test_a_verdict_beside_an_earlier_version_holds_nothing_back(self):
        self.assignment().write({"verdict": "worse", "verdict_text": "It lost."})
        self.assertEqual(missing_shadow(self.deployment, self.challenger), "it did worse as challenger. It lost.")
        self.assertEqual(missing_shadow(self.deployment, self.version), "", "it serves")
        self.serving_since(NOW + timedelta(seconds=1))
        self.assertEqual(missing_shadow(self.deployment, self.challenger), "")

    def test_what_was_made_elsewhere_replaces_at_once_where_nobody_relies_on_it_yet(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET kind = 'pipeline' WHERE id = %s", [self.challenger.id])
        self.env.invalidate_all()
        self.assertIn("until 50 outcomes are known", missing_shadow(self.deployment, self.challenger))
        self.deployment.state = "poc"
        self.assertEqual(missing_shadow(self.deployment, self.challenger), "")

    def test_what_the_page_says_of_a_challenger(self):
        self.assertEqual(
            challenger_text(self.deployment),
            "No verdict yet: 0 outcomes of records that both versions scored are known.",
        )
        self.deployment.state = "poc"
        self.assertEqual(challenger_text(self.deployment), "Waits until the deployment is live.")
        self.deployment._withdraw_challenger("test")
        self.assertIs(challenger_text(self.deployment), False)

    def test_one_that_asks_for_more_than_people_can_answer_is_rejected(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_challenger_score SET confidence = 0.6, prediction = serving_prediction,"
            " predicted_value = serving_value + (res_id % 2 - 0.5) / 1000"
        )
        self.end(self.large, self.small)
        told = "Rejected: it would send about 120 records a day to review; people answer about 10"
        for routing, least, is_rejected in (
            ("threshold", 0.7, True),
            ("threshold", 0.5, False),  # neither version asks for any
            ("threshold", 0.9, False),  # the serving one asks for all as well
            ("capacity", 0.7, False),  # no more than the capacity are asked for
        ):
            self.deployment.write({"routing": routing, "min_confidence": least, "reviews_per_day": 10})
            with clock.at(NOW + timedelta(days=20)):
                found = ChallengerGate(self.assignment()).look()
            with self.subTest(routing=routing, least=least):
                self.assertEqual(found["verdict"] == "worse", is_rejected)
                self.assertEqual(told in found["verdict_text"], is_rejected)

    def test_of_what_is_unusual_cases_count_that_only_one_of_both_flagged(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET method = 'anomaly' WHERE id = %s", [self.deployment.id])
        self.env.cr.execute(
            "UPDATE ai_deployment_challenger_score SET serving_prediction = FALSE, prediction = res_id = ANY(%s)",
            [self.large.ids],
        )
        self.env.invalidate_all()

        def decide(leads):
            values = {
                "deployment_id": self.deployment.id,
                "company_id": self.env.company.id,
                "res_model": "crm.lead",
                "opened_date": NOW,
                "reason": "audit",
                "state": "decided",
                "decision": "confirmed",
                "ground_truth": "positive",
                "is_label": True,
                "decided_date": NOW + timedelta(days=1),
            }
            self.env["ai.deployment.review"].create([{**values, "res_id": lead.id} for lead in leads])

        decide(self.small + self.large[:19])
        gate = ChallengerGate(self.assignment())
        self.assertEqual(gate.look(), {})
        self.assertEqual(self.assignment().outcome_count, 19)
        decide(self.large[19:20])
        found = gate.look()
        self.assertEqual((found["verdict"], found["look_count"], found["outcome_count"]), ("better", 1, 20))
        self.assertEqual(
            found["verdict_text"],
            "Of 20 cases that only one of the versions flagged, reviewers agreed with this version in 20.",
        )
        self.assertEqual(found["challenge"]["cases"], 20)

    def test_what_is_not_decided_says_how_many_more_are_needed_or_that_both_are_alike(self):
        rng = np.random.default_rng(1)
        truth, ours = rng.random(200) < 0.5, rng.random(200)
        compared = promotion.judge(truth, np.clip(ours + rng.normal(0, 0.05, 200), 0, 1), ours)
        gate = ChallengerGate(self.assignment())
        for more, text in (
            (300, "Too early to say after 200 records that both scored: about 300 more outcomes needed."),
            (0, "About as good as the serving version on 200 records that both scored."),
        ):
            comparison = replace(compared.comparison, more_needed=more)
            self.assertEqual(gate._text(replace(compared, verdict="inconclusive", comparison=comparison)), text)

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
