"""A record that lacks a required input is completed in a small form, whatever its own shows, and scored at once."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.models.documents.completion import REF, missing_inputs
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestCompletion(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(cls.deployment, cls.card(required=("country_id",)))
        cls.deployment.feature_ids.filtered(lambda one: one.key == "country_id").required = True
        cls.serve(cls.deployment, cls.card(required=("country_id",)))
        cls.lead = cls.make_leads(country_id=False)
        with clock.at(NOW):
            cls.deployment._score(cls.lead)
            cls.deployment.state = "production"
        cls.env.flush_all()

    def test_what_is_missing_is_named_where_the_lead_shows_it(self):
        lead = self.lead.with_user(self.seller)
        self.assertEqual(lead.ai_missing_text, "Country")
        self.assertFalse(self.make_leads().with_user(self.seller).ai_missing_text)

    def test_the_small_form_holds_what_is_missing_and_the_lead_is_scored(self):
        action = self.lead.with_user(self.seller).action_ai_complete()
        self.assertEqual((action["res_id"], action["target"]), (self.lead.id, "new"))
        lead = self.lead.with_user(self.seller).with_context(**action["context"])
        arch = lead.get_view(view_type="form")["arch"]
        self.assertIn('name="country_id"', arch)
        self.assertNotIn('name="expected_revenue"', arch)
        with Form(lead) as form:
            form.country_id = self.belgium
        self.commit()
        self.env.invalidate_all()
        lead = self.lead.with_user(self.seller)
        self.assertTrue(lead.ai_score)
        self.assertFalse(lead.ai_missing_text)
        with self.assertRaisesRegex(UserError, "Nothing is missing"):
            lead.action_ai_complete()

    def test_who_may_not_change_the_lead_is_refused(self):
        with self.assertRaises(AccessError):
            self.lead.with_user(self.accountant).action_ai_complete()

    def test_no_button_for_who_may_not_change_the_lead(self):
        rule = {"name": "Looks only", "model_id": self.env["ir.model"]._get("crm.lead").id}
        rule |= {"domain_force": "[('id', '!=', %s)]" % self.lead.id, "perm_read": False, "perm_create": False}
        self.env["ir.rule"].create(rule)
        lead = self.lead.with_user(self.seller)
        self.assertFalse(lead.has_access("write"))
        self.assertFalse(lead.ai_missing_text)
        self.assertIn("Country", lead.ai_reasons)

    def test_what_nobody_can_fill_in_is_not_asked_for(self):
        spec = {"required": True, "source": "path", "path": "date_closed", "name": "Closed Date"}
        self.assertTrue(self.lead._fields["date_closed"].readonly)
        self.assertEqual(missing_inputs(self.lead, {"one": spec}), {})

    def test_a_forged_reference_shows_no_more_than_a_form(self):
        leads = self.env["crm.lead"].with_user(self.seller)
        usual = leads.get_view(view_type="form")["arch"]
        self.assertEqual(leads.with_context(**{REF: "no_such_field"}).get_view(view_type="form")["arch"], usual)
        arch = leads.with_context(**{REF: "ai_needs_my_review,name"}).get_view(view_type="form")["arch"]
        self.assertNotIn("ai_needs_my_review", arch)  # for reviewers only
        self.assertIn('name="name"', arch)

    def test_a_step_that_is_empty_is_filled_first(self):
        spec = {"required": True, "source": "path", "path": "partner_id.country_id", "name": "Country of the customer"}
        self.assertEqual(missing_inputs(self.lead, {"one": spec}), {"partner_id": "Country of the customer"})
        spec["path"] = "name"
        self.assertEqual(missing_inputs(self.lead, {"one": spec}), {})
        self.assertEqual(missing_inputs(self.lead, {"one": {**spec, "required": False}}), {})
