"""A bill that comes twice: what its copy counts as, and that neither the gate nor Odoo's warning lets it through."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.gate.common import GateCase

REPEATS = {
    "source": "history",
    "measure": "count",
    "group_paths": "partner_id, amount_total",
    "window_days": 14,
    "name": "Same vendor, same amount",
    "tail": "high",
}


class CopyCase(GateCase):
    """A gate that holds a bill where one of the same vendor and amount is in the books, and finds no amount odd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate.feature_ids.unlink()
        cls.gate.feature_ids = [Command.create(REPEATS)]
        card = cls.card(names=["expected_revenue"])
        [feature] = card.features
        feature.__dict__.update(name=cls.gate.feature_ids.key, bins=NumericBins(0, 100, [0.25, 0.5]))
        cls.gate.state = "shadow"
        cls.serve(cls.gate, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        cls.gate._score(cls.make_bill(1))
        cls.gate.write({"state": "production", "gate": "block"})
        cls.env.flush_all()

    def repeats(self, bills, together=()):
        declared = [feature._to_spec() for feature in self.gate.feature_ids]
        self.env.flush_all()
        reader = FeatureReader(self.env["account.move"], declared, self.env.company, together)
        return reader.read(bills.ids)[declared[0]["key"]]


@tagged("post_install", "-at_install")
class TestCopies(CopyCase):
    def test_a_copy_is_counted_and_held_whatever_its_date(self):
        for days in (0, -1, 1, 14, -14):
            with self.subTest(days=days), self.undone():
                day = clock.today() - timedelta(days=60)
                original = self.make_bill(333, ref="R-1", day=day)
                original.action_post()
                copy = self.make_bill(333, ref="R-2", day=day + timedelta(days=days))
                self.assertEqual(self.repeats(copy), [1])
                with self.stopped("Vendor"):
                    copy.action_post()
                self.assertEqual((copy.state, self.kinds(copy)), ("draft", ["held"]))

    def test_what_lies_outside_of_the_window_is_no_copy(self):
        day = clock.today() - timedelta(days=60)
        self.make_bill(333, day=day).action_post()
        for days in (-15, 15):
            bill = self.make_bill(333, day=day + timedelta(days=days))
            self.assertEqual(self.repeats(bill), [0])
            bill.action_post()
            bill.button_draft()

    def test_of_two_copies_judged_together_the_second_is_held(self):
        first, second = self.make_bill(333, ref="R-1"), self.make_bill(333, ref="R-2")
        self.assertEqual(self.repeats(second + first), [1, 0])
        self.assertEqual((self.repeats(first), self.repeats(second)), ([0], [0]), "alone it is the first")
        self.assertEqual(self.repeats(second, together=first.ids), [1])
        with self.stopped("Vendor"):
            (first + second)._post()
        self.assertEqual((first + second).mapped("state"), ["draft", "draft"])
        self.assertEqual(self.kinds(second), ["held"], "held after the rollback as well, judged with the first again")
        self.assertTrue(self.review_of(second))
        self.assertFalse(self.kinds(first))
        first.action_post()
        with self.stopped("Vendor"):
            second.action_post()

    def test_from_the_list_the_first_is_posted_and_the_copy_shown(self):
        first, second = self.make_bill(333, ref="R-1"), self.make_bill(333, ref="R-2")
        bills = (first + second).with_user(self.ann).with_context(disable_abnormal_invoice_detection=True)
        shown = bills.action_validate_moves_with_confirmation()
        self.assertEqual((first.state, second.state), ("posted", "draft"))
        self.assertEqual(shown["res_model"], "ai.deployment.gate.held")

    def test_of_a_posted_pair_only_one_counts_the_other(self):
        first, second = self.make_bill(333, ref="R-1"), self.make_bill(333, ref="R-2", day=self.today)
        earlier_day = self.make_bill(333, ref="R-3", day=self.today - timedelta(days=41))
        self.gate.gate = "off"
        (first + second + earlier_day)._post()
        self.assertEqual(self.repeats(first + second + earlier_day), [0, 0, 1])
        self.assertEqual(self.repeats(earlier_day), [1])

    def test_training_sees_what_scoring_saw(self):
        """Bills that come with dates out of order, each scored and then posted; then all read at once."""
        self.gate.gate = "off"
        bills, seen = self.env["account.move"], []
        for amount, days in ((333, 30), (333, 31), (444, 20), (333, 29), (444, 25), (333, 80), (333, 29), (444, 6)):
            bill = self.make_bill(amount, day=self.today - timedelta(days=days), ref=f"{len(bills)}")
            seen += self.repeats(bill)
            bill.action_post()
            bills += bill
        self.assertEqual(seen, [0, 1, 0, 2, 1, 0, 3, 1])
        rows = [row[0] for row in bills._ai_training_rows(self.gate, self.env.cr.now())]
        self.assertLessEqual(set(bills.ids), set(rows))
        self.assertEqual(self.repeats(bills), seen)

    def test_a_bill_that_came_later_is_no_past_of_one_before_it(self):
        self.gate.gate = "off"
        bill = self.make_bill(333)
        bill.action_post()
        late = self.make_bill(333, day=bill.invoice_date - timedelta(days=5))
        late.action_post()
        self.assertEqual(self.repeats(bill + late), [0, 1])

    def test_a_receipt_of_what_was_billed_is_a_copy_and_a_refund_is_none(self):
        self.make_bill(333, ref="R-1").action_post()
        receipt, refund = (self.make_bill(333, move_type=kind, ref="R-1") for kind in ("in_receipt", "in_refund"))
        self.assertEqual(self.repeats(receipt + refund), [1, 0])

    def test_a_cancelled_bill_is_not_in_the_books(self):
        original, copy = self.make_bill(333), self.make_bill(333)
        original.button_cancel()
        self.assertEqual(self.repeats(original + copy), [0, 0])


@tagged("post_install", "-at_install")
class TestWarningsOfOdoo(GateCase):
    """With the reason "Odoo's own opinion differs" on, what Odoo warns of is held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.disagreement = cls.gate.review_rule_ids.filtered(lambda rule: rule.reason == "disagreement")
        cls.disagreement.is_on = True

    def twins(self, **values):
        """Two bills of a small amount that Odoo takes for the same one; the first is posted."""
        first = self.make_bill(50, ref="2026/1", **values)
        first.action_post()
        return first, self.make_bill(50, ref="2026/1", **values)

    def test_a_duplicate_in_odoos_eyes_is_held_and_its_words_are_said(self):
        first, copy = self.twins()
        with self.stopped("Possible duplicate of", first.name):
            copy.action_post()
        self.assertEqual(self.kinds(copy), ["held"])
        self.assertEqual(self.review_of(copy).reason, "disagreement")
        self.assertTrue(copy.ai_is_held)

    def test_where_it_is_no_reason_to_ask_it_is_posted(self):
        self.disagreement.is_on = False
        _first, copy = self.twins()
        copy.action_post()
        self.assertEqual(copy.state, "posted")

    def test_whatever_is_risky_to_this_gate(self):
        for risk in ("flagged", "score", "review"):
            with self.subTest(risk=risk), self.undone():
                self.gate.write({"gate_risk": risk, "gate_score": 1.0})
                _first, copy = self.twins()
                with self.stopped("duplicate"):
                    copy.action_post()

    def test_beyond_what_a_day_has_room_for_as_well(self):
        self.disagreement.cap = 1
        _first, copy = self.twins()
        self.gate._score(copy)
        _first, other = self.twins(partner_id=self.other_vendor.id)
        self.gate._score(other)
        self.assertFalse(self.inferences_of(other, self.gate)[-1:].review_reason)
        with self.stopped("duplicate"):
            other.action_post()

    def test_a_warning_that_came_after_the_score_holds_it(self):
        bill = self.make_bill(50, ref="2026/1")
        self.gate._score(bill)
        self.assertFalse(self.inferences_of(bill, self.gate).review_reason)
        self.make_bill(50, ref="2026/1")  # a draft is enough for Odoo to warn
        with self.stopped("duplicate"):
            bill.action_post()

    def test_a_released_bill_is_posted_though_odoo_warns_still(self):
        _first, copy = self.twins()
        self.look(copy)
        copy.action_post()
        self.assertEqual(copy.state, "posted")

    def test_a_release_from_before_the_warning_is_not_about_it(self):
        self.gate.gate_risk = "review"
        bill = self.make_bill(20000, ref="2026/1")
        self.look(bill)
        self.make_bill(20000, ref="2026/1")
        with self.stopped("A reviewer was asked"):
            bill.action_post()

    def test_an_odd_amount_in_odoos_eyes_is_held_whoever_switches_warnings_off(self):
        self.disagreement.is_on = False
        for number in range(12):
            self.make_bill(50 + number % 3, ref=f"{number}", day=self.today - timedelta(days=400 - 30 * number))._post()
        self.disagreement.is_on = True
        bill = self.make_bill(900, ref="odd", day=self.today - timedelta(days=40))
        self.assertTrue(bill.abnormal_amount_warning)
        with self.stopped("appears unusual"):
            bill.with_context(disable_abnormal_invoice_detection=True)._post()

    def test_a_date_that_is_too_early_in_odoos_eyes_is_held(self):
        self.disagreement.is_on = False
        for number in range(12):
            self.make_bill(50, ref=f"{number}", day=self.today - timedelta(days=400 - 30 * number))._post()
        self.disagreement.is_on = True
        bill = self.make_bill(50, ref="early", day=self.today - timedelta(days=68))
        self.assertTrue(bill.abnormal_date_warning)
        with self.stopped("billing frequency"):
            bill._post()

    def test_a_bill_that_odoo_does_not_warn_of_is_posted(self):
        bill = self.make_bill(50, ref="alone")
        bill.action_post()
        self.assertEqual(bill.state, "posted")
