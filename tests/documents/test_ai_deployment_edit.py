"""Whoever wrote what is judged of a bill neither answers for it nor passes it, whichever way it was written."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ai_deployment.models.gate.gate_judge import GateJudge
from odoo.addons.ai_deployment.models.review.reassignment import release_unable
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import QUIET
from odoo.addons.ai_deployment.tests.gate.common import PASS, GateCase

WORD = "Looks odd"  # of a person, so never translated


@tagged("post_install", "-at_install")
class TestMakersOfBills(GateCase):
    """`Ben` reviews and `Cleo` may pass. Each way of writing a bill makes whoever does it a maker."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate.reviewer_ids = [Command.link(cls.cleo.id)]
        cls.cleo.group_ids = [Command.link(cls.env.ref("ai_deployment.group_reviewer").id)]
        cls.account = cls.env["res.partner.bank"].create({"partner_id": cls.vendor.id, "acc_number": "BE1"})
        cls.other_account = cls.env["res.partner.bank"].create({"partner_id": cls.vendor.id, "acc_number": "BE2"})
        cls.expense = cls.env["account.account"].search([("account_type", "=", "expense")], limit=2)
        cls.tax = cls.env["account.tax"].create({"name": "7 %", "amount": 7, "type_tax_use": "purchase"})
        cls.env.flush_all()

    def held_bill(self, **values):
        bill = self.make_bill(ref="Held", partner_bank_id=self.account.id, **values)
        self.gate._score(bill)
        return bill

    # Ways to write a bill. Each gets the bill as the person who writes.

    def by_amount(self, bill):
        bill.write({"invoice_line_ids": [Command.update(bill.invoice_line_ids.id, {"price_unit": 30000})]})

    def by_line(self, bill):
        bill.invoice_line_ids.price_unit = 30000

    def by_line_of_another_account(self, bill):
        bill.invoice_line_ids.account_id = self.expense[1]

    def by_tax(self, bill):
        bill.invoice_line_ids.tax_ids = self.tax

    def by_new_line(self, bill):
        self.env["account.move.line"].with_user(bill.env.user).create(
            {"move_id": bill.id, "name": "More", "quantity": 1, "price_unit": 5}
        )

    def by_deleted_line(self, bill):
        bill.write({"invoice_line_ids": [Command.create({"name": "Log Line", "price_unit": 20000, "tax_ids": []})]})
        bill.env.cr.precommit.data.clear()  # only the deletion is looked at
        self.env["ai.deployment.edit"].sudo().search([]).unlink()
        bill.invoice_line_ids[0].unlink()

    def by_partner(self, bill):
        bill.partner_id = self.other_vendor

    def by_bank_account(self, bill):
        bill.partner_bank_id = self.other_account

    def by_number_of_the_bank_account(self, bill):
        self.account.with_user(bill.env.user).sudo().acc_number = "BE3"

    def by_contact_form(self, bill):
        self.vendor.with_user(bill.env.user).sudo().bank_ids = [Command.update(self.account.id, {"acc_number": "BE3"})]

    def by_currency(self, bill):
        bill.currency_id = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", bill.currency_id.id)], limit=1)
        )

    def by_vendor_reference(self, bill):
        bill.ref = "Another"

    def by_form(self, bill):
        with Form(bill) as form, form.invoice_line_ids.edit(0) as line:
            line.price_unit = 30000

    def by_all_rights(self, bill):
        bill.sudo().invoice_line_ids.price_unit = 30000

    def by_context(self, bill):
        keys = ("tracking_disable", "mail_notrack", "skip_is_manually_modified", "check_move_validity", "_force_unlink")
        bill.with_context(**dict.fromkeys(keys, True)).invoice_line_ids.price_unit = 30000

    def by_back_to_draft(self, bill):
        self.pass_(bill, user=self.passer)
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 30000

    def by_merging_vendors(self, bill):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(bill.env.user).sudo()
        wizard._merge((self.vendor + self.other_vendor).ids, self.other_vendor, extra_checks=False)

    def ways(self):
        return [name for name in dir(self) if name.startswith("by_")]

    @property
    def passer(self):
        groups = f"account.group_account_user,{PASS}"
        return self.env["res.users"].search([("login", "=", "gate_dora")]) or new_test_user(
            self.env, "gate_dora", groups, email="dora@example.com", context=QUIET
        )

    def each_way(self, person):
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.held_bill()
                getattr(self, name)(bill.with_user(person))
                self.env.flush_all()
                yield bill

    def test_every_way_makes_a_maker_and_reading_makes_none(self):
        bill = self.held_bill()
        self.assertNotIn(self.ben.id, bill._ai_makers()[bill.id])
        bill.with_user(self.ben).read(["amount_total"])
        bill.with_user(self.ben).message_post(body=WORD)
        bill.with_user(self.ben).narration = "Looks odd"
        bill.with_user(self.ben).partner_id = bill.partner_id  # the same again is no change
        self.assertNotIn(self.ben.id, bill._ai_makers()[bill.id])
        for bill in self.each_way(self.ben):
            self.assertIn(self.ben.id, bill._ai_makers()[bill.id])

    def test_editing_then_answering(self):
        """At the form, at the desk, in bulk, by taking it over and by the activity."""
        asked = 0
        for bill in self.each_way(self.ben):
            self.gate._score(bill)
            review = self.review_of(bill).with_user(self.ben)
            if review.state != "open":
                continue  # passed before
            asked += 1
            with self.assertRaises(AccessError):
                review._decide("overridden")
            with self.assertRaises(AccessError):
                review.action_confirm()
            with self.assertRaises(AccessError):
                review.action_take()
            with self.assertRaises(AccessError):
                review._decide_each("overridden")
            with self.assertRaises(UserError):
                self.env["ai.deployment.review"].with_user(self.ben).desk_decide(review.id, "overridden")
            self.assertFalse(self.env["ai.deployment.review"].with_user(self.ben).desk_card(review.id))
            review.sudo()._assign()
            activity = review.sudo().activity_schedule("ai_deployment.mail_activity_type_review", user_id=self.ben.id)
            with self.assertRaises(AccessError):
                activity.with_user(self.ben).action_feedback(feedback="Fine")
            self.assertEqual(review.sudo().state, "open")
        self.assertGreaterEqual(asked, len(self.ways()) - 1)

    def test_editing_then_passing(self):
        for bill in self.each_way(self.cleo):
            self.assertTrue(GateJudge(self.gate).judge(bill)[bill.id].is_held)
            with self.assertRaisesRegex(UserError, "You created this bill"):
                self.pass_(bill)
            self.assertNotEqual(bill.state, "posted")

    def test_answering_or_passing_then_editing_releases_nothing(self):
        for bill in self.each_way(self.ann):  # the bill of each way, as it was before: another person edits now
            with self.undone():
                self.gate._score(bill)
                if self.review_of(bill).state == "open":
                    self.look(bill)
                bill.with_user(self.ben).invoice_line_ids[0].name = "Other words, the same money"
                self.env.flush_all()
                self.assertTrue(GateJudge(self.gate).judge(bill)[bill.id].is_held)

    def test_a_pass_lapses_when_the_passer_edits_the_bill(self):
        bill = self.held_bill()
        self.pass_(bill)
        bill.button_draft()
        bill.with_user(self.cleo).invoice_line_ids.account_id = self.expense[1]
        with self.stopped():
            bill.with_user(self.ann).action_post()
        self.gate.gate_maker_may_pass = True
        bill.with_user(self.ann).action_post()
        self.assertEqual(bill.state, "posted")

    def test_undoing_asks_somebody_else_where_one_has_edited(self):
        bill = self.held_bill()
        review = self.look(bill)
        bill.with_user(self.ben).invoice_line_ids.price_unit = 25000
        review.with_user(self.ben).action_undo()
        again = self.review_of(bill)
        self.assertEqual(again.state, "open")
        self.assertNotEqual(again.reviewer_id, self.ben)
        with self.assertRaises(AccessError):
            again.with_user(self.ben)._decide("overridden")

    def test_who_edited_is_not_asked_any_more(self):
        bill = self.held_bill()
        review = self.review_of(bill)
        review._assign()
        asked = review.reviewer_id
        bill.with_user(asked).invoice_line_ids.price_unit = 25000
        release_unable(review)
        self.assertFalse(review.reviewer_id)
        review._assign()
        self.assertTrue(review.reviewer_id)
        self.assertNotEqual(review.reviewer_id, asked)

    def test_an_answer_given_for_a_maker_by_code_releases_nothing(self):
        bill = self.held_bill()
        bill.with_user(self.ben).invoice_line_ids.price_unit = 25000
        self.gate._score(bill)
        self.review_of(bill).with_user(self.ben).sudo()._decide("overridden")
        with self.stopped():
            bill.with_user(self.ann).action_post()

    def test_a_waiver_of_a_maker_lets_nothing_through(self):
        bill = self.held_bill()
        bill.with_user(self.gate_owner).invoice_line_ids.price_unit = 25000
        own = self.env["ai.deployment.waiver"].with_user(self.gate_owner)
        own.create(
            {
                "deployment_id": self.gate.id,
                "partner_id": self.vendor.id,
                "note": "A yearly licence",
                "end_date": self.today + timedelta(days=30),
            }
        )
        with self.stopped():
            bill.with_user(self.ann).action_post()
        waiver = self.waive()
        waiver.with_user(self.gate_owner).end_date = self.today + timedelta(days=60)
        with self.stopped():
            bill.with_user(self.ann).action_post()
        self.waive()
        bill.with_user(self.ann).action_post()
        self.assertEqual(bill.state, "posted")

    def test_two_people_answer_about_the_same_bill(self):
        self.gate.four_eyes_amount = 1000
        bill = self.held_bill()
        self.look(bill)
        second = self.review_of(bill)
        self.assertEqual((second.kind, second.state), ("four_eyes", "open"))
        bill.partner_bank_id = self.other_account
        second.with_user(self.cleo)._decide("overridden")
        with self.stopped():
            bill.with_user(self.ann).action_post()

    def test_a_release_is_about_the_bank_account_too(self):
        """No input reads the bank account: the scores and the bins are the same."""

        def another_account(bill):
            bill.partner_bank_id = self.other_account

        def another_number(bill):
            self.account.acc_number = "BE3"

        def another_reference(bill):
            bill.ref = "Another"

        for change in (another_account, another_number, another_reference):
            with self.subTest(change=change.__name__), self.undone():
                bill = self.held_bill()
                self.look(bill)
                change(bill)
                with self.stopped():
                    bill.with_user(self.ann).action_post()
                self.assertEqual(self.review_of(bill).state, "open")
                self.look(bill)
                bill.with_user(self.ann).action_post()
                self.assertEqual(bill.state, "posted")

    def test_a_bank_account_written_long_before_the_bill_is_no_stake(self):
        with clock.at(clock.now() - timedelta(days=120)):
            self.account.with_user(self.ben).sudo().acc_number = "BE4"
            self.env["ai.deployment.edit"]._flush_noted()
        bill = self.held_bill()
        self.assertNotIn(self.ben.id, bill._ai_makers()[bill.id])
        self.account.with_user(self.ben).sudo().acc_number = "BE5"
        self.assertIn(self.ben.id, bill._ai_makers()[bill.id])

    def test_what_is_rolled_back_made_nobody_a_maker(self):
        bill = self.held_bill()
        with self.undone():
            bill.with_user(self.ben).invoice_line_ids.price_unit = 25000
            self.env["ai.deployment.edit"]._flush_noted()
        self.assertNotIn(self.ben.id, bill._ai_makers()[bill.id])

    def test_nobody_reads_or_writes_the_notes(self):
        edits = self.env["ai.deployment.edit"]
        for person in (self.ben, self.gate_owner, self.manager, self.auditor):
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(edits.with_user(person).has_access(operation))

    def test_writing_a_bill_costs_one_statement_more_per_transaction(self):
        bills = self.env["account.move"].union(*(self.held_bill() for _number in range(3)))
        own = bills.with_user(self.ben)
        own.invoice_line_ids.price_unit = 100
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env["ai.deployment.edit"]._flush_noted()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)

    def test_making_a_bill_costs_no_statement_more(self):
        def cost():
            before = self.env.cr.sql_log_count
            self.make_bill()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        own, self.env = self.env, self.env(user=self.ann)
        try:
            type(self).env, kept = self.env, type(self).env
            cost()
            noted = cost()
            with patch.object(type(self.env["account.move"]), "_ai_note_maker", lambda bills: None):
                plain = cost()
        finally:
            self.env = own
            type(self).env = kept
        self.assertLessEqual(noted, plain)


@tagged("post_install", "-at_install")
class TestMakersOfLeads(GateCase):
    def test_who_made_a_lead_that_was_merged_does_not_answer_for_the_rest(self):
        mine = self.make_leads(1, user_id=self.reviewer.id)
        mine.env.cr.execute("UPDATE crm_lead SET create_uid = %s WHERE id = %s", [self.reviewer.id, mine.id])
        mine.invalidate_recordset()
        other = self.make_leads(1, user_id=self.reviewer.id)
        self.assertNotIn(self.reviewer.id, other._ai_makers()[other.id])
        survivor = (other + mine).merge_opportunity()
        self.assertIn(self.reviewer.id, survivor._ai_makers()[survivor.id])
