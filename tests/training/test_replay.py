"""The replay scores the latest records as logged, and judges on rows that neither version learned from."""

from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training import replay
from odoo.addons.ai_deployment.models.training.replay import CAPACITY_SHARE, Replay, expected, known_outcomes
from odoo.addons.ai_deployment.tests.common import NOW, probability
from odoo.addons.ai_deployment.tests.training.challenger_common import LATER, ChallengerCase


@tagged("post_install", "-at_install")
class TestReplay(ChallengerCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(LATER))

    def replay(self, count=1000):
        return Replay(self.deployment, self.challenger, count).run()

    def test_who_changes_sides_and_what_it_is_worth(self):
        self.end(self.large, self.small)
        found = self.replay()
        # small: chance .27 becomes .018 (-1 -4 +1), large: .82 becomes .98; neither changes sides
        self.assertEqual((found["records"], found["changes"]["rows"]), (120, 120))
        self.assertEqual((found["changes"]["flagged"], found["changes"]["unflagged"]), (0, 0))
        self.assertEqual((found["changes"]["up"], found["changes"]["down"]), (0, 60))
        self.assertEqual(found["changes"]["value"], 0.0)
        self.assertEqual((found["figures"]["rows"], found["figures"]["positives"]), (120, 60))
        self.assertEqual(found["figures"]["challenger"]["auc"], 1.0)
        brier = np.mean([probability(-4.0) ** 2, (1 - probability(4.0)) ** 2])
        self.assertAlmostEqual(found["figures"]["challenger"]["brier"], brier)
        self.assertFalse(found["regressions"])

    def test_the_worst_regressions_come_first(self):
        self.end(self.small[:1] + self.large[1:], self.small[1:] + self.large[:1])
        worst = self.replay()["regressions"]
        self.assertEqual({row["id"] for row in worst}, {self.small[0].id, self.large[0].id})
        self.assertTrue(all(abs(row["after"] - row["label"]) > abs(row["before"] - row["label"]) for row in worst))

    def test_inputs_are_those_of_the_log(self):
        before = self.replay()["changes"]
        self.large.expected_revenue = 200
        self.env.flush_all()
        self.assertEqual(self.replay()["changes"], before)

    def test_a_challenger_that_flags_others(self):
        other = self.keep(self.deployment, self.card(low=3.0))
        found = Replay(self.deployment, other, 1000).run()["changes"]
        self.assertEqual((found["flagged"], found["unflagged"]), (60, 0))
        self.assertLessEqual(set(found["flagged_ids"]), set(self.small.ids))
        self.assertEqual(found["value"], 60 * 200)

    def test_only_the_latest_records(self):
        self.assertEqual(self.replay(50)["records"], 50)

    def test_rows_that_a_version_has_learned_from_do_not_judge(self):
        self.end(self.large, self.small)
        for version in (self.version, self.challenger):
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    "UPDATE ai_deployment_version SET trained_date = %s WHERE id = %s", [LATER, version.id]
                )
                self.env.invalidate_all()
                self.assertEqual(self.replay()["figures"], {"rows": 0, "positives": 0}, version.name)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_rows_of_its_test_are_scored_by_the_tested_card(self):
        self.end(self.large, self.small)
        card = self.keep(self.deployment, self.card(low=-4.0, high=4.0), tested_artifact=self.version.sudo().artifact)
        self.env.cr.execute("UPDATE ai_deployment_version SET trained_date = %s WHERE id = %s", [LATER, card.id])
        self.env.invalidate_all()
        figures = Replay(self.deployment, card, 1000).run()["figures"]
        self.assertEqual(figures["rows"], 18, "the latest 15 % of 120")

    def test_deleted_records_are_left_out(self):
        self.large[0].unlink()
        self.assertEqual(self.replay()["records"], 119)

    def test_nothing_scored_or_damaged_ends_in_a_sentence(self):
        lonely = self.make_deployment(is_primary=False)
        self.serve(lonely, self.card())
        with self.assertRaisesRegex(UserError, "has not scored a record yet"):
            Replay(lonely, self.keep(lonely, self.card(low=-2.0)), 100).run()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '7') WHERE id = %s",
            [self.challenger.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self.assertRaisesRegex(UserError, "cannot score"):
            self.replay()

    def test_expected_scores(self):
        found = expected(np.array([0.0, 0.05, 0.95, 1.0, np.nan]), np.array([0, 0, 1, 1, 1]))
        self.assertEqual((found["rows"], found["flagged"]), (4, 0.5))
        self.assertEqual((found["bins"][0], found["bins"][9], sum(found["bins"])), (2, 2, 4))

    def test_outcomes_that_are_not_due_do_not_count(self):
        self.end(self.large, self.small)
        with clock.at(NOW + timedelta(days=10)):
            self.assertEqual(self.replay()["figures"]["rows"], 0)

    def test_the_capacity_is_what_people_can_look_at_or_a_tenth(self):
        for per_day, answers, reviews, share in (
            (100.0, 20, 10, 0.2),
            (100.0, 20, 30, 0.3),
            (100.0, 0, 1, 0.01),
            (100.0, 0, 99, 0.99),
            (100.0, 0, 100, CAPACITY_SHARE),
            (100.0, 0, 0, CAPACITY_SHARE),
            (0.0, 20, 10, CAPACITY_SHARE),
        ):
            self.deployment.reviews_per_day = reviews
            with (
                patch.object(replay, "recent_confidences", lambda _deployment, count=per_day: ([], count)),
                patch.object(replay, "answers_per_day", lambda _deployment, count=answers: count),
            ):
                self.assertEqual(Replay(self.deployment, self.challenger, 9)._capacity(50), share)

    def test_outcomes_of_moments_are_due_after_the_horizon_whatever_the_age(self):
        documents = SimpleNamespace(
            _ai_came_true=lambda _deployment, landmarks: landmarks,
            _ai_training_rows=lambda _deployment, _now: [(1, None, True), (3, None, False)],
        )
        deployment = SimpleNamespace(env={"a model": documents}, res_model="a model", landmarks=True, horizon_days=10)
        last = LATER - timedelta(days=10)
        moments = {1: last + timedelta(seconds=1), 2: last, 3: last - timedelta(days=1)}
        self.assertEqual(set(known_outcomes(deployment, moments)), {2, 3})
        deployment.landmarks = False
        self.assertEqual(set(known_outcomes(deployment, moments)), {1, 3})

    def test_without_a_score_nothing_is_expected(self):
        self.assertEqual(expected(np.array([np.nan]), np.array([1])), {"rows": 0, "flagged": 0.0, "bins": [0] * 10})
