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

    def test_each_record_of_a_call_that_failed_has_its_context(self):
        self.server.fault = "status_503"
        self.endpoint.rows_per_call = 50
        leads = self.make_leads(30, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        for lead in leads:
            self.assertIn("Status 503", self.inferences_of(lead).failure_details)

    def test_of_a_call_of_many_records_the_one_that_failed_is_kept(self):
        self.server.score = lambda inputs: 1.7 if inputs["amount"] == 77_000 else 0.9
        self.endpoint.rows_per_call = 8
        leads = self.make_leads(7, expected_revenue=50_000) | self.make_leads(1, expected_revenue=77_000)
        self.ask(leads)
        self.work()
        self.assertIn("77000.0", self.inferences_of(leads[-1]).failure_details)
