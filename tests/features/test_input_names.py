"""Names of inputs: in the language of whoever reads them, until a person changes one."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features.input_names import (
    declaration_key,
    names_of,
    proposed_name,
    reader_specs,
)
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import GermanLabels


@tagged("post_install", "-at_install")
class TestInputNames(GermanLabels, AiDeploymentCase):
    def declare(self, **values):
        return self.env["ai.deployment.feature"].create({"deployment_id": self.deployment.id, **values})

    def test_an_unnamed_input_is_called_as_its_reader_calls_the_field(self):
        country = self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id")
        self.assertEqual((country.name, self.german(country).name), ("Country", "Land"))
        self.assertEqual((country.display_name, self.german(country).display_name), ("Country", "Land"))

    def test_each_kind_of_input_has_a_name_in_the_language_of_its_reader(self):
        for declared, english, german in (
            ({"source": "zeros", "path": "expected_revenue"}, "Trailing zeros: Expected Revenue", "Erwarteter Umsatz"),
            ({"source": "course", "course": "meetings"}, "Meetings held", "Termine"),
            ({"source": "course", "measure": "meetings"}, "Meetings held", "Termine"),  # as a version keeps it
            ({"source": "history", "measure": "count", "group_paths": "partner_id"}, "earlier records", "Datensätze"),
            ({"source": "age", "start_path": "country_id", "end_path": "source_id"}, "from “Country”", "„Land“"),
            ({"source": "card", "path": "", "measure": ""}, "Overall unusualness", "Gesamtauffälligkeit"),
        ):
            with self.subTest(declared=declared):
                leads = self.env["crm.lead"]
                self.assertIn(english, proposed_name(leads, declared))
                self.assertIn(german, proposed_name(self.german(leads), declared))
        self.assertEqual(proposed_name(self.env["crm.lead"], {"source": "path", "path": "x_gone"}), "")

    def test_usual_inputs_have_the_names_of_the_addon_in_every_language(self):
        bills = self.env["account.move"]
        for english, german in zip(bills._ai_usual_inputs(), self.german(bills)._ai_usual_inputs(), strict=True):
            self.assertEqual(declaration_key(english), declaration_key(german))
            self.assertEqual(proposed_name(self.german(bills), english), german["name"])
            self.assertTrue(english["name"] != german["name"] or german["name"] == "Journal")

    def test_a_version_keeps_no_language(self):
        country = self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id")
        self.assertEqual(self.german(country)._to_spec(), country._to_spec())
        country.name = "Where they are"
        self.assertEqual((country._to_spec()["name"], country._to_spec()["is_named"]), ("Where they are", True))

    def test_a_seller_reads_reasons_with_the_labels_of_the_own_language(self):
        self.go_live()
        lead = self.make_leads(expected_revenue=50_000, country_id=self.belgium.id, user_id=self.seller.id)
        self.deployment._score(lead, now=NOW)
        said = self.german(lead.with_user(self.seller))
        self.assertIn("Erwarteter Umsatz", said.ai_reasons)
        self.assertIn("Land", said.ai_reasons)
        self.assertIn("Expected Revenue", lead.with_user(self.seller).with_context(lang="en_US").ai_reasons)

    def test_a_sentence_says_what_is_missing_or_new_in_the_language_of_the_reader(self):
        for kind, english, german in (
            ("missing", "Country is missing", "Country fehlt"),
            ("never_seen", "Country has a value never seen before", "Country hat einen Wert, den es noch nie gab"),
            (None, "Country is Belgium", "Country ist Belgium"),
        ):
            for lang, told in (("en_US", english), ("de_DE", german)):
                version = self.version.with_context(lang=lang)
                value = getattr(version._reader_words(), kind) if kind else "Belgium"
                with self.subTest(kind=kind, lang=lang):
                    self.assertEqual(version._told("Country", value), told)

    def test_a_failure_is_told_with_the_label_of_the_readers_language(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        line = self.inferences_of(lead)
        self.assertEqual(line.failure_message, "“country_id” has no value.")
        self.assertEqual(line.failure_text, "“Country” has no value.")
        self.assertEqual(self.german(line).failure_text, "„Land“ hat keinen Wert.")
        review = self.german(self.reviews_of(lead))
        self.assertIn("„Land“", review.why_text)

    def test_names_in_a_row_and_the_key_of_one_that_is_gone(self):
        features = self.german(self.deployment.feature_ids)
        self.assertEqual(names_of(features, ["source_id", "country_id", "x_gone"]), "Quelle, Land, x_gone")

    def test_a_key_tells_declarations_apart(self):
        history = {"source": "history", "measure": "count", "group_paths": "partner_id, amount_total"}
        for declared, key in (
            ({"path": "city"}, "city"),
            ({"source": "path", "path": "city"}, "city"),
            ({"source": "course", "course": "age"}, "course:age"),
            ({"source": "course", "measure": "age"}, "course:age"),
            ({"source": "zeros", "path": "amount"}, "zeros:amount"),
            ({"source": "age", "start_path": "a", "end_path": "b"}, "days:a:b"),
            (history, "count:partner_id+amount_total"),
            ({**history, "group_paths": ["partner_id", "amount_total"]}, "count:partner_id+amount_total"),
            ({**history, "value_path": "amount", "window_days": 14}, "count:partner_id+amount_total:amount:14"),
            ({**history, "window_days": 0, "group_paths": None}, "count"),
        ):
            self.assertEqual(declaration_key(declared), key)

    def test_what_leads_nowhere_has_no_proposed_name(self):
        leads = self.env["crm.lead"]
        for declared in (
            {"path": "gone"},
            {"path": None},
            {"source": "zeros", "path": "gone"},
            {"source": "age", "start_path": "create_date", "end_path": "gone"},
            {"source": "age", "start_path": "gone", "end_path": "create_date"},
            {"source": "history", "measure": "gone"},
        ):
            self.assertEqual(proposed_name(leads, declared), "", declared)
        self.assertEqual(proposed_name(leads, {"source": "card"}), "Overall unusualness")
        self.assertEqual(proposed_name(leads, {"source": "history", "measure": "count"}), "Number of earlier records")

    def test_the_name_that_a_person_typed_stays(self):
        specs = {
            "one": {"name": "Land", "path": "country_id", "source": "path", "is_named": True},
            "two": {"name": "Land", "path": "country_id", "source": "path", "is_named": False},
            "three": {"name": "Kept", "path": "gone", "source": "path"},
        }
        found = reader_specs(self.env["crm.lead"], specs)
        self.assertEqual([spec["name"] for spec in found.values()], ["Land", "Country", "Kept"])
        self.assertEqual(specs["two"]["name"], "Land", "what a version keeps stays as it is")
