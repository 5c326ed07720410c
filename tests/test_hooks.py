"""Uninstalling leaves leads and bills as they were, and nothing of ours beside them."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.hooks import uninstall_hook
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestHooks(AiDeploymentCase):
    def test_uninstalling_removes_our_actions_activities_and_parameters(self):
        lead = self.make_leads()
        self.deployment.min_confidence = 1.0
        self.deployment._score(lead, now=NOW)
        self.reviews_of(lead)._assign()
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something")
        alert.with_user(self.owner).action_acknowledge()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("ai_deployment.anything", "1")
        parameters.set_param("somebody.else", "1")
        theirs = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
        other_action = self.env["ir.actions.server"].create(
            {"name": "Other", "model_id": self.lead_model.id, "state": "code", "code": "pass"}
        )
        rule = self.env["base.automation"].create(
            {
                "name": "Score",
                "model_id": self.lead_model.id,
                "trigger": "on_create",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Score",
                            "model_id": self.lead_model.id,
                            "state": "ai_deployment_score",
                            "ai_deployment_id": self.deployment.id,
                        }
                    )
                ],
            }
        )
        attachments = self.env["ir.attachment"]
        ours, others = attachments.create(
            [
                {"name": "pipeline", "res_model": model, "res_id": 1, "res_field": field, "raw": b"x"}
                for model, field in (("ai.deployment.version", "pipeline_file"), ("crm.lead", False))
            ]
        )
        uninstall_hook(self.env)
        self.assertFalse(ours.exists())
        self.assertTrue(others.exists())
        self.assertFalse(self.env["ir.actions.server"].search([("state", "=", "ai_deployment_score")]))
        self.assertFalse(rule.action_server_ids)
        activities = self.env["mail.activity"].with_context(active_test=False)
        self.assertFalse(activities.search([("res_model", "=like", "ai.deployment%")]))
        self.assertFalse(parameters.search([("key", "=like", "ai_deployment%")]))
        self.assertTrue(theirs.exists())
        self.assertTrue(other_action.exists())
        self.assertEqual(parameters.get_param("somebody.else"), "1")
        self.assertTrue(lead.exists())
