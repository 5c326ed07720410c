"""Versions that are bound to an endpoint: one sentence where something does not fit, and nothing half stored."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.tests.endpoints.common import INPUTS, RemoteCase
from odoo.addons.ai_deployment.tests.remote.model_server import contract_of


@tagged("post_install", "-at_install")
class TestBinding(RemoteCase):
    def test_what_does_not_fit_is_refused_and_nothing_is_stored(self):
        other = self.env["res.company"].create({"name": "Another company"})
        elsewhere = self.endpoint.copy({"company_id": other.id})
        archived = self.endpoint.copy({"active": False})
        good = contract_of("mlflow", INPUTS)
        before = self.deployment.version_ids
        for endpoint, contract, part in (
            (self.endpoint, {**good, "inputs": {"unheard": "x"}}, "is not an input"),
            (self.endpoint, contract_of("json", INPUTS), "another protocol"),
            (self.endpoint, {**good, "inputs": {}}, "Each input needs a name"),
            (elsewhere, good, "another company"),
            (archived, good, "archived"),
        ):
            with self.assertRaises(UserError) as caught:
                bind(self.deployment, endpoint, contract)
            self.assertIn(part, str(caught.exception))
        self.assertEqual(self.deployment.version_ids, before)

    def test_another_contract_is_another_fingerprint_and_the_bins_are_those_of_the_latest_records(self):
        other = self.bound(value="1")
        self.assertNotEqual(other.digest, self.version.digest)
        self.assertEqual(self.bound().digest, self.version.digest)
        card = self.version._card()
        self.assertEqual(
            card.features[0].counts.sum(), self.env["crm.lead"].search_count([("type", "=", "opportunity")])
        )

    def test_the_dialog_of_administrators_binds_a_chat(self):
        endpoint = self.endpoint.copy({"protocol": "chat"})
        wizard = (
            self.env["ai.deployment.version.bind"]
            .with_user(self.manager)
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "endpoint_id": endpoint.id,
                    "model": "tiny",
                    "value": "chance",
                    "prompt": "How likely is it won?",
                }
            )
        )
        self.assertIn("expected_revenue = expected_revenue", wizard.inputs_text)
        wizard.inputs_text = "expected_revenue = amount\ncountry_id = country"
        version = self.env["ai.deployment.version"].browse(wizard.action_bind()["res_id"])
        self.assertEqual((version.kind, version.endpoint_id), ("remote", endpoint))
        self.assertIn("How likely", version.contract_text)
        wizard.schema_text = "{"
        with self.assertRaises(UserError):
            wizard.action_bind()
        wizard.inputs_text = "expected_revenue"
        with self.assertRaises(UserError):
            wizard.action_bind()
        with self.assertRaises(AccessError):
            wizard.with_user(self.owner).action_bind()
