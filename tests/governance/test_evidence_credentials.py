"""The rule about credentials: secrets by name, none in clear, no administrator by API key."""

import os
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestEvidenceCredentials(EvidenceCase):
    def test_secrets_by_name_are_met_and_one_that_is_not_there_is_named(self):
        self.assertMet("credentials", "no secret was found in the parameters")
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "webhook", "credential": "SLACK_SALES"}
        )
        self.assertMissing("credentials", "This server has no address named “SLACK_SALES”.")
        with patch.dict(os.environ, {"AI_DEPLOYMENT_CREDENTIAL_SLACK_SALES": "https://hooks.slack.com/services/x"}):
            found = self.assertMet("credentials", "stored on the server")
            channel.frequency = "retraining"
            self.assertMissing("credentials", "This server has no signing key named “SLACK_SALES_SECRET”.")
        self.assertNotIn("hooks.slack.com", found.sentence)

    def test_a_secret_in_clear_is_found_and_not_quoted(self):
        self.env["ir.config_parameter"].set_param("ai_deployment.own", "sk-abcdefghijklmnop1234")
        found = self.assertMissing(
            "credentials", "The parameter “ai_deployment.own” may contain a secret in plain text."
        )
        self.assertNotIn("sk-abc", found.sentence)
        self.env["ir.config_parameter"].set_param("ai_deployment.own", False)
        values = {"model_id": self.lead_model.id, "state": "code", "usage": "ir_actions_server"}
        parent = self.env["ir.actions.server"].create({**values, "name": "Both", "state": "multi"})
        self.env["ir.actions.server"].create(
            [
                {
                    **values,
                    "name": "Score",
                    "state": "ai_deployment_score",
                    "parent_id": parent.id,
                    "ai_deployment_id": self.deployment.id,
                },
                {**values, "name": "Push", "parent_id": parent.id, "code": "api_key = 'abcdef1234567890'"},
            ]
        )
        found = self.assertMissing("credentials", "The server action “Push” contains a secret in plain text.")
        self.assertNotIn("abcdef", found.sentence)

    def test_an_integration_must_not_administer(self):
        keys = self.env["res.users.apikeys"].with_user(self.owner).sudo(False)
        keys._generate("rpc", "integration", fields.Datetime.now() + timedelta(days=30))
        self.assertMet("credentials", "no user of a scoring API key is an administrator")
        self.owner.group_ids += self.env.ref("ai_deployment.group_manager")
        self.assertMissing("credentials", f"{self.owner.name} uses an API key for scoring and is an administrator.")
