"""Passing a held bill: with a reason, by the named group, not by its maker, for the bill as it is."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.tests.common import QUIET
from odoo.addons.ai_deployment.tests.gate.common import PASS, GateCase


@tagged("post_install", "-at_install")
class TestGatePass(GateCase):
    def test_a_pass_is_logged_with_its_reason_and_posts(self):
        bill = self.make_bill()
        with self.stopped():
            bill.with_user(self.ann).action_post()
        self.pass_(bill, "Checked by phone")
        self.assertEqual(bill.state, "posted")
        event = self.events_of(bill)[-1]
        self.assertEqual((event.kind, event.user_id, event.note), ("passed", self.cleo, "Checked by phone"))
        self.assertEqual(event.review_id, self.review_of(bill))
        self.assertIn("Checked by phone", "".join(bill.message_ids.mapped("body")))

    def test_a_pass_is_for_the_bill_as_it_is(self):
        bill = self.make_bill()
        self.pass_(bill)
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 30000
        with self.stopped():
            bill.action_post()

    def test_only_the_named_group_passes_with_a_reason_and_its_own_rights(self):
        bill = self.make_bill()
        wizard = self.env["ai.deployment.gate.pass"]
        for person in (self.ann, self.ben, self.gate_owner):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.pass_(bill, user=person)
            with self.subTest(person=person.login, sudo=True), self.assertRaises(AccessError):
                wizard.with_user(person).sudo().create({"move_id": bill.id, "note": "x"}).action_pass()
        with self.assertRaises(UserError):
            self.pass_(bill, note="   ")
        cannot_post = new_test_user(self.env, "gate_dan", PASS, email="dan@example.com", context=QUIET)
        with self.assertRaises(AccessError):
            self.pass_(bill, user=cannot_post)
        self.assertEqual(bill.state, "draft")
        self.assertNotIn("passed", self.kinds(bill))

    def test_who_made_a_bill_does_not_pass_it(self):
        bill = self.make_bill()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET create_uid = %s WHERE id = %s", [self.cleo.id, bill.id])
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "You created this bill"):
            self.pass_(bill)
        with self.assertRaises(AccessError):
            self.gate.with_user(self.gate_owner).gate_maker_may_pass = True
        self.gate.with_user(self.manager).gate_maker_may_pass = True
        self.pass_(bill)
        self.assertTrue(self.events_of(bill)[-1].is_maker)
