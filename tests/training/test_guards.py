"""Guards of promotion: what they find on a deployment's cards and records, and the sentence of each."""

from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.promotion import Broken
from odoo.addons.ai_deployment.models.training import guards as guards_file
from odoo.addons.ai_deployment.models.training.challenger import Challenger
from odoo.addons.ai_deployment.models.training.guards import Guards
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training.common import MomentsCase


@tagged("post_install", "-at_install")
class TestGuards(AiDeploymentCase):
    def guards(self, **values):
        revenue = self.deployment.feature_ids.filtered(lambda feature: feature.path == "expected_revenue")
        revenue.write(values)
        return Guards(self.deployment.sudo(), [feature._to_spec() for feature in self.deployment.feature_ids])

    def columns(self):
        countries = [str(self.belgium.id), str(self.usa.id)] * 20
        return {
            "expected_revenue": make_column("expected_revenue", NUMBER, np.geomspace(100, 100_000, 40)),
            "country_id": make_column("country_id", CATEGORY, countries),
            "source_id": make_column("source_id", CATEGORY, ["1"] * 40),
        }

    def test_a_declared_direction_is_guarded_and_named(self):
        self.assertEqual(self.guards(direction="rising").of_card(self.card(), self.columns()), [])
        self.assertEqual(self.guards(direction="free").of_card(self.card(low=3.0), self.columns()), [])
        guards = self.guards(direction="rising")
        broken = guards.of_card(self.card(low=3.0), self.columns())
        self.assertEqual([(guard.guard, guard.name) for guard in broken], [("direction", "expected_revenue")])
        self.assertIn("against the declared direction of “Expected Revenue”", guards.text(broken, {}))

    def test_more_reviews_than_people_answer_are_too_many(self):
        self.deployment.write({"routing": "threshold", "min_confidence": 0.8, "reviews_per_day": 20})
        scored = SimpleNamespace(
            values=np.full(400, 0.7), predictions=np.full(400, True), confidences=np.repeat([0.7, 0.9], 200)
        )
        labels = np.tile([True, False], 200)
        guards = self.guards()
        with patch.object(guards_file, "recent_confidences", lambda deployment: ([], 100.0)):
            (broken,) = guards.of_load(labels, scored)
            self.assertEqual((broken.guard, broken.found), ("load", 50.0))
            self.assertIn("about 50 records a day to review; people answer about 20", guards.text([broken], {}))
            self.deployment.reviews_per_day = 60
            self.assertEqual(guards.of_load(labels, scored), [])
            self.deployment.write({"reviews_per_day": 20, "routing": "capacity"})
            self.assertEqual(guards.of_load(labels, scored), [], "a capacity is a limit by itself")
            self.deployment.write({"routing": "risk", "target_risk": 0.01})
            self.assertTrue(guards.of_load(labels, scored), "half are wrong, so all would be reviewed")

    def test_each_guard_has_its_sentence(self):
        guards = self.guards()
        for guard, expected in (("segment", "clearly worse than the serving version on “Belgium”"), ("amount", "less")):
            self.assertIn(expected, guards.text([Broken(guard, "7", 0.1, 0.01)], {"7": "Belgium"}))


@tagged("post_install", "-at_install")
class TestRejectedByGuards(MomentsCase):
    def test_a_broken_guard_rejects_and_cannot_be_promoted(self):
        moments = [NOW - timedelta(days=300 - number / 2) for number in range(420)]
        leads = self.ended([number % 3 == 0 for number in range(420)], moments)
        deployment = self.made(leads)
        self.train(deployment)
        leads += self.ended([number % 2 == 0 for number in range(40)], [NOW - timedelta(days=80)] * 40)
        deployment.domain = f"[('id', 'in', {leads.ids})]"
        broken = [[Broken("direction", deployment.feature_ids[0].key, 0.2, 0.005)], []]
        with patch.object(Guards, "of_card", lambda guards, card, columns: broken.pop(0)):
            version = self.train(deployment)
        self.assertEqual(version.verdict, "worse")
        self.assertIn("Rejected: the score moves against", version.verdict_text)
        self.assertEqual(version.challenge["broken"][0]["guard"], "direction")
        with self.assertRaisesRegex(UserError, "against the declared direction"):
            version.with_user(self.owner).action_promote()

    def test_attempts_on_shared_records_are_counted_until_a_test_set_is_used_up(self):
        champion, rows, moments = self.version, np.arange(10, 20), np.arange(20.0)
        challenger = Challenger(self.deployment.sudo())
        for number in range(5):
            kept, attempts = challenger.attempt(champion, rows, moments)
            self.assertEqual((len(kept), attempts), (10, number + 1))
            self.keep(self.deployment, self.card(), challenge={"span": [8.0, 15.0], "champion": champion.number})
        kept, attempts = challenger.attempt(champion, rows, moments)
        self.assertEqual((kept.tolist(), attempts), ([16, 17, 18, 19], 1))
        self.keep(self.deployment, self.card(), challenge={"span": [16.0, 19.0], "champion": 99})
        self.assertEqual(challenger.attempt(champion, rows, moments)[1], 1, "another champion's attempts")
