"""The page "What It Is Worth" in a real browser, as its owner uses it."""

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.governance.common import ValueCase


@tagged("post_install", "-at_install", "ai_tour")
class TestValueTour(HttpCase, ValueCase):
    def test_owner(self):
        self.past_leads(80, clock.now() - timedelta(days=100), won=20, lost=50)
        self.make_leads(name="A tender for chairs")
        self.start_tour("/odoo/ai-deployments", "ai_deployment_value", login="ai_owner")
        self.assertEqual(Measurement(self.deployment).baseline()["conversion"].row_count, 70)
        self.assertTrue(self.deployment.edge_case_ids.is_current)
