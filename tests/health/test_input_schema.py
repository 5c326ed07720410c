"""What a version depends on is changed for real: it is told before anything is scored, and over once it is mended."""

import json

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.features import path_description
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import SchemaCase


@tagged("post_install", "-at_install")
class TestInputSchema(SchemaCase):
    def only(self, deployment):
        """The one finding there is."""
        found = self.findings(deployment=deployment)
        self.assertEqual(len(found), 1, found)
        return next(iter(found.values()))

    # Fields

    def test_a_renamed_field_is_told_before_scoring_with_its_new_name(self):
        field = self.make_field()
        deployment = self.watch("x_tier", {"gold": 20, "silver": 20})
        self.assertEqual(self.findings(deployment=deployment), {})
        field.name = "x_level"
        finding = self.only(deployment)
        self.assertEqual(finding.code, "input:x_tier")
        self.assertTrue(finding.breaks)
        self.assertEqual(
            finding.sentence,
            "Input “Tier” can no longer be read: its field was renamed to “x_level” (x_tier before).",
        )
        self.env.invalidate_all()
        with clock.at(NOW):
            self.assertEqual(deployment.health, "bad")
        field.name = "x_tier"
        self.assertEqual(self.findings(deployment=deployment), {})

    def test_a_deleted_field_is_told(self):
        field = self.make_field()
        deployment = self.watch("x_tier", {"gold": 20, "silver": 20})
        field.unlink()
        self.assertEqual(
            self.only(deployment).sentence, "Input “Tier” can no longer be read: there is no field “x_tier”."
        )

    def test_a_field_that_came_back_as_another_type_is_told(self):
        field = self.make_field(ttype="char")
        deployment = self.watch("x_tier", {"gold": 20, "silver": 20})
        field.unlink()
        self.make_field(ttype="many2one", relation="crm.team")
        finding = self.only(deployment)
        self.assertEqual((finding.code, finding.severity), ("input:x_tier", "severe"))
        self.assertIn("the field “x_tier” now has another type", finding.sentence)

    def test_a_type_that_reads_alike_is_no_change(self):
        field = self.make_field(ttype="char")
        deployment = self.watch("x_tier", {"gold": 20})
        field.unlink()
        self.make_field(ttype="text")
        self.assertEqual(self.findings(deployment=deployment), {})

    def test_a_relation_to_other_records_is_told(self):
        field = self.make_field(ttype="many2one", relation="crm.team")
        deployment = self.watch("x_tier", {"1": 20})
        field.unlink()
        self.make_field(ttype="many2one", relation="utm.source")
        self.assertIn("another type", self.only(deployment).sentence)

    def test_a_field_that_a_history_groups_by_is_watched_too(self):
        field = self.make_field(ttype="char")
        feature = self.env["ai.deployment.feature"].create(
            {
                "deployment_id": self.deployment.id,
                "name": "Earlier ones",
                "source": "history",
                "measure": "count",
                "group_paths": "x_tier",
            }
        )
        spec = {**feature._to_spec(), "key": "country_id"}
        specs = [spec if old["key"] == "country_id" else old for old in self.version.sudo().feature_specs]
        self.keep_specs(specs)
        self.assertEqual(self.findings(), {})
        field.name = "x_level"
        self.assertIn("“Earlier ones” can no longer be read", self.only(self.deployment).sentence)

    def keep_specs(self, specs):
        """As if the version had been trained with these declarations."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET feature_specs = %s::jsonb WHERE id = %s",
            [json.dumps(specs), self.version.id],
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    # Selections

    def test_a_renamed_option_is_gone_and_new(self):
        field = self.make_field()
        deployment = self.watch("x_tier", {"gold": 20, "silver": 20})
        field.selection_ids[0].write({"value": "premium", "name": "Premium"})
        found = self.findings(deployment=deployment)
        self.assertEqual(set(found), {"options_gone:x_tier", "options_new:x_tier"})
        gone, new = found["options_gone:x_tier"], found["options_new:x_tier"]
        self.assertEqual(
            (gone.severity, gone.sentence),
            ("severe", "Input “Tier” has lost options used in training: “gold”."),
        )
        self.assertEqual(
            (new.severity, new.sentence),
            ("notice", "Input “Tier” has options that are new since the version was trained: “Premium”."),
        )
        field.selection_ids[0].write({"value": "gold", "name": "Gold"})
        self.assertEqual(self.findings(deployment=deployment), {})

    def test_an_option_that_the_version_hardly_knew_is_missed_quietly(self):
        field = self.make_field(options=("gold", "silver", "rare"))
        deployment = self.watch("x_tier", {"gold": 20, "silver": 20})
        field.selection_ids[2].unlink()
        self.assertEqual(self.only(deployment).severity, "notice")

    def test_an_option_that_never_occurred_in_training_is_not_new(self):
        self.make_field()
        self.assertEqual(self.findings(deployment=self.watch("x_tier", {"gold": 20})), {})

    # Properties

    def make_property(self, **definition):
        definition = {"name": "tier", "string": "Tier", **definition}
        return self.env["crm.team"].create({"name": "T", "lead_properties_definition": [definition]})

    def test_a_property_that_nobody_defines_any_more_is_told(self):
        team = self.make_property(type="selection", selection=[["a1", "Gold"], ["a2", "Silver"]])
        copy = team.copy()
        deployment = self.watch("lead_properties.tier", {"a1": 20})
        team.lead_properties_definition = []
        self.assertEqual(self.findings(deployment=deployment), {})  # another team still has it
        copy.lead_properties_definition = []
        finding = self.only(deployment)
        self.assertEqual((finding.code, finding.severity), ("input:lead_properties.tier", "severe"))
        self.assertEqual(
            finding.sentence,
            "Input “Tier” is a property without a definition, so new records will not have it.",
        )

    def test_options_of_a_property_are_watched_and_named(self):
        for type_, color in (("selection", []), ("tags", [1])):
            path = f"lead_properties.of_{type_}"
            definition = {"name": f"of_{type_}", "type": type_}
            before = [[key, label, *color] for key, label in (("a1", "Gold"), ("a2", "Silver"))]
            now = [[key, label, *color] for key, label in (("a2", "Silver"), ("a3", "Bronze"))]
            team = self.make_property(**definition, **{type_: before})
            deployment = self.watch(path, {"a1": 20})
            team.lead_properties_definition = [{**definition, "string": "Tier", type_: now}]
            found = self.findings(deployment=deployment)
            self.assertEqual(set(found), {f"options_gone:{path}", f"options_new:{path}"})
            self.assertIn("“Gold”", found[f"options_gone:{path}"].sentence)
            self.assertIn("“Bronze”", found[f"options_new:{path}"].sentence)

    def test_a_property_of_another_type_is_told(self):
        team = self.make_property(type="integer")
        deployment = self.watch("lead_properties.tier", {"a1": 20})
        team.lead_properties_definition = [{"name": "tier", "string": "Tier", "type": "boolean"}]
        self.assertIn("another type", self.only(deployment).sentence)

    # Small relations

    def test_a_new_stage_is_told_before_a_lead_is_in_it(self):
        stage = self.env["crm.stage"].search([], limit=1)
        deployment = self.watch("stage_id", {stage.id: 20})
        self.assertEqual(self.findings(deployment=deployment), {})
        new = self.env["crm.stage"].create({"name": "Bargaining"})
        finding = self.only(deployment)
        self.assertEqual(
            (finding.code, finding.severity, finding.sentence),
            ("level:stage_id", "notice", "Stage “Bargaining” is new since the version was trained."),
        )
        self.env["crm.stage"].create({"name": "Signing"})
        self.assertEqual(
            self.only(deployment).sentence,
            "Stage: “Bargaining”, “Signing” are new since the version was trained.",
        )
        with clock.at(NOW):
            deployment._assign_champion(self.keep(deployment, deployment.champion_id._card()), "trained again")
        self.assertEqual(self.findings(deployment=deployment), {})
        new.unlink()

    def test_a_team_of_another_company_does_not_matter_nor_does_an_archived_one(self):
        deployment = self.watch("team_id", {"1": 20})
        other = self.env["res.company"].create({"name": "Another company"})
        self.env["crm.team"].create({"name": "Theirs", "company_id": other.id})
        self.env["crm.team"].create({"name": "Gone", "active": False})
        self.assertEqual(self.findings(deployment=deployment), {})
        team = self.env["crm.team"].create({"name": "Ours", "company_id": deployment.company_id.id})
        self.assertIn("“Ours” is new", self.only(deployment).sentence)
        team.active = False
        self.assertEqual(self.findings(deployment=deployment), {})

    def test_people_and_large_relations_are_left_to_drift(self):
        by_person = self.watch("user_id", {"1": 20})
        by_country = self.watch("country_id", {self.belgium.id: 20})
        new_test_user(self.env, "ai_new_seller", groups="sales_team.group_sale_salesman")
        self.env["res.country"].create({"name": "Newland", "code": "ZY"})
        for deployment in (by_person, by_country):
            self.assertEqual(self.findings(deployment=deployment), {})

    def test_how_small_is_small(self):
        self.patch(path_description, "SMALL", 3)
        self.env["crm.stage"].search([])[3:].unlink()
        deployment = self.watch("stage_id", {"1": 20})
        self.env["crm.stage"].create({"name": "One too many"})
        self.assertEqual(self.findings(deployment=deployment), {})

    def test_what_is_sensitive_is_not_named(self):
        deployment = self.watch("stage_id", {"1": 20}, sensitive=True)
        self.env["crm.stage"].create({"name": "Insolvency"})
        self.assertEqual(self.only(deployment).sentence, "Stage: some values are new since the version was trained.")

    def test_the_job_tells_of_it_and_resolves_it_when_trained_again(self):
        deployment = self.watch("stage_id", {"1": 20})
        self.env["crm.stage"].create({"name": "Bargaining"})
        self.run_job("ir_cron_health")
        alert = self.alert("health:level:stage_id", deployment)
        self.assertEqual((alert.state, alert.level), ("firing", "notice"))
        with clock.at(NOW):
            deployment._assign_champion(self.keep(deployment, deployment.champion_id._card()), "trained again")
        self.run_job("ir_cron_health")
        self.assertEqual(alert.state, "resolved")

    def test_looking_at_inputs_scores_nothing(self):
        deployment = self.watch("stage_id", {"1": 20})
        self.findings(deployment=deployment)
        self.assertFalse(self.env["ai.deployment.inference"].search([("deployment_id", "=", deployment.id)]))
