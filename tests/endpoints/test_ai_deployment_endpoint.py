"""Endpoints: who may point them where, what a test says, and where credentials are sent."""

import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.endpoints.common import SECRET, RemoteCase


@tagged("post_install", "-at_install")
class TestEndpoint(RemoteCase):
    def test_the_button_says_what_it_found(self):
        self.endpoint.with_user(self.manager).action_test()
        self.assertIn("It answered", self.endpoint.tested_text)
        self.server.fault = "status_401"
        found = self.endpoint.with_user(self.manager).action_test()
        self.assertEqual(found["params"]["type"], "danger")
        self.assertIn("401", self.endpoint.tested_text)
        with self.assertRaises(AccessError):
            self.endpoint.with_user(self.owner).action_test()

    def test_the_result_of_a_test_is_told_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        german = self.endpoint.with_context(lang="de_DE")
        for change, english, told in (
            ({}, "It answered about a made-up record", "erdachten Datensatz"),
            ({"is_paused": True}, "It is paused.", "pausiert"),
            ({"credential": "LEADS", "is_paused": False}, "no credential named “LEADS”", "„LEADS“"),
        ):
            self.endpoint.write(change)
            with self.subTest(change=change):
                german.with_user(self.manager).action_test()  # whoever tested
                self.assertIn(english, self.endpoint.tested_text)
                self.assertIn(told, german.tested_text)
        self.endpoint.credential = False
        self.server.fault = "status_401"
        self.endpoint.with_user(self.manager).action_test()
        self.assertIn("The remote model refused", self.endpoint.tested_text)
        self.assertNotIn("The remote model", german.tested_text)

    def test_only_administrators_write_endpoints_and_bind_versions(self):
        for user in (self.owner, self.reviewer, self.auditor, self.seller):
            for values in ({"address": "https://evil.example.com"}, {"credential": "OTHER"}, {"is_paused": True}):
                with self.assertRaises(AccessError):
                    self.endpoint.with_user(user).write(values)
            with self.assertRaises(AccessError):
                self.env["ai.deployment.endpoint"].with_user(user).create(
                    {"name": "x", "address": "https://x.example.com"}
                )
            with self.assertRaises(AccessError):
                self.env["ai.deployment.version.bind"].with_user(user).create(
                    {"deployment_id": self.deployment.id, "endpoint_id": self.endpoint.id, "inputs_text": "a = b"}
                )
        with self.assertRaises(AccessError):
            self.endpoint.with_user(self.manager).breaker = {"until": 0}

    def test_an_address_that_is_not_allowed_is_refused_with_one_sentence(self):
        for address in (
            "http://models.example.com",
            "ftp://models.example.com",
            "https://user:hunter2@models.example.com",
            "https://models.example.com/?key=secret",
            "https://models.example.com/#x",
            "models.example.com",
            "https://exa mple.com",
        ):
            with self.assertRaises(ValidationError, msg=address) as caught:
                self.endpoint.with_user(self.manager).address = address
            self.assertNotIn("hunter2", str(caught.exception))

    def test_a_credential_is_sent_to_the_host_that_the_server_names_alone(self):
        leads = self.make_leads(6, expected_revenue=50_000)
        self.endpoint.credential = "LEADS"
        self.ask(leads)
        self.work()
        self.assertFalse(self.server.calls)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "endpoint")])
        self.assertIn("no credential named", alert.name)
        with patch.dict("os.environ", {"AI_DEPLOYMENT_CREDENTIAL_LEADS": SECRET}):
            self.endpoint._try_again()
            self.work()
            self.assertFalse(self.server.calls)
            self.assertEqual(self.endpoint._tested()["message"], "The endpoint is not ready. no_host LEADS")
            os.environ["AI_DEPLOYMENT_CREDENTIAL_LEADS_HOST"] = "models.example.com"
            self.endpoint._try_again()
            self.work()
            self.assertFalse(self.server.calls)
            os.environ["AI_DEPLOYMENT_CREDENTIAL_LEADS_HOST"] = self.server.host
            self.endpoint._try_again()
            self.server.fault = "says_what_it_was_told"
            self.work()
            self.assertEqual(self.server.calls[0][1]["Authorization"], f"Bearer {SECRET}")
        self.assertNotIn(SECRET, f"{self.context_of(self.calls())} {self.calls().mapped('failure_message')}")

    def test_an_endpoint_of_a_version_cannot_be_deleted_or_speak_another_protocol(self):
        with self.assertRaises(UserError):
            self.endpoint.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            self.endpoint.with_user(self.manager).protocol = "json"

    def test_an_endpoint_of_a_version_stays_in_its_company_and_a_copy_begins_anew(self):
        other = self.env["res.company"].create({"name": "Another company"})
        self.manager.company_ids += other
        with self.assertRaises(UserError):
            self.endpoint.with_user(self.manager).with_context(allowed_company_ids=self.manager.company_ids.ids).write(
                {"company_id": other.id}
            )
        self.endpoint.sudo().breaker = {"calls": "x", "until": 1.0, "pause": 60.0, "probe": 0.0}
        self.assertEqual(self.endpoint.copy().status, "ready")

    def test_a_sensitive_input_is_masked_in_what_is_kept(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "expected_revenue").sensitive = True
        self.server.fault = "status_400"
        lead = self.make_leads(6, expected_revenue=48_123)
        self.ask(lead)
        self.work()
        sent = [sent for sent, _received in self.context_of(self.calls()) if sent]
        self.assertTrue(sent)
        self.assertNotIn("48123", str(sent))
        self.assertIn("Belgium", str(sent))
        for user in (self.owner, self.manager, self.auditor):
            with self.assertRaises(AccessError):
                self.calls().with_user(user).read(["received"])
