"""Keys of calls that pushed results are kept for a while, and nobody changes them."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.pushing.ai_deployment_push import KEPT
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import PushCase


@tagged("post_install", "-at_install")
class TestPushes(PushCase):
    def test_they_are_readable_by_the_owner_and_forgotten_later(self):
        ids = self.push([{"res_id": self.samples[0].id, "score": 0.9}])
        push = self.env["ai.deployment.push"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(
            (push.with_user(self.owner).inference_ids, push.record_count, push.user_id), (ids, 1, self.robot)
        )
        with self.assertRaises(AccessError):
            push.with_user(self.manager).digest = "x"
        with clock.at(NOW + KEPT + timedelta(days=1)):
            push._gc_expired()
        self.assertFalse(push.exists())
