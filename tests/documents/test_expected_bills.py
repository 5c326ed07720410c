"""What is usual for a vendor: its last posted bills in the same currency, and the account that they were paid to."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.expected_bills import expected_texts
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestExpectedBills(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old, cls.new = cls.env["res.partner.bank"].create(
            [{"acc_number": number, "partner_id": cls.vendor.id} for number in ("OLD 1", "NEW 2")]
        )
        earlier = cls.env["account.move"]
        for amount in (100, 110, 120):
            earlier += cls.make_bill(amount, partner_bank_id=cls.old.id)
        earlier.action_post()
        cls.bill = cls.make_bill(480, partner_bank_id=cls.new.id)

    def text_of(self, bill):
        with self.assertQueryCount(40):
            return expected_texts(bill).get(bill.id)

    def test_amount_and_account_are_compared_with_earlier_bills(self):
        self.assertEqual(
            self.text_of(self.bill).replace("\xa0", " ").splitlines(),
            [
                "Usually $ 110 (± $ 10) from this vendor, this one $ 480.00.",
                "The bank account differs from that of the last 3 bills.",
            ],
        )

    def test_few_bills_or_another_vendor_tell_nothing(self):
        self.assertFalse(self.text_of(self.make_bill(480, partner_id=self.other_vendor.id)))

    def test_a_known_account_is_not_mentioned(self):
        self.bill.partner_bank_id = self.old
        self.assertNotIn("account", self.text_of(self.bill))

    def test_it_is_shown_beside_a_score_and_links_to_the_bills(self):
        self.gate._score(self.bill)
        self.env.flush_all()
        bill = self.bill.with_user(self.ann)
        self.gate.viewer_group_ids = [Command.set(self.env.ref("account.group_account_user").ids)]
        self.env.invalidate_all()
        self.assertIn("Usually", bill.ai_expected_text)
        self.assertEqual(bill.search(bill.action_ai_vendor_bills()["domain"]).mapped("amount_total"), [120, 110, 100])
        self.bill.button_cancel()
        self.env.invalidate_all()
        self.assertFalse(bill.ai_expected_text)  # a cancelled bill shows nothing
