"""Which inputs a person may read: by model and field, by lines with rules of their own, and record by record."""

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.features.feature_reader import walk_path
from odoo.addons.ai_deployment.models.features.readable_inputs import (
    keys_hidden_on,
    passes_others,
    reads_all,
    unreadable_keys,
)
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec


@tagged("post_install", "-at_install")
class TestReadableInputs(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create([{"name": "Known"}, {"name": "Hidden"}])
        cls.known, cls.hidden = cls.partners
        cls.env["ir.rule"].create(
            {
                "name": "Not this partner",
                "model_id": cls.env["ir.model"]._get("res.partner").id,
                "domain_force": f"[('id', '!=', {cls.hidden.id})]",
            }
        )
        cls.nobody = new_test_user(
            cls.env, "no_seller", "base.group_user", email="no_seller@example.com", context=QUIET
        )
        cls.leads = cls.make_leads(3)
        for lead, partner in zip(cls.leads, (cls.known, cls.hidden, cls.hidden.browse()), strict=True):
            lead.partner_id = partner
        cls.env.flush_all()

    def documents(self, user=None):
        return self.env["crm.lead"].with_user(user or self.seller)

    def specs(self, *paths):
        return {path: spec(key=path, path=path) for path in paths}

    def passes(self, path, documents=None):
        documents = self.documents() if documents is None else documents
        return passes_others(documents, walk_path(documents, path))

    def test_lines_of_the_record_itself_are_inputs(self):
        documents = self.env["account.move"].with_user(self.accountant)
        self.assertFalse(self.passes("invoice_line_ids.account_id", documents))
        self.assertTrue(self.passes("partner_id.invoice_ids.ref", documents))

    def test_lines_without_rules_are_inputs_and_those_that_ask_in_their_own_way_are_not(self):
        for path in ("expected_revenue", "partner_id.name", "tag_ids", "tag_ids.name", "partner_id.category_id"):
            with self.subTest(path=path):
                self.assertFalse(self.passes(path))
        for path in ("partner_id.opportunity_ids", "partner_id.child_ids.email", "activity_ids.summary", "message_ids"):
            with self.subTest(path=path):
                self.assertTrue(self.passes(path))

    def test_keys_of_a_model_or_field_that_is_closed_are_unreadable(self):
        specs = self.specs("expected_revenue", "partner_id.name", "user_id.totp_secret", "gone", "partner_id.child_ids")
        found = unreadable_keys(self.documents(), specs)
        self.assertEqual(found, {"user_id.totp_secret", "gone", "partner_id.child_ids"})
        self.assertEqual(unreadable_keys(self.documents(self.nobody), specs), {*specs}, "leads themselves are closed")

    def test_an_input_of_several_paths_is_unreadable_where_one_is(self):
        days = spec(key="days", source="age", start_path="create_date", end_path="partner_id.child_ids.create_date")
        plain = spec(key="plain", source="age", start_path="create_date", end_path="date_deadline")
        self.assertEqual(unreadable_keys(self.documents(), {"days": days, "plain": plain}), {"days"})

    def test_a_value_is_hidden_on_the_records_that_reach_a_hidden_one(self):
        specs = self.specs("expected_revenue", "partner_id", "partner_id.name", "partner_id.country_id.code")
        found = keys_hidden_on(self.documents(), specs, self.leads.ids)
        through = {"partner_id.name", "partner_id.country_id.code"}
        self.assertEqual(found, {self.leads[1].id: through}, "the last value is read on the hidden record")

    def test_records_that_are_gone_hide_nothing(self):
        gone = self.leads[1].id
        self.leads[1].unlink()
        self.assertEqual(keys_hidden_on(self.documents(), self.specs("partner_id.name"), [gone]), {})
        self.assertEqual(keys_hidden_on(self.documents(), {}, self.leads.ids), {})

    def test_a_path_whose_field_is_gone_is_followed_as_far_as_it_leads(self):
        """A version still reads what was declared before a field was deleted."""
        paths = ("gone", "gone.name", "gone.partner_id.name", "name.gone", "partner_id.gone", "partner_id.gone.name")
        found = keys_hidden_on(self.documents(), self.specs(*paths), self.leads.ids)
        self.assertEqual(found, {self.leads[1].id: {"partner_id.gone", "partner_id.gone.name"}})

    def test_who_reads_every_record_of_a_filter_reads_all(self):
        theirs = self.make_leads(user_id=self.other_seller.id, active=False)
        self.env.flush_all()
        mine, all_of_them = [("id", "in", self.leads.ids)], [("id", "in", (self.leads + theirs).ids)]
        self.assertTrue(reads_all(self.documents(), mine))
        self.assertFalse(reads_all(self.documents(), all_of_them), "an archived one counts")
        self.assertFalse(reads_all(self.documents().sudo(), all_of_them), "whatever rights are given along")
        self.assertTrue(reads_all(self.documents(self.owner), all_of_them))
        self.assertFalse(reads_all(self.documents(self.nobody), mine))
        self.assertFalse(reads_all(self.documents(self.nobody), [("id", "=", 0)]), "not even of none")
