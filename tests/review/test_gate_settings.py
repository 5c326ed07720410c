"""Settings of the gate: who changes them, and which make sense."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestGateSettings(GateCase):
    def test_only_the_owner_or_an_administrator_changes_the_gate(self):
        with self.assertRaises(AccessError):
            self.gate.with_user(self.gate_deputy).gate = "off"
        self.gate.with_user(self.gate_owner).gate = "warn"
        self.gate.with_user(self.manager).gate = "off"

    def test_only_bills_have_a_gate_and_figures_make_sense(self):
        with self.assertRaisesRegex(ValidationError, "Only bills"):
            self.deployment.gate = "block"
        self.assertEqual(self.gate.copy().gate, "off")
