"""The status of a bill: answers, passes and waivers about the bill as it is; one expression for button and filter."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.gate import gate_sql
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestStatusSql(GateCase):
    def test_a_bill_found_unusual_stays_held_and_says_by_whom(self):
        bill = self.make_bill()
        self.look(bill, "positive")
        with self.stopped(f"Reviewed by {self.ben.name}", "unusual", "Correct the bill"):
            bill.action_post()
        self.assertEqual(len(self.reviews_of(bill)), 1)

    def test_unusual_weighs_more_than_a_clean_score_and_a_waiver(self):
        self.gate.audit_share = 1.0
        self.waive()
        bill = self.make_bill(100)
        self.look(bill, "positive")
        with self.stopped("unusual"):
            bill.action_post()

    def test_cannot_tell_releases_nothing(self):
        bill = self.make_bill()
        self.gate._score(bill)
        self.review_of(bill).with_user(self.ben)._decide("unsure")
        with self.stopped("answered “Cannot tell”"):
            bill.action_post()

    def test_an_answer_is_about_the_bill_as_it_was(self):
        bill = self.make_bill(100)
        self.gate.audit_share = 1.0
        self.look(bill)
        bill.invoice_line_ids.price_unit = 20000
        with self.stopped():
            bill.action_post()
        self.assertEqual(self.review_of(bill).state, "open")

    def test_an_answer_by_another_version_does_not_release(self):
        bill = self.make_bill()
        self.look(bill)
        card = self.gate.champion_id._card()
        self.serve(self.gate, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        with self.stopped():
            bill.action_post()

    def test_an_open_question_at_the_end_of_a_chain_holds(self):
        bill = self.make_bill()
        review = self.look(bill)
        review.sudo()._follow("four_eyes", is_assigned=True, reviewer_id=self.gate_owner.id)
        with self.stopped():
            bill.action_post()

    def test_a_second_opinion_looks_at_the_reviewers_and_holds_no_bill(self):
        bill = self.make_bill()
        self.look(bill).sudo()._follow("second_opinion", is_assigned=True, reviewer_id=self.gate_owner.id)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_an_answer_that_was_taken_back_releases_nothing_though_nobody_answered_again(self):
        kept, taken_back = self.make_bill(), self.make_bill()
        opinion = self.look(kept).sudo()._follow("second_opinion", is_assigned=True)
        opinion.state = "expired"
        kept.action_post()  # nobody gave the second opinion: the first stands
        self.assertEqual(kept.state, "posted")
        again = self.look(taken_back).sudo()._reopen()
        again.sudo().state = "expired"
        with self.stopped():
            taken_back.action_post()

    def test_the_filter_finds_what_the_button_holds(self):
        held, clean, released = self.make_bill(), self.make_bill(100), self.make_bill()
        bills = held + clean + released
        self.gate._score(bills)
        self.look(released)
        moves = self.env["account.move"].with_user(self.ann)
        mine = [("id", "in", bills.ids)]
        self.assertEqual(moves.search([*mine, ("ai_is_held", "=", True)]), held)
        self.assertEqual(moves.search([*mine, ("ai_is_held", "=", False)], order="id"), clean + released)
        self.assertEqual(bills.mapped("ai_is_held"), [True, False, False])
        self.gate.gate = "warn"
        self.env.invalidate_all()
        self.assertFalse(moves.search([*mine, ("ai_is_held", "=", True)]))

    def test_the_form_of_a_bill_costs_two_queries_more_at_most(self):
        bill = self.make_bill()
        self.gate._score(bill)
        with_gate = self.queries(lambda: bill.with_user(self.ann).read(["alerts", "ai_is_held"]))
        with patch.object(gate_sql, "verdicts", lambda bills: {}):
            without = self.queries(lambda: bill.with_user(self.ann).read(["alerts", "ai_is_held"]))
        self.assertLessEqual(with_gate - without, 2)
