from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.evidence import RULES
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestEvidenceAudience(AiDeploymentCase):
    def look(self, code):
        return RULES[code](self.deployment.sudo()).find(self.deployment.check_ids[:1])

    def test_scores_reach_people(self):
        found = self.look("audience")
        self.assertFalse(found.is_met)
        self.assertIn("Nothing scores new leads", found.sentence)
        self.deployment.score_on_create = True
        self.assertTrue(self.look("audience").is_met)
        self.deployment.viewer_group_ids = self.env["res.groups"].create({"name": "Empty"})
        self.assertIn("has no members", self.look("audience").sentence)
        self.deployment.viewer_group_ids = False
        self.assertIn("Nobody will see", self.look("audience").sentence)

    def test_alerts_reach_a_reader(self):
        self.assertTrue(self.look("reader").is_met)
        self.owner.partner_id.email = False
        self.assertFalse(self.look("reader").is_met)
        program = {"kind": "webhook", "credential": "TRAINER", "frequency": "retraining"}
        self.env["ai.deployment.channel"].create({"deployment_id": self.deployment.id, **program})
        self.assertFalse(self.look("reader").is_met, "a program that trains reads no alerts")
        self.env["ai.deployment.channel"].create(
            {
                "deployment_id": self.deployment.id,
                "kind": "email",
                "partner_ids": [(6, 0, self.deputy.partner_id.ids)],
            }
        )
        self.assertTrue(self.look("reader").is_met)
