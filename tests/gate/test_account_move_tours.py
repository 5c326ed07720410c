"""The gate in a real browser: stopped, looked at, posted; and passed with a reason."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install", "ai_tour")
class TestGateTours(HttpCase, GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate.reviewer_ids = [Command.set((cls.ann + cls.ben).ids)]
        cls.ann.group_ids += cls.env.ref("ai_deployment.group_reviewer")
        cls.bill = cls.make_bill(ref="Much too much")

    def test_stopped_looked_at_and_posted(self):
        self.start_tour("/odoo", "ai_deployment_gate_held", login="gate_ann")
        self.env.invalidate_all()
        self.assertEqual((self.bill.state, self.kinds(self.bill)), ("draft", ["held"]))
        self.start_tour("/odoo/ai-reviews", "ai_deployment_gate_reviewed", login="gate_ben")
        self.env.invalidate_all()
        self.assertEqual(self.review_of(self.bill).ground_truth, "negative")
        self.start_tour("/odoo", "ai_deployment_gate_posted", login="gate_ann")
        self.env.invalidate_all()
        self.assertEqual(self.bill.state, "posted")

    def test_passed_with_a_reason(self):
        self.gate._score(self.bill)
        self.env["res.partner"].create({"name": "Vendor of the tour"})
        self.start_tour("/odoo", "ai_deployment_gate_passed", login="gate_cleo")
        self.env.invalidate_all()
        self.assertEqual((self.bill.state, self.kinds(self.bill)), ("posted", ["passed"]))
        self.start_tour("/odoo/ai-gate", "ai_deployment_gate_pages", login="gate_owner")
        self.assertEqual(self.env["ai.deployment.waiver"].search([]).user_id, self.gate_owner)
