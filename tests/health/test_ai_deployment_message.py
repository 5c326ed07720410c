"""A restored or copied database tells nobody until an administrator has said that it is the one in use."""

from datetime import timedelta

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health.monitor import HealthMonitor
from odoo.addons.ai_deployment.models.tools import clock, database
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import RestoreCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestRestore(RestoreCase):
    def test_a_database_that_told_nobody_yet_is_the_one_in_use(self):
        self.restore()
        self.assertIsNone(self.restored())
        self.raise_alert()
        self.send()
        self.assertEqual(len(self.server.calls), 1)
        self.assertTrue(database.is_marked(self.env))

    def test_what_waited_when_it_was_dumped_is_held_and_told(self):
        self.send()
        self.raise_alert()
        self.restore()
        finding = self.restored()
        self.assertEqual(finding.severity, "severe")
        self.assertIn("no messages are sent by mail, Discuss or webhook. Pending messages: 1.", finding.sentence)
        self.send(days=1)
        self.assertEqual(self.server.calls, [])
        self.assertEqual(self.messages(self.hook).mapped("state"), ["pending"])
        self.assertFalse(self.env["ai.deployment"]._is_all_well())

    def test_what_comes_up_meanwhile_is_held_too(self):
        self.send()
        self.restore()
        self.raise_alert()
        self.send()
        self.assertEqual(self.server.calls, [])

    def test_the_day_of_the_dump_is_kept(self):
        self.send()
        self.jobs_ran(NOW)
        self.restore()
        self.send(days=3)
        self.assertEqual(database.held(self.env).since, NOW + timedelta(days=3))
        first = database.held(self.env)
        self.send(days=4)
        self.assertEqual(database.held(self.env), first)

    def test_a_mail_that_the_queue_has_not_sent_is_taken_back(self):
        self.hook.sudo().active = False
        channel = self.add()
        self.raise_alert()
        self.send()
        message = self.messages(channel)
        self.assertEqual((message.state, message.mail_ids.sudo().state), ("handed", "outgoing"))
        mail = message.mail_ids.sudo()
        self.restore()
        self.env["ai.deployment.message"]._register_hook()
        self.assertEqual((mail.state, message.state), ("cancel", "pending"))
        self.send(hours=1)
        self.assertEqual(message.state, "pending")
        self.watch().with_user(self.manager).action_send_held()
        self.send(hours=2)
        self.assertEqual(message.state, "handed")
        self.assertNotEqual(message.mail_ids, mail)

    def test_a_mail_that_left_before_is_not_sent_again(self):
        self.hook.sudo().active = False
        channel = self.add()
        self.raise_alert()
        self.send()
        message = self.messages(channel)
        message.mail_ids.sudo().state = "sent"
        self.restore()
        self.env["ai.deployment.message"]._register_hook()
        self.assertEqual(message.state, "handed")

    def test_it_is_told_where_no_deployment_is_at_work(self):
        self.send()
        self.restore()
        self.deployment.sudo().state = "suspended"
        with clock.at(NOW):
            HealthMonitor(self.env["ai.deployment"].sudo()).watch_instance()
            self.assertFalse(self.env["ai.deployment"]._is_all_well())
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "health:restored")])
        self.assertEqual(alert.state, "firing")

    def test_a_neutralised_copy_tells_nobody_and_asks_nothing(self):
        self.send()
        self.raise_alert()
        self.restore()
        self.env.flush_all()
        for query in get_neutralization_queries(["ai_deployment"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        self.assertIsNone(self.restored())
        self.assertFalse(self.messages(self.hook))
