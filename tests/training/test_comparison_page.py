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

    FIGURES = {
        "rows": 40,
        "positives": 12,
        "looked_at": 20,
        "champion": {"auc": 0.7, "brier": 0.2, "precision": 0.5, "calibration": [[0.25, 0.5, 10], [0.75, 1.0, 3]]},
        "challenger": {"auc": None, "brier": 0.19, "precision": 0.6, "calibration": [[0.5, 0.1, 7]]},
        "auc": {"estimate": None, "low": None, "high": None},
        "brier": {"estimate": -0.01, "low": -0.03, "high": 0.01},
        "segments": [
            {"part": "a", "rows": 9, "auc": [0.7, None], "brier": [0.2, 0.211]},
            {"part": "b", "rows": 9, "auc": [0.7, 0.6], "brier": [0.25, 0.255]},
            {"part": "c", "rows": 4},
        ],
    }

    def test_a_plot_is_drawn_from_below_left(self):
        ours, theirs = self.page(figures=self.FIGURES)["plot"]
        self.assertEqual(ours["line"], "50.0,100.0 150.0,0.0")
        self.assertEqual([(point["x"], point["y"]) for point in ours["points"]], [(50.0, 100.0), (150.0, 0.0)])
        self.assertEqual(theirs["line"], "100.0,180.0")
        self.assertEqual(theirs["points"][0]["text"], "50 % said, 10 % of 7 came true")

    def test_figures_of_both_stand_beside_their_difference(self):
        auc, brier, precision = self.page(figures=self.FIGURES)["rows"]
        self.assertEqual(auc[1:], ("0.700", "–", "–"))
        self.assertEqual(brier[1:3], ("0.200", "0.190"))
        self.assertIn("between", brier[3])
        self.assertEqual(precision[1:3], ("50 %", "60 %"))
        self.assertIn("10", precision[3])

    def test_a_segment_is_marked_where_it_is_notably_worse(self):
        rows = self.page(figures=self.FIGURES)["segments"]
        self.assertEqual([row["is_worse"] for row in rows], [True, False, False])
        self.assertEqual(rows[0]["brier"], ["0.200", "0.211"])
        self.assertEqual(rows[2]["auc"] + rows[2]["brier"], ["–"] * 4)

    def test_records_that_the_reader_may_not_read_have_no_name(self):
        mine, other = self.small[0], self.large[0]
        self.env["ir.rule"].create(
            {"name": "Small", "model_id": self.lead_model.id, "domain_force": "[('expected_revenue', '<', 1000)]"}
        )
        rows = [{"id": lead.id, "label": True, "before": 0.9, "after": 0.1} for lead in (mine, other)]
        [row] = self.page(regressions=rows)["regressions"]
        self.assertEqual((row["name"], row["url"]), (mine.display_name, f"/odoo/crm.lead/{mine.id}"))
        self.assertEqual((row["before"], row["after"], row["outcome"]), ("90 %", "10 %", "came true"))

    def test_what_would_change_is_told_where_there_is_something(self):
        quiet = self.page(failed=0, reviews={"before": 0.0, "after": 0.0, "per_day": 0.0})["changes"]
        self.assertFalse([text for text in quiet if "a day instead of" in text or "could not score" in text])
        changes = {"rows": 1200, "flagged": 3, "unflagged": 2, "up": 5, "down": 4, "value": 0.0}
        changes |= {"flagged_ids": [], "unflagged_ids": [], "bands": []}
        told = self.page(changes=changes)["changes"]
        self.assertIn("Of the latest 1,200 records, 3 would change to “yes” and 2 to “no”; 5 would rise", told[0])
        self.assertIn("Value of the records that would change sides", told[1])
        self.assertFalse([text for text in self.page(changes={**changes, "value": None})["changes"] if "Value" in text])

    def test_the_verdict_is_that_of_the_gate_while_it_challenges(self):
        self.assertIn("No verdict yet: 0 outcomes", self.page()["verdict"])
        assignment = self.assignment()
        assignment.write({"verdict": "better", "verdict_text": "Better on the latest 120 records."})
        self.assertEqual(self.page()["verdict"], "Better on the latest 120 records.")
        assignment.write({"verdict": "inconclusive", "verdict_text": False})
        self.assertEqual(self.page()["verdict"], "Undecided.")
        assignment.write({"verdict": False, "end_date": LATER})
        self.assertEqual(self.page()["verdict"], "")
        self.assertEqual(self.page(challenger=self.keep(self.deployment, self.card()))["verdict"], "")

    def test_without_figures_it_says_why(self):
        page = self.page(figures={"rows": 7, "positives": 2})
        self.assertEqual((page["rows"], page["plot"], page["segments"]), ([], None, []))
        self.assertTrue(page["basis"].startswith("Too few outcomes: 7 records"))
        self.assertTrue(self.page(figures=self.FIGURES)["basis"].startswith("40 records that neither version"))

    def test_equal_cards_differ_in_nothing(self):
        same = self.keep(self.deployment, self.version._card())
        [text] = self.page(challenger=same)["differences"]
        self.assertIn("No input was added or removed", text)
