"""Posted bills that somebody changes into others are judged as if they were posted now."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.gate.held_bills import GateHeld
from odoo.addons.ai_deployment.models.gate.posted_bills import PostedBills, log_changes
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestPostedBills(GateCase):
    def setUp(self):
        super().setUp()
        self.bill = self.make_bill(100)
        self.bill.action_post()

    def set_amount(self, amount):
        """Change the total in the database, as nothing of the addon would see it."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET amount_untaxed = %s, amount_total = %s WHERE id = %s",
            [amount, amount, self.bill.id],
        )
        self.env.invalidate_all()

    def test_a_bill_that_is_raised_is_held(self):
        posted = PostedBills(self.bill)
        self.set_amount(20000)
        with self.assertRaises(GateHeld):
            posted.judge_changes()
        self.end_transaction()

    def test_a_change_that_is_not_risky_is_logged_once(self):
        posted = PostedBills(self.bill)
        self.set_amount(101)
        posted.judge_changes()
        self.assertEqual(self.kinds(self.bill), ["changed"])
        PostedBills(self.bill).judge_changes()
        self.assertEqual(self.kinds(self.bill), ["changed"])

    def test_drafts_and_what_has_no_gate_are_left_out(self):
        self.assertFalse(PostedBills(self.make_bill()).before)
        self.gate.gate = "off"
        self.assertFalse(PostedBills(self.bill).before)

    def test_the_note_names_the_fields(self):
        log_changes(self.bill, ["payment_reference", "invoice_date"])
        [event] = self.events_of(self.bill)
        self.assertEqual(event.note, "Changed after posting: Payment Reference, Invoice/Bill Date")
        self.assertIn(event.note, self.bill.message_ids[0].body)
