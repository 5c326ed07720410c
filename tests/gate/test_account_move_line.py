"""Lines of bills: whoever writes one has made the bill, and a posted bill is judged again."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestAccountMoveLine(GateCase):
    def makers(self, bill):
        self.env.flush_all()
        return bill.sudo()._ai_makers().get(bill.id, set())

    def test_whoever_adds_writes_or_removes_a_line_is_a_maker(self):
        values = {"name": "Another", "quantity": 1, "price_unit": 5, "tax_ids": []}
        ways = (
            lambda bill: bill.write({"invoice_line_ids": [Command.create(values)]}),
            lambda bill: bill.invoice_line_ids[0].write({"price_unit": 7}),
            lambda bill: bill.invoice_line_ids[-1].unlink(),
        )
        for place, way in enumerate(ways):
            with self.subTest(way=place), self.undone():
                bill = self.make_bill(100, invoice_line_ids=[Command.create(values), Command.create(values)])
                self.assertNotIn(self.ann.id, self.makers(bill))
                way(bill.with_user(self.ann))
                self.assertIn(self.ann.id, self.makers(bill))

    def test_what_says_nothing_about_the_bill_makes_nobody_a_maker(self):
        bill = self.make_bill(100)
        bill.with_user(self.ann).line_ids[0].write({"sequence": 7})
        self.assertNotIn(self.ann.id, self.makers(bill))

    def test_a_posted_bill_whose_lines_are_raised_is_held(self):
        bill = self.make_bill(100).with_user(self.ann)
        bill.action_post()
        with self.stopped("Not posted"):
            for line, amount in zip(bill.line_ids, (20000.0, -20000.0), strict=True):
                line.with_context(check_move_validity=False).balance = amount
