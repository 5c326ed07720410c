"""The retraining procedure is read from the records."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.procedure import procedure
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestProcedure(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def texts(self):
        return dict(procedure(self.deployment.with_user(self.owner)))

    def test_without_anything(self):
        texts = self.texts()
        self.assertIn(f"{self.owner.name}, {self.deputy.name} or an administrator", texts["Authority"])
        self.assertIn("Propose to the owner", texts["Authority"])
        self.assertIn("300 seconds and 1,024 MB", texts["Budget"])
        self.assertIn("No trigger and no schedule", texts["Calendar"])
        self.assertIn("No challenger", texts["Test Beside the Serving Version"])
        self.assertIn("for 14 days", texts["After a Promotion"])
        self.assertEqual(texts["Latest Runs"], "No training was carried out yet.")

    def test_with_schedule_challenger_and_runs(self):
        self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": "schedule", "threshold": 30, "action": "train"}
        )
        self.deployment._assign_challenger(self.keep(self.deployment, self.card(low=-2.0)), "test")
        training = (
            self.env["ai.deployment.training"]
            .sudo()
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "user_id": self.owner.id,
                    "requested_date": NOW - timedelta(days=1),
                    "state": "done",
                    "result_text": "Version 2 was not promoted.",
                }
            )
        )
        self.deployment.probation_days = 0
        texts = self.texts()
        self.assertIn("Next on 04/01/2026, as scheduled", texts["Calendar"])
        self.assertIn("Version 2 is the challenger. No verdict yet", texts["Test Beside the Serving Version"])
        self.assertIn("No automatic rollback", texts["After a Promotion"])
        self.assertIn(training.result_text, texts["Latest Runs"])
        self.assertIn("Version 2 is the challenger", self.deployment.with_user(self.owner).procedure_html)

    def test_it_stands_in_the_model_card(self):
        report = self.env["ir.actions.report"].with_user(self.owner)
        html, _kind = report._render_qweb_html("ai_deployment.action_report_model_card", self.deployment.ids)
        self.assertIn("Retraining Procedure", html.decode())
        self.assertIn("No training was carried out yet.", html.decode())
