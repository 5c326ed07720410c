"""From an empty list of deployments to scores on screen, in at most 25 clicks."""

import re
from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.models.tools import clock

from .common import StartCase

MOST_CLICKS = 25
TOUR = Path(__file__).parents[2] / "static" / "tests" / "tours" / "onboarding.js"


@tagged("post_install", "-at_install", "ai_tour")
class TestOnboardingTour(HttpCase, StartCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.deployment"].search([("state", "in", ("shadow", "production"))]).state = "suspended"
        cls.env["ai.deployment"].search([]).active = False
        shift = "UPDATE crm_lead SET create_date = create_date + %s, date_closed = date_closed + %s"
        gone = clock.now() - cls.env["crm.lead"].browse(cls.past.ids).mapped("create_date")[-1]
        cls.env.cr.execute(shift, [gone, gone])
        cls.env.invalidate_all()

    def test_administrator(self):
        clicks = len(re.findall(r'run: "click"', TOUR.read_text()))
        self.assertLessEqual(clicks, MOST_CLICKS)
        self.owner.group_ids += self.env.ref("ai_deployment.group_manager")
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start", login="ai_owner")
        onboarding = self.env["ai.deployment.onboarding"].search([("user_id", "=", self.owner.id)])
        self.assertEqual(onboarding.with_user(self.owner).training_state, "waiting")
        self.work(now=clock.now())
        self.env["ai.deployment.replay"].search([]).write({"state": "done", "verdict": "too_few", "result": {}})
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start_continued", login="ai_owner")
        scores = self.env["ai.deployment.score"].search([("deployment_id", "=", onboarding.deployment_id.id)])
        self.assertEqual(len(scores), self.OPEN)
