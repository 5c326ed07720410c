"""The answer to the alert about a restored or copied database."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.health.common import RestoreCase


@tagged("post_install", "-at_install")
class TestRestoreAnswer(RestoreCase):
    def test_an_administrator_sends_what_waits_and_each_says_so(self):
        self.send()
        self.raise_alert(name="It moved")
        self.restore()
        alert = self.watch()
        self.assertIn(self.manager, alert.activity_ids.user_id)
        alert.with_user(self.manager).action_send_held()
        self.assertEqual(alert.state, "resolved")
        self.assertIsNone(self.restored())
        self.send()
        [told] = self.sent_bodies()
        self.assertIn("you may have read this already", str(told))
        self.assertIn("released 1 pending messages", self.deployment.message_ids[:1].body)
        self.raise_alert("later")
        self.send(hours=1)
        self.assertNotIn("already", str(self.sent_bodies()[-1]))

    def test_an_administrator_discards_what_waits(self):
        self.send()
        self.raise_alert()
        self.restore()
        self.watch().with_user(self.manager).action_discard_held()
        self.send()
        self.assertEqual(self.server.calls, [])
        message = self.messages(self.hook)
        self.assertEqual(message.state, "failed")
        self.assertIn(f"Discarded by {self.manager.name}", message.failure_message)
        self.assertIsNone(self.restored())
        self.raise_alert("later")
        self.send()
        self.assertEqual(len(self.server.calls), 1)

    def test_others_do_not_answer(self):
        self.send()
        self.restore()
        alert = self.watch()
        for person in (self.owner, self.deputy, self.auditor):
            for action in ("action_send_held", "action_discard_held"):
                with self.subTest(person=person.login, action=action), self.assertRaises(AccessError):
                    getattr(alert.with_user(person), action)()

    def test_there_is_nothing_to_answer_where_all_is_well(self):
        self.send()
        other = self.raise_alert()
        with self.assertRaises(UserError):
            other.with_user(self.manager).action_send_held()
