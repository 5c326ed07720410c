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
        steps = [("crm.lead", "country_id"), ("res.country", "code")]
        self.assertEqual(
            describe_path(self.deployment, "country_id.code")["field_ids"],
            [self.env["ir.model.fields"]._get(*step).id for step in steps],
        )

    def test_a_relation_is_small_up_to_a_hundred_active_records(self):
        stages = self.env["crm.stage"]
        stages.search([]).unlink()
        stages.create([{"name": str(number)} for number in range(path_description.SMALL)])
        levels = stages.search([], order="id").ids
        self.assertEqual(describe_path(self.deployment, "stage_id")["levels"], levels)
        stages.create({"name": "One more"})
        self.assertEqual(describe_path(self.deployment, "stage_id")["levels"], [])

    def test_only_records_of_the_company_are_levels(self):
        teams = self.env["crm.team"]
        own = teams.create({"name": "Own", "company_id": self.deployment.company_id.id})
        other = teams.create({"name": "Other", "company_id": self.env["res.company"].create({"name": "Other"}).id})
        archived = teams.create({"name": "Archived", "active": False})
        levels = describe_path(self.deployment, "team_id")["levels"]
        self.assertEqual([team.id in levels for team in (own, other, archived)], [True, False, False])
        self.assertEqual(describe_path(self.deployment, "team_id.user_id")["type"], "many2one")

    def test_people_are_no_levels_and_what_was_looked_up_is_used_again(self):
        levels = {}
        self.assertEqual(describe_path(self.deployment, "user_id", levels)["levels"], [])
        levels["crm.stage", self.deployment.company_id.id] = [7]
        self.assertEqual(describe_path(self.deployment, "stage_id", levels)["levels"], [7])
        self.assertIn("res.partner", path_description.PEOPLE)

    def test_properties_are_described_by_their_definition(self):
        self.env["crm.team"].create(
            {
                "name": "With properties",
                "lead_properties_definition": [
                    {"name": "tier", "string": "Tier", "type": "selection", "selection": [["a1", "Gold"]]},
                    {"name": "labels", "string": "Labels", "type": "tags", "tags": [["c0", "Hot", 1]]},
                    {"name": "helper", "string": "Helper", "type": "many2one", "comodel": "res.users"},
                ],
            }
        )
        for name, expected in (
            ("tier", ("selection", ["a1"], {"a1": "Gold"}, "")),
            ("labels", ("tags", ["c0"], {"c0": "Hot"}, "")),
            ("helper", ("many2one", [], {}, "res.users")),
        ):
            with self.subTest(name):
                found = describe_path(self.deployment, f"lead_properties.{name}")
                self.assertEqual((found["type"], found["keys"], found["options"], found["model"]), expected)

    def test_nowhere(self):
        self.assertIsNone(describe_path(self.deployment, "no_such_field"))
