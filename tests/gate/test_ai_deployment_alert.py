"""The alert of a bypassed gate ends when the gate can hold bills again."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestBypassedGateAlert(GateCase):
    def test_the_alert_is_over_when_it_holds_again(self):
        self.gate.suspend()
        self.make_bill().action_post()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "gate:open")])
        alert._end_open_gate()
        self.assertEqual(alert.state, "firing")
        self.gate.state = "production"
        for step in self.env["ai.deployment.alert"]._due_today():
            step()
        self.assertEqual(alert.state, "resolved")
        with self.stopped():
            self.make_bill().action_post()
