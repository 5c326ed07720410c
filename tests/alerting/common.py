"""What the tests of alerts, channels and messages share."""

import json
import os
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.remote.hostile import HostileServer
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

SECRET = "T00-B00-secret"


class AlertCase(AiDeploymentCase, CronMixinCase):
    """An alert of the deployment, and the daily cron."""

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.alert = self.raise_alert()

    def raise_alert(self, cause="drift:x:shape", deployment=None, **values):
        alerts = self.env["ai.deployment.alert"]
        return alerts._raise(deployment or self.deployment, cause, **{"name": "It moved", **values})

    def resolve(self):
        self.env["ai.deployment.alert"]._resolve(self.deployment, self.alert.cause)

    def told(self, alert=None, active_test=True):
        """Who has an activity about the alert, in order."""
        alert = alert or self.alert
        activities = self.env["mail.activity"].with_context(active_test=active_test)
        return activities.search([("res_model", "=", alert._name), ("res_id", "=", alert.id)], order="id").user_id

    def run_daily(self, days=0):
        with self.enter_registry_test_mode(), clock.at(NOW + timedelta(days=days)):
            self.env.ref("ai_deployment.ir_cron_alerts").method_direct_trigger()
        self.env.invalidate_all()


class ChannelCase(AiDeploymentCase, CronMixinCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.room = self.env["discuss.channel"]._create_channel(name="AI alerts", group_id=None)

    def add(self, kind="email", person=None, deployment=None, **values):
        targets = {
            "email": {"partner_ids": self.owner.partner_id.ids},
            "discuss": {"discuss_channel_id": self.room.id},
            "webhook": {"credential": "TEST_HOOK"},
            "activity": {},
        }[kind]
        channels = self.env["ai.deployment.channel"].with_user(person or self.env.user)
        values = {"deployment_id": (deployment or self.deployment).id, "kind": kind, **targets, **values}
        return channels.create(values).with_user(self.env.user)

    def raise_alert(self, cause="drift:x:shape", deployment=None, **values):
        alerts = self.env["ai.deployment.alert"]
        return alerts._raise(deployment or self.deployment, cause, **{"name": "It moved", **values})

    def messages(self, channel=None):
        domain = [("channel_id", "=", channel.id)] if channel else []
        return self.env["ai.deployment.message"].search(domain, order="id")

    def activities(self, alert):
        return self.env["mail.activity"].search([("res_model", "=", alert._name), ("res_id", "=", alert.id)])


class MessageCase(ChannelCase):
    """A server on this machine that stands for the chat; its address is a credential of the environment."""

    def setUp(self):
        super().setUp()
        self.server = HostileServer()
        self.addCleanup(self.server.close)
        self.path = f"/ok/{SECRET}"
        self.set_address(self.server.url(self.path))
        self.env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", f"127.0.0.1:{self.server.port}")

    def set_address(self, url, name="TEST_HOOK"):
        self.enterContext(patch.dict(os.environ, {f"AI_DEPLOYMENT_CREDENTIAL_{name}": url}))

    def answering(self, *answers):
        self.path = f"/services/{SECRET}"
        self.server.answers[self.path] = list(answers)
        self.set_address(self.server.url(self.path))

    def send(self, **after):
        with self.enter_registry_test_mode(), clock.at(NOW + timedelta(**after)):
            self.env.ref("ai_deployment.ir_cron_send").method_direct_trigger()
        self.env.invalidate_all()

    def sent_bodies(self):
        return [json.loads(body) for _path, _headers, body in self.server.calls]

    def trouble(self, channel):
        return self.env["ai.deployment.alert"].search([("cause", "=", channel._cause())])
