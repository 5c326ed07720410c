"""Waivers: for one vendor and reason, with an end, given by who answers for it."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestWaiver(GateCase):
    def test_a_waiver_counts_what_it_lets_through_and_ends(self):
        self.gate.gate_stale_days = 0
        waiver = self.waive(reason="flagged")
        bills = self.make_bill() + self.make_bill()
        bills.action_post()
        self.assertEqual(waiver.bill_count, 2)
        self.assertTrue(waiver.last_date)
        with clock.at(clock.now() + timedelta(days=31)), self.stopped():
            self.make_bill().action_post()
        waiver.action_archive()
        with self.stopped():
            self.make_bill().action_post()

    def test_a_waiver_is_for_one_vendor_and_its_reason(self):
        self.waive(reason="low_confidence")
        with self.stopped():
            self.make_bill().action_post()
        self.waive(partner_id=self.other_vendor.id)
        with self.stopped():
            self.make_bill().action_post()
        address = self.env["res.partner"].create({"name": "Office", "parent_id": self.vendor.id, "type": "invoice"})
        self.assertEqual(self.waive(partner_id=address.id).partner_id, self.vendor)
        self.make_bill(partner_id=address.id).action_post()

    def test_a_waiver_has_an_end_a_reason_and_somebody_who_answers_for_it(self):
        for values in (
            {"end_date": self.today - timedelta(days=1)},
            {"end_date": self.today + timedelta(days=400)},
            {"note": "  "},
            {"deployment_id": self.deployment.id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.waive(**values)
        waivers = self.env["ai.deployment.waiver"]
        values = {
            "deployment_id": self.gate.id,
            "partner_id": self.vendor.id,
            "note": "x",
            "end_date": self.today,
            "user_id": self.manager.id,
        }
        for person in (self.ann, self.ben, self.cleo, self.owner):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                waivers.with_user(person).create(values)
        for person in (self.gate_owner, self.gate_deputy, self.manager):
            with self.subTest(person=person.login):
                waiver = waivers.with_user(person).create(values)
                self.assertEqual(waiver.user_id, person)
                with self.assertRaises(UserError):
                    waiver.write({"partner_id": self.other_vendor.id})
                with self.assertRaises(UserError):
                    waiver.unlink()
                waiver.action_archive()
