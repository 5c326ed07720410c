"""Checks of what all deployments share: the disks, late messages, the mail queue."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health import server
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import CheckCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestMessages(CheckCase):
    def test_a_message_that_should_have_been_sent(self):
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        with clock.at(NOW):
            channel._queue("It moved", "")
        self.assertNotIn("messages_late", self.findings(NOW + timedelta(minutes=59)))
        finding = self.findings(NOW + HOUR)["messages_late"]
        self.assertEqual(finding.sentence, "Messages are not sent: 1 are pending, the oldest since 03/02/2026.")
        self.env.ref("ai_deployment.ir_cron_send").active = False
        self.assertNotIn("messages_late", self.findings(NOW + HOUR), "the job is told of instead")

    def test_the_mail_queue_matters_where_mail_is_used(self):
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        queue.write({"active": False})
        self.assertNotIn("mail_queue", self.findings())
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        self.assertEqual(self.findings()["mail_queue"].severity, "severe")


@tagged("post_install", "-at_install")
class TestDisks(CheckCase):
    def with_free(self, total, left):
        return patch.object(server, "free_space", return_value=(total, left))

    def test_a_disk_that_is_nearly_full_is_a_notice_and_severe_at_its_end(self):
        gigabyte = 1024**3
        for left, severity in ((10 * gigabyte, None), (gigabyte, "notice"), (gigabyte // 4, "severe")):
            with self.subTest(left=left), self.with_free(100 * gigabyte, left):
                finding = self.findings().get("disk_files")
                self.assertEqual(finding and finding.severity, severity)

    def test_a_small_disk_is_judged_by_its_share(self):
        gigabyte = 1024**3
        with self.with_free(12 * gigabyte, gigabyte):
            self.assertNotIn("disk_files", self.findings())

    def test_a_disk_that_cannot_be_looked_at_is_no_finding(self):
        with patch.object(server.shutil, "disk_usage", side_effect=OSError):
            self.assertEqual(self.findings(), {})

    def test_a_full_disk_of_the_database_is_found_where_it_refused_something(self):
        with clock.at(NOW), patch.object(server, "free_space", return_value=None):
            self.env["ai.deployment.alert"]._raise(self.deployment, "server:disk_full", name="Full")
            self.watch()
        self.assertEqual(self.open_causes(), ["server:disk_full"])
        with patch.object(server, "free_space", return_value=None):
            self.assertEqual(self.findings()["disk_database"].severity, "severe")
