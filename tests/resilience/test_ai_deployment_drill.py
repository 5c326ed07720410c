"""The record of a drill: never changed, with a verdict in a sentence."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestDrillRecord(DrillCase):
    def test_the_verdict_counts_the_steps(self):
        drill = self.drill("alert")
        self.assertIn(f"by {self.owner.name} passed.", drill._verdict())
        self.assertIn("invented records drifted", drill.steps_html)

    def test_a_drill_is_never_changed(self):
        drill = self.drill("alert")
        for change in (lambda: drill.sudo().write({"is_passed": True}), lambda: drill.sudo().unlink()):
            with self.assertRaises(UserError):
                change()
