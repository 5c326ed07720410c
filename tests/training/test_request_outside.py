"""Models that are made outside Odoo: a signed call to the program that trains them, or a task with the procedure."""

import hashlib
import hmac
import json
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.remote_card import PushedCard
from odoo.addons.ai_deployment.models.endpoints.binding import make_version
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.alerting.common import MessageCase
from odoo.addons.ai_deployment.tests.common import NOW

LATER = NOW + timedelta(days=181)


@tagged("post_install", "-at_install")
class TestRequestOutside(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with clock.at(NOW):
            outside = make_version(
                cls.deployment.sudo(),
                PushedCard,
                {"model": "forest", "description": "", "inputs": ["country_id"]},
                ["country_id"],
                0.5,
            )
            cls.deployment._assign_champion(outside, "test")

    def fire(self, action):
        trigger = self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": "age", "threshold": 180, "action": action}
        )
        with clock.at(LATER):
            self.env["ai.deployment.trigger"]._evaluate(self.deployment)
        return trigger

    def task(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_retrain")
        return self.env["mail.activity"].search(
            [("res_id", "=", self.deployment.id), ("activity_type_id", "=", kind.id)]
        )

    def test_the_program_is_called_with_a_signature(self):
        self.set_address("s3cret", "TEST_HOOK_SECRET")
        self.add("webhook", frequency="retraining")
        self.fire("call")
        self.send(minutes=1, days=181)
        [(_path, headers, body)] = self.server.calls
        sent = json.loads(body)
        self.assertEqual((sent["event"], sent["reason"]), ("retraining_requested", "the version is 181 days old"))
        self.assertEqual(sent["deployment"]["id"], self.deployment.id)
        self.assertEqual(sent["serving"]["kind"], "pushed")
        self.assertEqual(sent["inputs"], self.deployment.feature_ids.mapped("key"))
        expected = hmac.new(b"s3cret", headers["x-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["x-signature"], f"sha256={expected}")
        self.assertIn("was called", self.task().summary)

    def test_without_a_signing_key_nothing_leaves_and_the_owner_is_told(self):
        channel = self.add("webhook", frequency="retraining")
        self.fire("call")
        self.send(minutes=1, days=181)
        self.assertFalse(self.server.calls)
        self.assertEqual(channel.failure_message, "This server has no signing key named “TEST_HOOK_SECRET”.")

    def test_such_a_webhook_gets_no_alerts(self):
        self.add("webhook", frequency="retraining")
        self.raise_alert()
        self.send(minutes=1)
        self.assertFalse(self.server.calls)

    def test_without_a_webhook_the_owner_gets_the_task_with_the_procedure(self):
        self.fire("call")
        self.assertIn("No webhook for requests to retrain is set up", self.task().summary)
        self.assertIn("register_version", self.task().note)

    def test_what_is_made_elsewhere_is_not_trained_here(self):
        self.fire("train")
        self.assertFalse(self.env["ai.deployment.training"].search([("deployment_id", "=", self.deployment.id)]))
        self.assertEqual(self.task().summary, "Retrain: the version is 181 days old")
        self.assertIn("Fetch fresh labelled records", self.task().note)
