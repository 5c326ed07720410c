"""What the path of an input leads to, as a version keeps it."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features import path_description
from odoo.addons.ai_deployment.models.features.path_description import describe_path
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestPathDescription(AiDeploymentCase):
    def test_types_options_and_relations(self):
        self.assertEqual(describe_path(self.deployment, "expected_revenue")["type"], "monetary")
        self.assertEqual(describe_path(self.deployment, "type")["keys"], ["lead", "opportunity"])
        country = describe_path(self.deployment, "country_id")
        self.assertEqual((country["model"], country["levels"]), ("res.country", []), "there are too many")
        stage = describe_path(self.deployment, "stage_id")
        self.assertEqual(stage["levels"], self.env["crm.stage"].search([], order="id").ids)
        self.assertEqual(len(describe_path(self.deployment, "country_id.code")["field_ids"]), 2)

    def test_people_are_no_levels_and_what_was_looked_up_is_used_again(self):
        levels = {}
        self.assertEqual(describe_path(self.deployment, "user_id", levels)["levels"], [])
        levels["crm.stage", self.deployment.company_id.id] = [7]
        self.assertEqual(describe_path(self.deployment, "stage_id", levels)["levels"], [7])
        self.assertIn("res.partner", path_description.PEOPLE)

    def test_nowhere(self):
        self.assertIsNone(describe_path(self.deployment, "no_such_field"))
