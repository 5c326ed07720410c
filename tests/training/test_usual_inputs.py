"""The inputs to start with: declared by one button, with sides and combinations, and readable by whoever asks."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestUsualInputs(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "ai_deployment.group_owner,account.group_account_invoice"
        cls.clerk = new_test_user(cls.env, "ai_clerk", groups=groups, email="c@example.com", context=QUIET)
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            user_id=cls.clerk.id,
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            features=[{"path": "amount_total", "name": "Sum", "weight": 0.5}],
        )

    def test_the_owner_adds_what_is_missing_once(self):
        bills = self.bills.with_user(self.clerk)
        self.assertTrue(bills.has_usual_inputs)
        bills.action_add_usual_inputs()
        declared = self.env["account.move"]._ai_usual_inputs()
        self.assertEqual(len(bills.feature_ids), len(declared))
        self.assertEqual(bills.feature_ids[0].name, "Sum")
        self.assertEqual(bills.feature_ids[0].weight, 0.5)
        by_key = {feature.key: feature for feature in bills.feature_ids}
        repeat = by_key[
            "repeat:partner_id+invoice_line_ids.account_id+invoice_line_ids.analytic_distribution+amount_total:31"
        ]
        self.assertEqual((repeat.tail, repeat.stands_alone, repeat.together_id.name), ("low", True, "Sum"))
        self.assertEqual((by_key["count:partner_id"].tail, by_key["zeros:amount_total"].tail), ("low", "high"))
        self.assertEqual(by_key["zeros:amount_total"].together_id, by_key["count:partner_id"])
        bills.action_add_usual_inputs()
        self.assertEqual(len(bills.feature_ids), len(declared))

    def test_who_does_not_decide_adds_nothing(self):
        with self.assertRaises(AccessError):
            self.bills.with_user(self.other_owner).action_add_usual_inputs()

    def test_leads_have_none(self):
        self.assertFalse(self.deployment.has_usual_inputs)
        self.deployment.action_add_usual_inputs()
        self.assertEqual(len(self.deployment.feature_ids), 3)
