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

    def test_examples_of_records_that_the_reader_may_read(self):
        lead = self.make_leads(1, name="Hidden", user_id=self.other_seller.id)
        replay = self.replay("look", starts=["2025-12-01"], months=[{"rows": 3, "flagged": 1, "ids": lead.ids}])
        self.assertEqual(shown(replay.with_user(self.owner))["rows"][0]["examples"], "Hidden")
        self.assertEqual(shown(replay.with_user(self.manager))["rows"][0]["examples"], "")
