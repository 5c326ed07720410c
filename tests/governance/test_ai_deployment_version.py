"""The button that prints how a version differs from another one."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestVersionButton(ReportCase):
    def test_the_button_compares_with_what_serves_or_served_before(self):
        new = self.keep(self.deployment, self.card(high=3.0))
        for version in (self.version, new):
            action = version.with_user(self.owner).action_print_difference()
            self.assertEqual(set(action["context"]["active_ids"]), {self.version.id, new.id})
