"""The page of a comparison: sensitive values stay protected, and each part is told in words."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.comparison_page import ComparisonPage
from odoo.addons.ai_deployment.models.training.replay import Replay
from odoo.addons.ai_deployment.tests.training.challenger_common import LATER, ChallengerCase


@tagged("post_install", "-at_install")
class TestComparisonPage(ChallengerCase):
    def page(self, user=None, challenger=None, **values):
        with clock.at(LATER):
            challenger = challenger or self.challenger
            comparison = (
                self.env["ai.deployment.comparison"]
                .sudo()
                .create(
                    {
                        "deployment_id": self.deployment.id,
                        "serving_id": self.version.id,
                        "challenger_id": challenger.id,
                        "user_id": self.owner.id,
                        "requested_date": LATER,
                        "state": "done",
                        "result": {**Replay(self.deployment, challenger, 1000).run(), **values},
                    }
                )
            )
            return ComparisonPage(comparison.with_user(user or self.owner)).values()

    def test_differences_in_words(self):
        texts = self.page()["differences"]
        self.assertTrue(any(text.startswith("Expected Revenue, ") and "points before" in text for text in texts), texts)
        fewer = self.keep(self.deployment, self.card(names=["expected_revenue"]))
        self.assertIn("No longer read: Country, Source.", self.page(challenger=fewer)["differences"])

    def test_sensitive_values_are_protected(self):
        self.deployment.feature_ids.filtered(lambda one: one.key == "expected_revenue").sensitive = True
        self.assertTrue(any("Expected Revenue, protected:" in text for text in self.page()["differences"]))

    def test_reviews_and_failures_are_told(self):
        texts = self.page(failed=3, reviews={"before": 2.0, "after": 4.5, "per_day": 10.0})["changes"]
        self.assertIn("Reviews by threshold: about 4.5 a day instead of 2.", texts)
        self.assertIn("The challenger could not score 3 of them.", texts)

    def test_segments_are_those_of_a_named_input(self):
        self.assertEqual(self.page(segment_path="country_id")["segment"], "Country")
        self.assertEqual(self.page(segment_path="team_id")["segment"], "")  # no input reads it

    def test_a_plot_has_a_point_per_group(self):
        self.end(self.large, self.small)
        plot = self.page()["plot"]
        self.assertEqual([one["side"] for one in plot], ["champion", "challenger"])
        self.assertEqual(len(plot[0]["points"]), 10)
        self.assertTrue(
            all(0 <= point["x"] <= 200 and 0 <= point["y"] <= 200 for one in plot for point in one["points"])
        )
