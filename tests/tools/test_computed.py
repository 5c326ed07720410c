"""Computed values put into the cache in one go read as if each had been assigned."""

from datetime import datetime

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools.computed import fill


@tagged("post_install", "-at_install")
class TestComputed(TransactionCase):
    def setUp(self):
        super().setUp()
        self.leads = self.env["crm.lead"].create([{"name": "One"}, {"name": "Two"}])

    def test_each_record_reads_its_own_value_and_others_read_nothing(self):
        moment = datetime(2030, 1, 2, 3, 4, 5)
        for name, value, nothing in (
            ("ai_score", 0.25, 0.0),
            ("ai_score_text", "25 %", False),
            ("ai_score_date", moment, False),
            ("ai_score_state", "fresh", False),
            ("ai_is_fallback", True, False),
        ):
            with self.subTest(name=name):
                fill(self.leads, name, {self.leads[0].id: value})
                self.assertEqual([lead[name] for lead in self.leads], [value, nothing])

    def test_a_value_that_is_known_is_replaced(self):
        for text in ("25 %", "30 %", False):
            fill(self.leads, "ai_score_text", {self.leads[0].id: text})
            self.assertEqual(self.leads[0].ai_score_text, text)

    def test_unsaved_records_have_the_value_of_the_stored_one(self):
        edited = self.leads.new({"name": "Edited"}, origin=self.leads[1])
        fresh = self.leads.new({"name": "New"})
        fill(edited + fresh, "ai_score_text", {self.leads[1].id: "25 %"})
        self.assertEqual((edited.ai_score_text, fresh.ai_score_text), ("25 %", False))

    def test_what_a_selection_does_not_know_is_refused(self):
        with self.assertRaises(ValueError):
            fill(self.leads, "ai_score_state", {self.leads[0].id: "unheard of"})

    def test_stored_fields_are_refused(self):
        with self.assertRaises(ValueError):
            fill(self.leads, "name", {self.leads[0].id: "Three"})
        self.assertEqual(self.leads[0].name, "One")
