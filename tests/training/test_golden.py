"""A golden set proves that a version scores as it did."""

from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.models.training.golden import ROWS, golden_set, largest_difference
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase, probability


@tagged("post_install", "-at_install")
class TestGolden(AiDeploymentCase):
    def columns(self, rows=100):
        return {
            "expected_revenue": make_column("expected_revenue", NUMBER, [500 + 200 * row for row in range(rows)]),
            "country_id": make_column("country_id", CATEGORY, [str(self.belgium.id)] * rows),
            "source_id": make_column("source_id", CATEGORY, [None] * rows),
        }

    def test_rows_are_codes_with_scores(self):
        golden = golden_set(self.card(), self.columns())
        self.assertEqual(len(golden), ROWS)
        self.assertAlmostEqual(golden[0]["score"], probability(-1.0 - 1.0 + 1.0))
        self.assertEqual(len(bytes.fromhex(golden[0]["codes"])), 3)

    def test_the_same_card_gives_the_same_scores_and_another_does_not(self):
        card = self.card()
        golden = golden_set(card, self.columns())
        self.assertEqual(largest_difference(artifact.load(artifact.dump(card)), golden), 0.0)
        self.assertGreater(largest_difference(self.card(low=-1.5), golden), 0.01)
        self.assertEqual(largest_difference(self.card(names=["country_id"]), golden), float("inf"))

    def test_what_is_no_sum_of_points_has_none(self):
        self.assertFalse(golden_set(SimpleNamespace(score=None), self.columns()))
