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

    def test_the_threshold_lies_between_nobody_and_everybody(self):
        good = contract_of("mlflow", INPUTS)
        for threshold in (-0.1, 0.0, 1.0, 1.5):
            with self.assertRaisesRegex(UserError, "between 0 and 1"):
                bind(self.deployment, self.endpoint, good, threshold=threshold)
        for threshold in (0.001, 0.999):
            version = bind(self.deployment, self.endpoint, good, threshold=threshold)
            self.assertEqual(version._card().threshold, threshold)
        self.assertEqual(self.version._card().threshold, 0.5)

    def test_the_first_version_of_a_deployment_is_told_apart_from_a_rival(self):
        self.assertEqual(self.bound().verdict, "inconclusive")
        tags = [{"path": "tag_ids", "name": "Tags", "required": True}, {"path": "expected_revenue", "name": "Revenue"}]
        empty = self.make_deployment(is_primary=False, features=tags)
        version = bind(empty.sudo(), self.endpoint, contract_of("mlflow", {"tag_ids": "tags"}))
        self.assertEqual((version.verdict, version.deployment_id), ("first", empty))
        self.assertEqual(list(version._specs()), ["tag_ids"], "what is not sent is not kept")
        self.assertEqual(version._specs()["tag_ids"]["kind"], "category", "its tags are sent as one text")
        self.assertEqual([feature.required for feature in version._card().features], [True])

    def test_what_finds_the_unusual_or_has_ended_is_not_bound(self):
        good = contract_of("mlflow", INPUTS)
        unusual = self.make_deployment(is_primary=False, method="anomaly")
        with self.assertRaisesRegex(UserError, "A remote model can be bound if"):
            bind(unusual.sudo(), self.endpoint, good)
        self.deployment.state = "retired"
        with self.assertRaisesRegex(UserError, "is retired"):
            bind(self.deployment, self.endpoint, good)

    def test_an_endpoint_of_the_parent_company_serves_its_branches(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        theirs = self.make_deployment(is_primary=False, company_id=branch.id)
        self.assertTrue(bind(theirs.sudo(), self.endpoint, contract_of("mlflow", INPUTS)))
        below = self.endpoint.copy({"company_id": branch.id})
        with self.assertRaisesRegex(UserError, "another company"):
            bind(self.deployment, below, contract_of("mlflow", INPUTS))

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
