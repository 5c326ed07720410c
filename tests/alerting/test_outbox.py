"""Webhooks under way: what is busy, and what one answer says of everything else for the same address."""

import threading

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml.errors import EndpointError, EndpointTimeout
from odoo.addons.ai_deployment.models.alerting.outbox import Outbox
from odoo.addons.ai_deployment.remote.calls import MOST

URL, OTHER_URL = "https://chat.example.com/one", "https://chat.example.com/two"
SECONDS = 10.0  # more than any call here takes


@tagged("post_install", "-at_install")
class TestOutbox(BaseCase):
    def setUp(self):
        super().setUp()
        self.outbox = Outbox()
        self.answer = threading.Event()
        self.addCleanup(self.answer.set)

    def begin(self, messages, name, url, error=None):
        """Begin a call that is answered once `answer` is set."""

        def call(_url, result):
            self.answer.wait(SECONDS)
            return result

        self.outbox.begin(messages, name, url, call, error)

    def test_a_call_is_told_once_with_its_messages(self):
        seen = []
        self.outbox.begin("messages", "ONE", URL, lambda *arguments: seen.append(arguments), "body", "key")
        self.assertEqual(self.outbox.ended(SECONDS), ("messages", URL, None))
        self.assertEqual(seen, [(URL, "body", "key")])
        self.assertEqual((len(self.outbox), self.outbox.busy_names), (0, []))
        self.assertIsNone(self.outbox.ended(0))

    def test_an_address_is_busy_under_each_of_its_names_until_it_answers(self):
        self.assertFalse(self.outbox.is_busy("ONE", URL))
        self.begin("messages", "ONE", URL)
        self.assertIsNone(self.outbox.ended(0))
        self.assertTrue(self.outbox.is_busy("SAME", URL))
        self.assertFalse(self.outbox.is_busy("TWO", OTHER_URL))
        self.assertEqual(sorted(self.outbox.busy_names), ["ONE", "SAME"])
        self.answer.set()
        self.outbox.ended(SECONDS)
        self.assertEqual(self.outbox.busy_names, [])
        self.assertFalse(self.outbox.is_busy("ONE", URL))

    def test_only_an_error_that_may_pass_tires_an_address(self):
        timeout, refused = EndpointTimeout("slow"), EndpointError("no")
        self.answer.set()
        for url, error, tired in ((URL, timeout, timeout), (OTHER_URL, refused, None)):
            self.begin("messages", url, url, error)
            self.assertEqual(self.outbox.ended(SECONDS), ("messages", url, error))
            self.assertIs(self.outbox.why_tired(url), tired)
        self.assertIsNone(Outbox().why_tired(URL), "the next pass calls it again")

    def test_it_is_full_with_as_many_calls_as_may_be_under_way(self):
        for number in range(MOST):
            self.assertFalse(self.outbox.is_full)
            self.begin(number, f"NAME_{number}", f"{URL}/{number}")
        self.assertTrue(self.outbox.is_full)
        with self.assertRaises(ValueError):
            self.begin("too many", "MORE", URL)
        self.assertFalse(self.outbox.is_busy("MORE", URL))
        self.answer.set()
        ended = [self.outbox.ended(SECONDS)[0] for _call in range(MOST)]
        self.assertEqual(sorted(ended), list(range(MOST)))
        self.assertFalse(self.outbox.is_full)
