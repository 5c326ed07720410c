"""Whoever merges contacts changes the vendor of their open bills, and is kept as one who edited these."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestPartnerMerge(GateCase):
    def merge(self):
        """Merge the vendor into the other one, as `Ben`."""
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.ben).sudo()
        wizard._merge((self.vendor + self.other_vendor).ids, self.other_vendor, extra_checks=False)
        self.commit()
        self.env.invalidate_all()

    def editors(self, bill):
        """Return who is kept as one who wrote `bill`."""
        self.commit()
        edits = self.env["ai.deployment.edit"].sudo().search([("res_model", "=", bill._name), ("res_id", "=", bill.id)])
        return edits.user_id

    def test_open_bills_of_those_merged_are_edited_by_who_merges(self):
        mine, theirs = self.make_bill(), self.make_bill(partner_id=self.other_vendor.id)
        self.assertNotIn(self.ben, self.editors(mine) | self.editors(theirs))
        self.merge()
        self.assertEqual(mine.partner_id, self.other_vendor)
        self.assertIn(self.ben, self.editors(mine))
        self.assertIn(self.ben, self.editors(theirs), "another vendor's history is now this one's")

    def test_posted_bills_and_bills_of_others_are_not(self):
        posted, third = self.make_bill(1), self.env["res.partner"].create({"name": "Third"})
        posted.with_user(self.ann).action_post()
        foreign = self.make_bill(partner_id=third.id)
        self.merge()
        self.assertEqual(posted.partner_id, self.other_vendor)
        self.assertNotIn(self.ben, self.editors(posted))
        self.assertNotIn(self.ben, self.editors(foreign))

    def test_without_a_bill_contacts_are_merged_as_ever(self):
        self.merge()
        self.assertFalse(self.vendor.exists())
        self.assertTrue(self.other_vendor.exists())
