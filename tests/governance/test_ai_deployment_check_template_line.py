"""A row of a template names a rule that exists."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.evidence import RULES
from odoo.addons.ai_deployment.tests.governance.common import ChecklistCase


@tagged("post_install", "-at_install")
class TestCheckTemplateLine(ChecklistCase):
    def test_every_rule_of_the_templates_exists(self):
        rules = set(RULES)
        lines = self.env["ai.deployment.check.template"].with_context(active_test=False).search([]).line_ids
        self.assertLessEqual(set(lines.mapped("rule")), rules)
        self.assertNotIn("evidence_fingerprint", rules)
        with self.assertRaises(ValueError):
            lines[0].rule = "basis"

    def test_every_rule_has_a_name(self):
        names = self.env["ai.deployment.check.template.line"]._fields["rule"].get_values(self.env)
        self.assertEqual(set(names), set(RULES))
