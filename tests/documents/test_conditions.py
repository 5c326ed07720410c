"""Conditions on documents are remembered as SQL only where they always come to the same."""

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import Query

from odoo.addons.ai_deployment.models.documents.conditions import condition_sql, plain_sql
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

PLAIN = (
    [],
    [("type", "=", "opportunity")],
    [("type", "in", ["opportunity", "lead"]), ("active", "=", True)],
    [("won_status", "not in", ["won", "lost"])],
    ["|", ("expected_revenue", ">", 100), ("expected_revenue", "=", False)],
    ["!", ("team_id", "=", False)],
    [("company_id", "in", [1, False])],
    [("priority", "!=", "0"), ("color", "<=", 3)],
)
OTHER = (
    ("names are looked up", [("team_id", "=", "Sales")]),
    ("so are parts of names", [("name", "ilike", "x")]),
    ("the hierarchy is read", [("company_id", "child_of", 1)]),
    ("today passes", [("create_date", ">", "today -30d")]),
    ("so does each day", [("date_deadline", ">=", "2026-01-01")]),
    ("another table is read", [("team_id.name", "=", "x")]),
    ("and here", [("tag_ids", "in", [1])]),
    ("a search of its own", [("ai_score", ">", 0.5)]),
    ("one of them is enough", [("type", "=", "lead"), ("name", "ilike", "x")]),
)


@tagged("post_install", "-at_install")
class TestConditions(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.documents = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads = self.make_leads(4)
        leads[0].type = "lead"
        leads[1].expected_revenue = 500
        leads[2].team_id = False
        leads[3].action_set_lost()
        self.leads = leads
        self.env.flush_all()

    def found(self, documents, domain):
        query = Query(self.env, "crm_lead")
        query.add_where(condition_sql(documents, "crm_lead", query, Domain(domain)))
        return documents.browse(query) & self.leads

    def test_plain_conditions_find_what_a_search_finds(self):
        for domain in PLAIN:
            with self.subTest(domain=domain):
                self.assertIsNotNone(plain_sql(self.documents, "crm_lead", Domain(domain)))
                wanted = self.documents.search(domain) & self.leads
                self.assertEqual(self.found(self.documents, domain), wanted)
                self.assertEqual(self.found(self.documents, domain), wanted, "remembered")

    def test_conditions_on_anything_else_are_worked_out_each_time(self):
        for why, domain in OTHER:
            with self.subTest(why):
                self.assertIsNone(plain_sql(self.documents, "crm_lead", Domain(domain)))

    def test_they_find_what_a_search_finds_as_well(self):
        self.leads[0].name = "An x"
        self.env.flush_all()
        for domain in ([("name", "ilike", "an x")], [("company_id", "child_of", self.env.company.id)]):
            with self.subTest(domain=domain):
                wanted = self.documents.search(domain) & self.leads
                self.assertTrue(wanted)
                self.assertEqual(self.found(self.documents, domain), wanted)

    def test_a_value_of_the_company_or_the_language_is_not_remembered(self):
        partners, stages = self.env["res.partner"].sudo(), self.env["crm.stage"].sudo()
        self.assertTrue(partners._fields["barcode"].company_dependent)
        self.assertIsNone(plain_sql(partners, "res_partner", Domain("barcode", "=", "1")))
        self.assertIsNone(plain_sql(stages, "crm_stage", Domain("name", "=", "New")))

    def test_nothing_is_remembered_for_who_has_no_right_to_all(self):
        """A field may be hidden from a group: its name in a condition is refused, remembered or not."""
        documents = self.documents.with_user(self.seller).sudo(False)
        self.assertFalse(documents.env.su)
        domain = [("type", "=", "opportunity")]
        self.patch(type(documents), "_ai_plain_sql", lambda *_args: self.fail("remembered"))
        self.assertEqual(self.found(documents, domain), documents.search(domain) & self.leads)

    def test_a_remembered_condition_is_not_worked_out_again(self):
        domain = Domain("type", "=", "opportunity") & Domain("color", "=", 11)
        query = Query(self.env, "crm_lead")
        first = condition_sql(self.documents, "crm_lead", query, domain)
        again = condition_sql(self.documents, "crm_lead", query, Domain(list(domain)))
        self.assertIs(first, again)
        other = condition_sql(self.documents, "other", query, domain)
        self.assertIn("other", other.code)
