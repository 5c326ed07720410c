"""Each verdict has a sentence with its reason; examples are those that the reader may read."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.onboarding.replay_wording import VERDICTS, shown
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestReplayWording(AiDeploymentCase):
    def replay(self, verdict, **result):
        with clock.at(NOW):
            replay = self.env["ai.deployment.replay"]._ask(self.deployment.with_user(self.owner)).sudo()
        method = "anomaly" if verdict == "look" else "scorecard"
        result = {"method": method, "months": [], "rows": 40, "flagged": 2, "starts": [], **result}
        replay.write({"state": "done", "verdict": verdict, "result": result})
        return replay

    def test_each_verdict_says_why(self):
        parts = {
            "worth": "Worth deploying",
            "as_incumbent": "no better than Odoo",
            "as_rate": "no closer to what came than the win rate",
            "too_few": "Needed are three months",
            "look": "flagged 2 of 40 leads",
        }
        self.assertEqual(parts.keys(), dict(VERDICTS).keys())
        for verdict, part in parts.items():
            with self.subTest(verdict=verdict):
                self.assertIn(part, shown(self.replay(verdict))["verdict"])

    def test_figures_are_written_with_their_intervals(self):
        month = {"rows": 1200, "wins": 40, "ours": 0.7126, "incumbent": None, "brier": 0.1, "rate_brier": 0.25}
        replay = self.replay(
            "worth",
            rows=1200,
            starts=["2025-11-01", "2025-12-01"],
            months=[month, {"rows": 3}],
            auc=[0.7, 0.65, 0.7514],
            top=0.5,
            top_money=0.25,
            incumbent_top_money=0.2,
            trained=2,
            logged=12,
        )
        said = shown(replay)
        self.assertTrue(said["is_worth"])
        self.assertIn("on 1,200 leads of 2 months", said["verdict"])
        self.assertEqual(
            said["figures"],
            [
                ("Order (AUC): ours", "0.700 (95 %: 0.650 to 0.751)"),
                ("Order (AUC): Odoo", "unknown"),
                ("Gain in order over Odoo", "unknown"),
                ("Gain in squared error over the win rate", "unknown"),
                ("Wins among the best fifth", "ours 50 %, Odoo unknown"),
                ("Won revenue among the best fifth", "ours 25 %, Odoo 20 %"),
            ],
        )
        one, two = said["rows"]
        self.assertEqual(
            [
                one[name]
                for name in ("month", "rows", "wins", "ours", "incumbent", "brier", "incumbent_brier", "rate_brier")
            ],
            ["Nov 2025", "1,200", "40", "0.713", "–", "0.100", "–", "0.250"],
        )
        self.assertEqual((two["month"], two["rows"], two["wins"], two["flagged"]), ("Dec 2025", "3", "0", "–"))
        self.assertIn("of 12 leads it was logged", said["note"])
        self.assertNotIn("time was short", said["note"])
        result = {**replay.result, "trained": 1}
        replay.result = {key: value for key, value in result.items() if key not in ("top_money", "logged")}
        said = shown(replay)
        self.assertIn("of 0 leads it was logged", said["note"])
        self.assertIn("Where time was short", said["note"])
        self.assertEqual(len(said["figures"]), 5)

    def test_flags_of_a_month_and_reviews_of_a_day(self):
        replay = self.replay(
            "look", starts=["2025-12-01"], months=[{"rows": 30, "flagged": 4, "reviews_per_day": 0.1333}], flagged=4
        )
        [row] = shown(replay)["rows"]
        self.assertEqual((row["flagged"], row["reviews"], shown(replay)["figures"]), ("4", "0.1", []))
        self.assertIn("flagged 4 of 40 leads in 1 months", shown(replay)["verdict"])

    def test_a_replay_that_failed_or_runs_shows_no_figures(self):
        replay = self.replay("worth")
        replay.write({"state": "failed", "failure_message": "No space left."})
        self.assertEqual(
            (shown(replay)["verdict"], shown(replay)["figures"]), ("The replay failed: No space left.", [])
        )
        replay.write({"state": "running", "result": False, "verdict": False})
        self.assertEqual((shown(replay)["verdict"], shown(replay)["is_worth"]), ("", False))

    def test_examples_of_records_that_the_reader_may_read(self):
        lead = self.make_leads(1, name="Hidden", user_id=self.other_seller.id)
        replay = self.replay("look", starts=["2025-12-01"], months=[{"rows": 3, "flagged": 1, "ids": lead.ids}])
        self.assertEqual(shown(replay.with_user(self.owner))["rows"][0]["examples"], "Hidden")
        self.assertEqual(shown(replay.with_user(self.manager))["rows"][0]["examples"], "")
