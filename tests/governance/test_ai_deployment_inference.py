"""The buttons that print why a record had its score."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestInferenceButton(ReportCase):
    def test_the_buttons_are_on_the_pages(self):
        for model, kind, button in (
            ("ai.deployment.inference", "form", "action_print_evidence"),
            ("ai.deployment.score", "list", "action_print_evidence"),
            ("ai.deployment.version", "form", "action_print_difference"),
            ("ai.deployment", "form", "action_ask_record_evidence"),
        ):
            arch = self.env[model].with_user(self.owner).get_view(view_type=kind)["arch"]
            self.assertIn(button, arch)
