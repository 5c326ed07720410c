"""The context of a failure beside the line of the log."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestFailureContext(RemoteCase):
    def test_what_was_sent_and_what_came_back_of_this_record(self):
        self.server.fault = "out_of_range"
        self.endpoint.rows_per_call = 1
        leads = self.make_leads(6, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        line = self.inferences_of(leads[0])
        self.assertIn("Status 200", line.failure_details)
        self.assertIn("50000.0", line.failure_details)
        self.assertIn("1.7", line.failure_details)
        with self.assertRaises(AccessError):
            line.with_user(self.owner).read(["failure_details"])
