"""A row of a template names a rule that exists."""

from odoo.exceptions import ValidationError
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
        with self.assertRaisesRegex(ValidationError, "is not an evidence rule"), self.env.cr.savepoint():
            lines[0].rule = "basis"
