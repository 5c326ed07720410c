"""Held bills: all or none are posted, and their reviews are kept."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.gate.held_bills import PENDING, HeldBills
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestHeldBills(GateCase):
    def test_the_button_on_the_form_shows_a_dialog_and_keeps_the_review_at_once(self):
        bill = self.make_bill(ref="INV-7")
        action = bill.with_user(self.ann).with_context(disable_abnormal_invoice_detection=False).action_post()
        dialog = self.env[action["res_model"]].with_user(self.ann).browse(action["res_id"])
        self.assertEqual(dialog.move_ids, bill)
        self.assertIn("INV-7", dialog.text)
        self.assertEqual(dialog.action_open()["res_id"], bill.id)
        self.assertEqual(self.review_of(bill).reviewer_id, self.ben)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_several_from_code_are_posted_all_or_none(self):
        clean, risky = self.make_bill(100), self.make_bill()
        with self.stopped():
            (clean + risky)._post()
        self.assertEqual((clean + risky).mapped("state"), ["draft", "draft"])

    def test_the_verdict_is_found_without_posting_and_its_review_is_kept(self):
        clean, risky = self.make_bill(100), self.make_bill()
        held = HeldBills((clean + risky).with_user(self.ann)).now()
        self.assertEqual({move_id: verdict.status for move_id, verdict in held.items()}, {risky.id: "risky"})
        self.assertEqual((risky.state, self.review_of(risky).state), ("draft", "open"))
        self.assertEqual(self.kinds(clean + risky), ["held"])

    def test_an_attempt_that_is_held_leaves_nothing_but_the_review(self):
        bill = self.make_bill()

        def post():
            bill.narration = "Posted"
            bill._post()

        result, held = HeldBills(bill).attempt(post)
        self.assertEqual((result, [*held]), (None, bill.ids))
        self.assertFalse(bill.narration)
        self.assertEqual((self.review_of(bill).state, self.kinds(bill)), ("open", ["held"]))
        pending = self.env.cr.postcommit.data.get(PENDING, {})
        self.assertFalse(set().union(*pending.values()), "nothing is kept a second time afterwards")

    def test_an_attempt_that_is_not_held_returns_its_result(self):
        self.assertEqual(HeldBills(self.make_bill(100)).attempt(lambda: "done"), ("done", {}))

    def test_who_may_not_read_a_bill_learns_nothing_of_it(self):
        bill = self.make_bill()
        with self.assertRaises(AccessError):
            HeldBills(bill.with_user(self.seller)).now()
        self.assertFalse(self.kinds(bill))
