"""Values of a record as people read them."""

from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.field_texts import field_texts
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


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

    def test_the_age_of_a_record_is_told_in_whole_days(self):
        lead = self.make_leads()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [NOW, lead.id])
        lead.invalidate_recordset()
        for age, told in (
            (timedelta(hours=24) - timedelta(seconds=1), "today, "),
            (timedelta(hours=24), "1 day ago, "),
            (timedelta(hours=48) - timedelta(seconds=1), "1 day ago, "),
            (timedelta(hours=48), "2 days ago, "),
        ):
            with clock.at(NOW + age):
                [(_label, text)] = field_texts(lead, ("create_date",))
            self.assertTrue(text.startswith(told), text)

    def test_dates_choices_and_other_values(self):
        lead = self.make_leads(date_deadline=date(2026, 3, 2), priority="2", color=7)
        self.assertEqual(
            [text for _label, text in field_texts(lead, ("date_deadline", "priority", "color"))],
            ["03/02/2026", dict(lead._fields["priority"]._description_selection(self.env))["2"], "7"],
        )

    def test_a_field_that_the_user_may_not_read_is_left_out(self):
        lead = self.make_leads()
        self.patch(type(lead)._fields["country_id"], "groups", "base.group_system")
        self.assertEqual(field_texts(lead.with_user(self.seller), ("country_id",)), [])
