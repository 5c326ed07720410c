"""Names that follow the language of the reader, until a person types another."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import GermanLabels


@tagged("post_install", "-at_install")
class TestNamed(GermanLabels, AiDeploymentCase):
    def declare(self, **values):
        return self.env["ai.deployment.feature"].create({"deployment_id": self.deployment.id, **values})

    def test_a_typed_name_is_that_of_all_until_the_label_is_typed_again(self):
        country = self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id")
        country.name = "Where they are"
        self.assertEqual((country.name, self.german(country).name), ("Where they are", "Where they are"))
        country.name = "Land"  # the label, in a language that is installed
        self.assertEqual((country.own_name, country.name, self.german(country).name), (False, "Country", "Land"))
        country.name = ""
        self.assertEqual(country.name, "Country")

    def test_a_name_follows_the_declaration_until_it_is_typed(self):
        feature = self.declare(path="city")
        feature.path = "email_from"
        self.assertEqual(feature.name, "Email")
        feature.name = "Where to write"
        feature.path = "city"
        self.assertEqual(feature.name, "Where to write")

    def test_names_are_found_in_the_language_of_who_searches(self):
        features = self.env["ai.deployment.feature"]
        found = self.german(features).search([("name", "ilike", "lan"), ("deployment_id", "=", self.deployment.id)])
        self.assertEqual(found.mapped("key"), ["country_id"])
        self.assertFalse(features.search([("name", "=", "Land")]))
        others = features.search([("name", "!=", "Country"), ("deployment_id", "=", self.deployment.id)])
        self.assertEqual(set(others.mapped("key")), {"expected_revenue", "source_id"})

    def test_an_answer_field_is_named_by_its_field(self):
        answer = self.env["ai.deployment.answer.field"].new({"deployment_id": self.deployment.id, "key": "country_id"})
        self.assertEqual((answer.name, self.german(answer).name), ("Country", "Land"))
