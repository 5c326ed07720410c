"""Each kind of channel has one way to send; what it does is tested with the messages."""

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.alerting.ai_deployment_channel import AiDeploymentChannel
from odoo.addons.ai_deployment.models.alerting.ways import WAYS


@tagged("post_install", "-at_install")
class TestWays(BaseCase):
    def test_every_kind_is_sent_one_way(self):
        kinds = {kind for kind, _label in AiDeploymentChannel.kind._args__["selection"]}
        self.assertEqual({*WAYS, "activity", "webhook"}, kinds)
