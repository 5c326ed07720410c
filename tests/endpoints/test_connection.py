"""What a call needs, and why there may be none."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import EndpointNotReady
from odoo.addons.ai_deployment.models.endpoints.connection import connect, host_of, not_ready_text
from odoo.addons.ai_deployment.tests.endpoints.common import SECRET, RemoteCase


@tagged("post_install", "-at_install")
class TestConnection(RemoteCase):
    def why(self):
        with self.assertRaises(EndpointNotReady) as caught:
            connect(self.endpoint)
        return not_ready_text(self.env, caught.exception.reason)

    def test_it_holds_plain_values_and_the_limits(self):
        found = connect(self.endpoint)
        self.assertEqual((found.address, found.secret, found.deadline_seconds), (self.endpoint.address, "", 10))
        self.assertIn(self.server.host, found.allowed)

    def test_why_it_cannot_be_called(self):
        self.endpoint.is_paused = True
        self.assertEqual(self.why(), "It is paused.")
        self.endpoint.write({"is_paused": False, "credential": "LEADS"})
        self.assertIn("no credential", self.why())
        with patch.dict("os.environ", {"AI_DEPLOYMENT_CREDENTIAL_LEADS": SECRET}):
            self.assertIn("which host", self.why())
            with patch.dict("os.environ", {"AI_DEPLOYMENT_CREDENTIAL_LEADS_HOST": "other.example.com"}):
                self.assertIn("another host", self.why())
            with patch.dict("os.environ", {"AI_DEPLOYMENT_CREDENTIAL_LEADS_HOST": self.server.host}):
                self.assertEqual(connect(self.endpoint).secret, SECRET)
        self.endpoint.credential = False
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "true")
        self.assertIn("copy of the database", self.why())
        self.endpoint.active = False
        self.assertIn("archived", self.why())

    def test_what_keeps_it_from_being_called_is_a_finding_of_health(self):
        def codes():
            return {finding.code for finding in self.deployment._health()[self.deployment.id]}

        self.assertNotIn("endpoint", codes())
        self.endpoint.is_paused = True
        self.assertIn("endpoint", codes())
        self.endpoint.is_paused = False
        self.endpoint.sudo().breaker = {"calls": "xxxxx", "until": 4e9, "pause": 60.0, "probe": 0.0}
        self.assertIn("endpoint", codes())

    def test_hosts(self):
        for address, host in (
            ("https://Models.example.com/a", "models.example.com"),
            ("https://models.example.com:8443", "models.example.com:8443"),
            ("https://models.example.com@evil.example.com", "evil.example.com"),
            ("https://[::1]:99999999", ""),
            ("", ""),
        ):
            self.assertEqual(host_of(address), host)
