"""The context of a failure is for those who see sensitive inputs, and is forgotten."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.pushing.ai_deployment_failure_detail import KEPT
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import PushCase


@tagged("post_install", "-at_install")
class TestFailureDetails(PushCase):
    def test_it_is_masked_and_hidden(self):
        details = "Authorization: Bearer abcdef123456 password=hunter2"
        self.push([{"res_id": self.samples[0].id, "failure": {"message": "x", "details": details}}])
        kept = self.env["ai.deployment.failure.detail"].search([("deployment_id", "=", self.deployment.id)])
        self.env.cr.execute("SELECT details FROM ai_deployment_failure_detail WHERE id = %s", [kept.id])
        self.assertEqual(self.env.cr.fetchone()[0], "Authorization: Bearer ••• password=•••")
        for user in (self.owner, self.manager, self.auditor):
            with self.assertRaises(AccessError):
                kept.with_user(user).read(["inference_id"])
        with clock.at(NOW + KEPT + timedelta(days=1)):
            kept._gc_expired()
        self.assertFalse(kept.exists())
