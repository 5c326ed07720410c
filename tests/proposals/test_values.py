"""Values of answer fields: what is said is stored as one text, or is a failure of its own."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml.errors import ValueInvalid, ValueNotAllowed, ValueProblem
from odoo.addons.ai_deployment.models.proposals.values import (
    Resolver,
    of_record,
    plain_value,
    text_of,
    to_write,
)
from odoo.addons.ai_deployment.remote.answer_fields import AnswerField
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

GOOD = [
    ("date", "2026-03-02", "2026-03-02"),
    ("integer", "12", "12"),
    ("integer", 12.0, "12"),
    ("monetary", "12.50", "12.5"),
    ("float", -3, "-3.0"),
    ("boolean", True, "1"),
    ("boolean", "0", "0"),
    ("boolean", "1", "1"),
    ("boolean", False, "0"),
    ("integer", 0, "0"),
    ("monetary", -1e15, "-1000000000000000.0"),
    ("monetary", "0.1234567891", "0.1234567891"),
    ("char", "INV/7", "INV/7"),
    ("char", "x" * 500, "x" * 500),
    ("date", "1900-01-01", "1900-01-01"),
    ("date", "2199-12-31", "2199-12-31"),
    ("float", 1e15, "1000000000000000.0"),
    ("integer", "-999999999999999", "-999999999999999"),
]
BAD = [
    ("date", "02/03/2026"),
    ("date", "2026-02-30"),
    ("date", "20260302"),
    ("date", "0026-02-03"),
    ("date", 20260302),
    ("date", "1899-12-31"),
    ("date", "2200-01-01"),
    ("float", 1.1e15),
    ("integer", "-1000000000000001"),
    ("monetary", "1.234,56"),
    ("monetary", "12 EUR"),
    ("monetary", "NaN"),
    ("monetary", None),
    ("monetary", -1.1e15),
    ("float", float("-inf")),
    ("date", ""),
    ("date", None),
    ("monetary", float("inf")),
    ("monetary", True),
    ("integer", "12.5"),
    ("boolean", "maybe"),
    ("char", 7),
    ("char", "x" * 501),
    ("char", "a\0b"),
]


@tagged("post_install", "-at_install")
class TestPlainValues(TransactionCase):
    def test_a_value_is_stored_as_one_text_and_written_as_the_field_wants_it(self):
        for ttype, said, stored in GOOD:
            with self.subTest(ttype=ttype, said=said):
                self.assertEqual(plain_value(ttype, said, "It"), stored)
                self.assertTrue(to_write(ttype, stored) or stored == "0")
        self.assertEqual(to_write("monetary", "12.5"), 12.5)
        self.assertIs(to_write("many2one", ""), False)

    def test_what_is_stored_is_written_as_the_field_wants_it(self):
        for ttype, stored, written in (
            ("many2one", "7", 7),
            ("integer", "-3", -3),
            ("float", "2.5", 2.5),
            ("boolean", "1", True),
            ("boolean", "0", False),
            ("char", "1", "1"),
            ("date", "2026-03-02", "2026-03-02"),
            *((ttype, "", False) for ttype in ("many2one", "integer", "float", "boolean", "char")),
        ):
            with self.subTest(ttype=ttype, stored=stored):
                found = to_write(ttype, stored)
                self.assertEqual((found, type(found)), (written, type(written)))

    def test_what_is_not_of_its_kind_is_invalid(self):
        for ttype, said in BAD:
            with self.subTest(ttype=ttype, said=said), self.assertRaises(ValueInvalid):
                plain_value(ttype, said, "It")


@tagged("post_install", "-at_install")
class TestResolver(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.task = cls.make_deployment(
            method="extract",
            answer_field_ids=[
                (0, 0, {"key": "partner_id"}),
                (0, 0, {"key": "date_deadline", "required": False}),
                (0, 0, {"key": "priority"}),
            ],
        )
        cls.other = cls.env["res.company"].create({"name": "Another Company"})
        partners = cls.env["res.partner"]
        cls.acme = partners.create({"name": "ACME 100%_ Ltd", "vat": "XX-777"})
        cls.twins = partners.create([{"name": "Twin Ltd"}, {"name": "Twin Ltd"}])
        cls.foreign = partners.create({"name": "Foreign Ltd", "company_id": cls.other.id})

    def value(self, key, kind, said, required=True, choices=None):
        asked = AnswerField(key, key, kind, required, choices or {})
        return Resolver(self.task.sudo()).value(asked, said, self.env.company.id)

    def test_a_record_is_found_by_its_name_or_its_tax_number_and_only_where_one_has_it(self):
        for said in ("ACME 100%_ Ltd", "acme 100%_ ltd", " XX-777 "):
            self.assertEqual(self.value("partner_id", "record", said).stored, str(self.acme.id))
        for said, failure in (
            ("ACME 100xx Ltd", "value_unknown"),
            ("Twin Ltd", "value_unknown"),
            ("Foreign Ltd", "value_other_company"),
            ("", "value_missing"),
            (None, "value_missing"),
            (7, "value_invalid"),
        ):
            with self.subTest(said=said):
                found = self.value("partner_id", "record", said)
                self.assertEqual((found.stored, found.error.failure_type), (None, failure))

    def test_what_is_not_needed_may_be_empty_and_true_is_no_number(self):
        self.assertEqual(self.value("date_deadline", "date", "", required=False), ("", None))
        resolver = Resolver(self.task.sudo())
        asked = AnswerField("date_deadline", "Due", "number")
        self.assertTrue(resolver.value(asked, True, 1).error)

    def test_a_choice_is_stored_as_its_key_and_a_field_that_is_gone_allows_nothing(self):
        choices = {"Low": "0", "High": "2"}
        self.assertEqual(self.value("priority", "choice", "High", choices=choices).stored, "2")
        self.assertEqual(self.value("priority", "choice", "2", choices=choices).error.failure_type, "value_not_allowed")
        choices["Urgent"] = "9"  # an option that the field had when the version was bound
        self.assertEqual(
            self.value("priority", "choice", "Urgent", choices=choices).error.failure_type, "value_not_allowed"
        )
        self.assertIsInstance(self.value("city", "text", "Ghent").error, ValueNotAllowed)

    def test_what_a_person_enters_is_judged_as_well(self):
        resolver, answers = Resolver(self.task.sudo()), {one.key: one for one in self.task.answer_field_ids}
        company = self.env.company.id
        self.assertEqual(resolver.entered(answers["partner_id"], str(self.acme.id), company), str(self.acme.id))
        self.assertEqual(resolver.entered(answers["date_deadline"], "2026-03-02", company), "2026-03-02")
        self.assertEqual(resolver.entered(answers["priority"], "", company), "")
        for key, value in (
            ("partner_id", str(self.foreign.id)),
            ("partner_id", "ACME"),
            ("partner_id", "999999999"),
            ("partner_id", "9999999999"),
            ("priority", "9"),
            ("date_deadline", "soon"),
        ):
            with self.subTest(key=key, value=value), self.assertRaises(ValueProblem):
                resolver.entered(answers[key], value, company)

    def test_people_read_names_and_nothing_of_what_they_may_not_read(self):
        lead = self.make_leads(1, partner_id=self.acme.id, date_deadline="2026-03-02")
        self.assertEqual(of_record(lead, "partner_id"), str(self.acme.id))
        self.assertEqual(of_record(lead, "date_deadline"), "2026-03-02")
        documents = self.env["crm.lead"].with_user(self.reviewer)
        self.assertEqual(text_of(documents, "partner_id", str(self.acme.id)), "ACME 100%_ Ltd")
        self.assertEqual(text_of(documents, "partner_id", str(self.foreign.id)), "•••")
        self.assertEqual(text_of(documents, "priority", "2"), dict(documents._fields["priority"].selection)["2"])
        self.assertEqual(text_of(documents, "partner_id", ""), "")
        english = documents.with_context(lang="en_US")
        self.assertEqual(text_of(english, "expected_revenue", "14048.9"), "14,048.90")
        currency = lead.company_currency
        on_lead = text_of(lead.with_user(self.reviewer).with_context(lang="en_US"), "expected_revenue", "14048.9")
        self.assertEqual(on_lead.replace("\N{NO-BREAK SPACE}", " ").strip(), f"{currency.symbol} 14,048.90")
        self.assertEqual(text_of(english, "color", "7"), "7")
        self.twins[0].unlink()
        self.assertEqual(text_of(documents, "partner_id", str(self.twins._ids[0])), "deleted")

    def test_a_choice_of_records_is_one_that_may_be_chosen_now(self):
        choices = {"Acme": str(self.acme.id), "Foreign": str(self.foreign.id), "Gone": "999999999"}
        self.assertEqual(self.value("partner_id", "choice", "Acme", choices=choices), (str(self.acme.id), None))
        for said, failure in (
            ("Foreign", "value_other_company"),
            ("Gone", "value_not_allowed"),
            ("ACME 100%_ Ltd", "value_not_allowed"),
            (7, "value_not_allowed"),
        ):
            with self.subTest(said=said):
                found = self.value("partner_id", "choice", said, choices=choices)
                self.assertEqual((found.stored, found.error.failure_type), (None, failure))

    def test_spaces_around_are_no_value(self):
        self.assertEqual(self.value("date_deadline", "date", "  ", required=False), ("", None))
        self.assertEqual(self.value("date_deadline", "date", " 2026-03-02 "), ("2026-03-02", None))
        self.assertEqual(self.value("date_deadline", "date", None).error.failure_type, "value_missing")
        self.assertEqual(self.value("gone", "text", "", required=False), ("", None))
        resolver, [answer, *_others] = Resolver(self.task.sudo()), self.task.answer_field_ids
        for entered in (None, False, 7, "  "):
            self.assertEqual(resolver.entered(answer, entered, self.env.company.id), "")

    def test_what_a_record_has_now_as_it_is_stored(self):
        lead = self.make_leads(1, expected_revenue=0, color=0, city=False, country_id=False, priority="2")
        for key, stored in (
            ("partner_id", ""),
            ("active", "1"),
            ("expected_revenue", "0.0"),
            ("date_deadline", ""),
            ("color", "0"),
            ("city", ""),
            ("priority", "2"),
        ):
            self.assertEqual(of_record(lead, key), stored, key)
        lead.active = False
        self.assertEqual(of_record(lead, "active"), "0")

    def test_people_read_each_kind_of_value(self):
        documents = self.env["crm.lead"].with_context(lang="en_US")
        for key, stored, text in (
            ("active", "1", "Yes"),
            ("active", "0", "No"),
            ("priority", "9", "9"),
            ("date_deadline", "2026-03-02", "03/02/2026"),
            ("city", "Ghent", "Ghent"),
            ("city", None, ""),
            ("no_such_field", "x", "x"),
            ("day_open", "2.345", "2.35"),
            ("day_open", "2.344", "2.34"),
        ):
            self.assertEqual(text_of(documents, key, stored), text, (key, stored))
        self.assertEqual(text_of(documents.with_user(self.accountant), "city", "Ghent"), "Ghent")
        field = documents._fields["city"]
        self.patch(field, "groups", "base.group_no_one")
        self.assertEqual(text_of(documents.with_user(self.reviewer), "city", "Ghent"), "•••")
