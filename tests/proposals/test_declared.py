"""Answer fields as a contract declares them."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.proposals import declared
from odoo.addons.ai_deployment.models.proposals.declared import declared_fields
from odoo.addons.ai_deployment.remote.answer_fields import LONGEST_NAME
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestDeclared(AiDeploymentCase):
    def declared(self, *answers):
        task = self.make_deployment(method="extract", answer_field_ids=[(0, 0, answer) for answer in answers])
        return {each["key"]: each for each in declared_fields(task.sudo())}

    def test_records_that_are_few_are_choices_by_name_and_many_are_found_by_name(self):
        teams = self.env["crm.team"].create([{"name": "Same"}, {"name": "Same"}])
        found = self.declared(
            {"key": "team_id", "domain": f"[('id', 'in', {teams.ids})]"},
            {"key": "country_id"},
            {"key": "priority"},
            {"key": "date_deadline", "required": False},
            {"key": "expected_revenue", "name": "Budget"},
        )
        first, second = teams.sorted(lambda team: team.id).ids
        self.assertEqual(sorted(found["team_id"]["choices"].values()), sorted(map(str, teams.ids)))
        self.assertIn("Same", found["team_id"]["choices"])
        self.assertTrue({f"Same (#{first})", f"Same (#{second})"} & found["team_id"]["choices"].keys())
        self.assertEqual((found["country_id"]["kind"], found["country_id"]["choices"]), ("record", {}))
        self.assertEqual((found["priority"]["kind"], found["priority"]["choices"]["High"]), ("choice", "2"))
        self.assertEqual((found["date_deadline"]["kind"], found["date_deadline"]["required"]), ("date", False))
        self.assertEqual((found["expected_revenue"]["kind"], found["expected_revenue"]["label"]), ("number", "Budget"))

    def test_records_of_another_company_are_no_choice(self):
        other = self.env["res.company"].create({"name": "Another Company"})
        teams = self.env["crm.team"].create([{"name": "Ours"}, {"name": "Theirs", "company_id": other.id}])
        found = self.declared({"key": "team_id", "domain": f"[('id', 'in', {teams.ids})]"})
        self.assertEqual([*found["team_id"]["choices"]], ["Ours"])

    def test_as_many_choices_as_a_contract_has_room_for(self):
        teams = self.env["crm.team"].create([{"name": name} for name in ("One", "Two", "Three")])
        answer = {"key": "team_id", "domain": f"[('id', 'in', {teams.ids})]"}
        for most, kind, count in ((3, "choice", 3), (2, "record", 0)):
            with patch.object(declared, "MOST_CHOICES", most):
                found = self.declared(answer)["team_id"]
            self.assertEqual((found["kind"], len(found["choices"])), (kind, count))

    def test_long_names_are_cut_and_stay_apart(self):
        name = "N" * (LONGEST_NAME - 20)
        teams = self.env["crm.team"].create([{"name": f"{name}{end}"} for end in ("", "x")])
        found = self.declared({"key": "team_id", "domain": f"[('id', 'in', {teams.ids})]"})["team_id"]["choices"]
        self.assertIn(name, found)
        self.assertEqual({choice[: len(name)] for choice in found}, {name})
        self.assertLessEqual(max(map(len, found)), LONGEST_NAME)
