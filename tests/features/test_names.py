"""What people call the levels of a category: labels, names of records, and what is gone as such."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features.names import LevelNames
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestLevelNames(AiDeploymentCase):
    def names(self, path, *levels, documents=None, learned=None):
        documents = self.env["crm.lead"].with_user(self.seller) if documents is None else documents
        return LevelNames(documents, path, learned).of(levels)

    def test_where_levels_are_what_people_read_there_are_no_names(self):
        for path in ("", "name", "expected_revenue", "no_such_field", "country_id.code"):
            with self.subTest(path=path):
                self.assertEqual(self.names(path, "x", "1"), {})

    def test_options_and_truths_are_all_named(self):
        self.assertEqual(self.names("type", "lead")["opportunity"], "Opportunity")
        self.assertEqual(self.names("active"), {"true": "yes", "false": "no"})

    def test_options_are_named_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        field = self.env["ir.model.fields"]._get("crm.lead", "type")
        option = field.selection_ids.filtered(lambda option: option.value == "lead")
        option.with_context(lang="de_DE").name = "Hinweis"
        self.env.registry.clear_cache()
        documents = self.env["crm.lead"].with_context(lang="de_DE")
        self.assertEqual(self.names("type", documents=documents)["lead"], "Hinweis")

    def test_records_are_named_archived_ones_too_and_deleted_ones_as_such(self):
        first, second, gone = self.env["crm.tag"].create([{"name": name} for name in ("Zebra", "Ant", "Gone")])
        gone_id = gone.id
        gone.unlink()
        both = f"{first.id},{second.id}"
        found = self.names("tag_ids", str(first.id), both, f"{gone_id}", f"{first.id},{gone_id}", "none")
        self.assertEqual(
            found,
            {
                str(first.id): "Zebra",
                both: "Ant, Zebra",
                f"{gone_id}": "deleted record",
                f"{first.id},{gone_id}": "Zebra, deleted record",
                "none": "none",
            },
        )
        archived = self.env["crm.team"].create({"name": "Closed team", "active": False})
        self.assertEqual(self.names("team_id", str(archived.id)), {str(archived.id): "Closed team"})

    def test_a_name_is_told_to_who_may_not_read_the_record(self):
        self.env["ir.rule"].create(
            {
                "name": "No team",
                "model_id": self.env["ir.model"]._get("crm.team").id,
                "domain_force": "[(0, '=', 1)]",
            }
        )
        team = self.env["crm.team"].create({"name": "Hidden team"})
        self.assertEqual(self.names("team_id", str(team.id)), {str(team.id): "Hidden team"})

    def test_references_are_named_by_their_model(self):
        mail, lead = self.env["mail.activity"], self.make_leads(name="A lead")
        found = self.names(
            "res_id", f"crm.lead,{lead.id}", "crm.lead,999999999", "no.such.model,1", "crm.lead", documents=mail
        )
        self.assertEqual(
            found,
            {
                f"crm.lead,{lead.id}": "A lead",
                "crm.lead,999999999": "deleted record",
                "no.such.model,1": "deleted record",
                "crm.lead": "crm.lead",
            },
        )


@tagged("post_install", "-at_install")
class TestNamesOfProperties(AiDeploymentCase):
    def define(self, **definition):
        team = self.env["crm.team"].create({"name": "With properties"})
        team.lead_properties_definition = [{"name": "size", "string": "Size", **definition}]
        self.env.flush_all()

    def names(self, *levels, learned=None):
        return LevelNames(self.env["crm.lead"], "lead_properties.size", learned).of(levels)

    def test_options_have_their_labels_and_deleted_ones_those_that_were_learned(self):
        self.define(type="selection", selection=[["s", "Small"], ["l", "Large"]])
        self.assertEqual(self.names("s", "x"), {"s": "Small", "l": "Large", "x": "deleted option"})
        learned = {"type": "selection", "options": {"x": "Extra", "s": "Tiny"}}
        found = self.names("s", "x", learned=learned)
        self.assertEqual(found, {"s": "Small", "l": "Large", "x": "Extra"}, "what is defined now comes first")

    def test_tags_are_named_one_by_one(self):
        self.define(type="tags", tags=[["a", "Alpha", 1], ["b", "Beta", 2]])
        self.assertEqual(
            self.names("a,b", "b,c"), {"a": "Alpha", "b": "Beta", "a,b": "Alpha, Beta", "b,c": "Beta, deleted option"}
        )

    def test_truths_and_records_are_named_as_those_of_fields(self):
        self.define(type="boolean")
        self.assertEqual(self.names("true"), {"true": "yes", "false": "no"})
        learned = {"type": "many2one", "model": "res.country"}
        found = LevelNames(self.env["crm.lead"], "lead_properties.gone", learned).of([str(self.belgium.id)])
        self.assertEqual(found, {str(self.belgium.id): "Belgium"}, "a property that is defined no more")

    def test_a_number_has_no_names(self):
        self.define(type="integer")
        self.assertEqual(self.names("7"), {})
        self.assertEqual(LevelNames(self.env["crm.lead"], "lead_properties.gone").of(["7"]), {})
