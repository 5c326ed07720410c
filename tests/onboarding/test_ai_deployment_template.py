from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAiDeploymentTemplate(AiDeploymentCase):
    def test_shipped_templates_are_complete(self):
        for name in ("leads", "bills", "own_model"):
            template = self.env.ref(f"ai_deployment.template_{name}")
            self.assertTrue(template.viewer_group_ids and template.purpose and template.description)

    def test_administrators_add_templates_of_their_company(self):
        values = {
            "name": "Ours",
            "purpose": "Ours.",
            "model_id": self.lead_model.id,
            "company_id": self.env.company.id,
        }
        with self.assertRaises(AccessError):
            self.env["ai.deployment.template"].with_user(self.owner).create(values)
        template = self.env["ai.deployment.template"].with_user(self.manager).create(values)
        self.assertEqual(template.method, "scorecard")

    def test_what_is_shared_by_all_companies_needs_all_of_them(self):
        self.env["res.company"].create({"name": "Another"})
        with self.assertRaises(AccessError):
            self.env.ref("ai_deployment.template_leads").with_user(self.manager).name = "Mine"

    def test_documents_that_cannot_be_scored_or_have_no_outcome(self):
        for model, method in (("res.partner", "anomaly"), ("account.move", "scorecard")):
            with self.subTest(model=model), self.assertRaises(ValidationError):
                self.env["ai.deployment.template"].create(
                    {"name": "x", "purpose": "x", "model_id": self.env["ir.model"]._get(model).id, "method": method}
                )

    def test_later_moments_are_for_records_that_stay_open(self):
        bills, leads = (self.env.ref(f"ai_deployment.template_{name}") for name in ("bills", "leads"))
        leads.landmarks = True
        with self.assertRaisesRegex(ValidationError, "stay open"):
            bills.landmarks = True
        with self.assertRaisesRegex(ValidationError, "stay open"):
            self.make_deployment(
                model_id=self.env["ir.model"]._get("account.move").id, method="anomaly", landmarks=True, features=[]
            )
