"""Bank accounts of vendors: a posted bill that is still to be paid to one says that the account changed."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestResPartnerBank(GateCase):
    def setUp(self):
        super().setUp()
        self.account = self.env["res.partner.bank"].create({"partner_id": self.vendor.id, "acc_number": "BE1"})
        self.bill = self.make_bill(100, partner_bank_id=self.account.id)

    def test_another_number_is_logged_with_the_posted_bill(self):
        self.bill.action_post()
        self.account.acc_number = "BE2"
        self.assertEqual(self.kinds(self.bill), ["changed"])
        self.assertIn("Recipient Bank", self.events_of(self.bill).note)

    def test_the_same_number_a_draft_or_no_gate_is_not(self):
        self.account.acc_number = "BE3"
        self.assertFalse(self.kinds(self.bill))
        self.bill.action_post()
        self.account.acc_number = "BE3"
        self.assertFalse(self.kinds(self.bill))
        self.gate.gate = "off"
        self.account.acc_number = "BE4"
        self.assertFalse(self.kinds(self.bill))
