"""The health that stands on a deployment, apart from findings."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health.monitor import state_of
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, HealthCase


@tagged("post_install", "-at_install")
class TestHealthOfADeployment(HealthCase):
    def state(self, moment=NOW):
        with clock.at(moment):
            return state_of(self.deployment.sudo())

    def test_states(self):
        self.assertEqual(self.state(), ("good", False))
        self.assertEqual(self.state(NOW + 400 * DAY)[0], "attention", "its review was due")
        self.deployment.state = "suspended"
        self.assertEqual(self.state()[0], "bad")
        self.deployment.state = "retired"
        self.assertEqual(self.state(), ("idle", False))

    def test_performance_is_named_before_drift_and_health_not_at_all(self):
        alerts = self.env["ai.deployment.alert"]
        with clock.at(NOW):
            alerts._raise(self.deployment, "health:idle", name="Idle")
            self.assertEqual(self.state(), ("good", False))
            alerts._raise(self.deployment, "drift:x:shape", name="It moved")
            alerts._raise(self.deployment, "performance:auc", name="The order is lost")
        self.assertEqual(self.state(), ("attention", "The order is lost"))
