"""The log of calls: what it cost, what failed, and that nobody changes it."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.endpoints.ai_deployment_endpoint_call import KEPT
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestCalls(RemoteCase):
    protocol = "chat"

    def test_tokens_and_price_are_logged_and_old_calls_are_deleted(self):
        self.endpoint.write({"price_per_call": 0.01, "price_per_token": 0.5})
        self.ask(self.make_leads(6, expected_revenue=50_000))
        self.work()
        calls = self.calls()
        self.assertEqual((len(calls), set(calls.mapped("tokens"))), (6, {120}))
        self.assertAlmostEqual(sum(calls.mapped("price")), 6 * (0.01 + 0.06))
        self.assertFalse(any(calls.mapped("failure_type")) or any(map(any, self.context_of(calls))))
        with self.assertRaises(AccessError):
            calls[0].price = 0
        with self.assertRaises(AccessError):
            calls[0].with_user(self.manager).unlink()
        with clock.at(NOW + KEPT + timedelta(days=1)):
            self.env["ai.deployment.endpoint.call"]._gc_expired()
        self.assertFalse(self.calls())

    def test_answers_of_a_chat_that_are_wrong_go_to_a_person_each_with_its_type(self):
        leads = self.make_leads(6, expected_revenue=50_000)
        for fault, wanted in (("prose", "answer_not_json"), ("refusal_as_text", "answer_refusal")):
            self.server.fault = fault
            self.endpoint._try_again()
            self.ask(leads, again=True)
            self.work()
            self.assertEqual(set(self.inferences_of(leads)[-2:].mapped("failure_type")), {wanted})
