"""Values of a record as people read them."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.field_texts import field_texts
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFieldTexts(AiDeploymentCase):
    def test_fields_with_a_value_in_order(self):
        lead = self.make_leads(partner_name="Acme")
        texts = field_texts(lead, ("country_id", "source_id", "partner_name"), partner_name="Customer")
        self.assertEqual(texts, [("Country", "Belgium"), ("Customer", "Acme")])

    def test_money_has_a_currency_and_the_creation_an_age(self):
        lead = self.make_leads()
        with clock.at(lead.create_date):
            texts = dict(field_texts(lead, ("expected_revenue", "create_date")))
        self.assertIn("5,000.00", texts["Expected Revenue"])
        self.assertTrue(texts["Created on"].startswith("today, "))

    def test_a_field_that_the_user_may_not_read_is_left_out(self):
        lead = self.make_leads()
        self.patch(type(lead)._fields["country_id"], "groups", "base.group_system")
        self.assertEqual(field_texts(lead.with_user(self.seller), ("country_id",)), [])
