"""What a deployment says about its routing: limits of the settings, reasons that fit it, its texts."""

import psycopg2

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import EdgeCaseCase, HoldoutCase, RuleCase


@tagged("post_install", "-at_install")
class TestRoutingSettings(RuleCase):
    def test_every_deployment_has_the_reasons_that_fit_it(self):
        everywhere = {"failed", "low_confidence", "amount", "disagreement", "audit"}
        self.assertEqual(set(self.deployment.review_rule_ids.mapped("reason")), everywhere | {"out_of_support"})
        self.assertEqual(set(self.bills.review_rule_ids.mapped("reason")), everywhere | {"flagged", "new_vendor"})

    def test_another_kind_of_document_gets_its_own_reasons(self):
        deployment = self.make_deployment(features=[])
        deployment.write({"model_id": self.env["ir.model"]._get_id("account.move"), "method": "anomaly"})
        reasons = [set(each.review_rule_ids.mapped("reason")) for each in (deployment, self.bills)]
        self.assertEqual(*reasons)

    def test_a_copy_asks_for_the_same_reasons(self):
        self.rule("amount", is_on=True, amount=700, cap=4, priority=5, points=3)
        made = self.deployment.with_user(self.owner).copy()._review_rule("amount")
        self.assertEqual((made.is_on, made.amount, made.cap, made.priority, made.points), (True, 700, 4, 5, 3))

    def test_a_flag_cannot_be_promised_to_be_right(self):
        with self.assertRaisesRegex(ValidationError, "known only from reviews"):
            self.make_deployment(
                model_id=self.env["ir.model"]._get_id("account.move"), method="anomaly", routing="error", features=[]
            )

    def test_settings_have_limits(self):
        for name, good, bad in (
            ("min_confidence", (0.0, 1.0), (-0.01, 1.01)),
            ("target_error", (0.001, 0.499), (0.0, 0.5)),
            ("reviews_per_day", (0, 1000), (-1,)),
            ("audit_share", (0.0, 1.0), (-0.01, 1.01)),
        ):
            for value in good:
                self.deployment[name] = value
                self.deployment.flush_recordset()
            for value in bad:
                with (
                    self.subTest(name=name, value=value),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(psycopg2.errors.CheckViolation),
                    self.cr.savepoint(),
                ):
                    self.deployment[name] = value
                    self.deployment.flush_recordset()
                self.deployment.invalidate_recordset(flush=False)

    def test_the_stored_reasons_are_those_that_are_on_in_their_order(self):
        self.deployment.review_rule_ids.is_on = False
        self.assertEqual(self.deployment.routing_rules, {"on": []})
        self.rule("audit", is_on=True, priority=9, cap=3, amount=50)
        self.rule("amount", is_on=True, priority=2, points=4, amount=700)
        self.assertEqual(
            self.deployment.routing_rules,
            {
                "on": [
                    {"reason": "amount", "priority": 2, "cap": 0, "points": 4, "amount": 700.0},
                    {
                        "reason": "audit",
                        "priority": 9,
                        "cap": 3,
                        "points": 1,
                        "amount": self.deployment._review_rule("audit").amount,
                    },
                ]
            },
        )

    def test_making_the_reasons_again_keeps_them(self):
        rule = self.rule("amount", is_on=True, amount=700)
        before = self.deployment.review_rule_ids
        self.deployment._make_review_rules()
        self.assertEqual(self.deployment.review_rule_ids, before)
        self.assertEqual((rule.is_on, rule.amount), (True, 700))
        self.assertFalse(self.deployment._review_rule("new_vendor"))


@tagged("post_install", "-at_install")
class TestEdgeCaseSettings(EdgeCaseCase):
    def test_only_cases_that_go_to_a_person_are_looked_for(self):
        self.assertFalse(self.deployment.has_edge_cases)
        case = self.case()
        self.assertTrue(self.deployment.has_edge_cases)
        case.sudo().unlink()
        self.assertFalse(self.deployment.has_edge_cases)


@tagged("post_install", "-at_install")
class TestHoldoutSettings(HoldoutCase):
    def test_the_share_is_not_written_by_hand_nor_by_a_default(self):
        for person in (self.owner, self.manager):
            for values in ({"holdout_share": 0.5}, {"holdout_since": NOW}, {"holdout_reason": "x"}):
                with self.assertRaises(AccessError):
                    self.deployment.with_user(person).write(values)
        values = {
            "name": "x",
            "purpose": "x",
            "model_id": self.lead_model.id,
            "holdout_share": 0.5,
            "holdout_since": NOW,
        }
        made = self.env["ai.deployment"].with_user(self.owner).with_context(default_holdout_share=0.5).create(values)
        self.assertEqual(made.holdout_share, 0)
        self.hold_out(0.2)
        self.assertEqual(self.deployment.with_user(self.owner).copy().holdout_share, 0)

    def test_the_wizard_asks_and_does_it(self):
        action = self.deployment.with_user(self.owner).action_hold_out()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.owner)
            .with_context(**action["context"])
            .create({"share": 0.3, "reason": "Until the summer."})
        )
        wizard.action_hold_out()
        self.assertEqual(self.deployment.holdout_share, 0.3)

    def test_off_by_default(self):
        self.assertEqual(self.env["ai.deployment"].default_get(["holdout_share"]), {})
        self.assertEqual(self.deployment.holdout_share, 0)

    def test_the_hold_outs_are_remembered_until_one_changes(self):
        deployments = self.env["ai.deployment"]
        self.assertEqual(deployments._holdouts("crm.lead"), ())
        self.hold_out(0.2)
        [rule] = deployments._holdouts("crm.lead")
        self.assertEqual((rule.id, rule.share), (self.deployment.id, 0.2))
        self.assertEqual(deployments._holdouts("account.move"), ())
        with self.assertQueryCount(0):
            deployments._holdouts("crm.lead")
        self.hold_out(0)
        self.assertEqual(deployments._holdouts("crm.lead"), ())
