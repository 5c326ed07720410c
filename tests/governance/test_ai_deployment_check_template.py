"""Which rows a checklist has: those of the template of the company, as they were."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.tests.governance.common import ChecklistCase


@tagged("post_install", "-at_install")
class TestCheckTemplate(ChecklistCase):
    def test_a_checklist_comes_from_the_template_of_the_company_and_stays_as_it_was(self):
        codes = set(self.deployment.check_ids.mapped("code"))
        self.assertEqual(len(codes), 20)
        template = self.env["ai.deployment.check.template"].create(
            {
                "name": "Ours",
                "company_id": self.env.company.id,
                "line_ids": [
                    Command.create({"dimension": "business", "code": "x", "name": "X", "requirement": "That it is X."})
                ],
            }
        )
        ours = self.make_deployment()
        self.assertEqual(ours.check_template_id, template)
        self.assertEqual(ours.check_ids.mapped("code"), ["x"])
        template.line_ids.name = "Changed"
        self.assertEqual(ours.check_ids.name, "X")
        self.assertEqual(set(self.deployment.check_ids.mapped("code")), codes)

    def test_without_a_template_nothing_goes_live(self):
        self.env["ai.deployment.check.template"].search([]).active = False
        bare = self.make_deployment(is_primary=False)
        self.assertFalse(bare.check_ids)
        self.assertEqual(bare.progress, 0.0)
        self.assertIn("no checklist", Checklist(bare).gap())
        self.env.ref("ai_deployment.check_template_standard").active = True
        self.assertIn("checklist rows are missing", Checklist(bare).gap())
