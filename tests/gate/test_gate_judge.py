"""What a gate finds risky, what it lets through and what that costs."""

import json
from datetime import timedelta

import numpy as np

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.models.gate.gate_judge import GateJudge, _says_the_same
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestGateJudge(GateCase):
    def test_small_bills_and_bills_outside_of_its_filter_are_not_looked_at(self):
        self.gate.gate_from_amount = 50000
        self.make_bill().action_post()
        self.gate.write({"gate_from_amount": 0, "domain": [("partner_id.name", "=", "Other vendor")]})
        self.make_bill().action_post()
        with self.stopped():
            self.make_bill(partner_id=self.other_vendor.id).action_post()

    def test_what_is_risky_follows_the_choice(self):
        value = 0.6224593312018546  # of a bill of 20,000: log odds of one half
        self.gate.write({"gate_risk": "score", "gate_score": value + 0.01})
        self.make_bill().action_post()
        self.gate.gate_score = value - 0.01
        with self.stopped():
            self.make_bill().action_post()
        self.gate.write({"gate_risk": "review", "audit_share": 1.0})
        self.make_bill(100).action_post()  # a random check is no suspicion
        with self.stopped():
            self.make_bill().action_post()

    def test_more_money_in_the_same_bin_is_another_bill(self):
        """20,000 and two million have the same code; who had the one released must not post the other."""
        bill = self.make_bill(20000)
        self.look(bill)
        bill.invoice_line_ids.price_unit = 2_000_000
        with self.stopped():
            bill.action_post()
        self.assertEqual(len(self.reviews_of(bill)), 2)
        self.assertEqual(self.review_of(bill).state, "open")
        self.review_of(bill).with_user(self.ben)._decide("overridden")
        bill.action_post()
        self.assertEqual((bill.state, bill.amount_untaxed), ("posted", 2_000_000))

    def test_warning_posts_says_so_and_asks(self):
        self.gate.gate = "warn"
        bill = self.make_bill()
        bill.with_user(self.ann).action_post()
        self.assertEqual(bill.state, "posted")
        self.assertEqual(self.kinds(bill), ["warned"])
        self.assertEqual(self.review_of(bill).state, "open")
        self.assertIn("Posted with warning", bill.message_ids[0].body)
        self.assertFalse(bill.ai_is_held)

    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def test_what_cannot_be_scored_is_posted_or_held_as_chosen(self):
        self.damage()
        bill = self.make_bill()
        bill.action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["bypassed"]))
        self.assertIn("could not be scored", bill.message_ids[0].body)
        self.gate.gate_unavailable = "closed"
        held = self.make_bill(100)
        with self.stopped("The version is damaged"):
            held.action_post()
        self.assertEqual(self.kinds(held), ["held"])
        self.pass_(held)
        self.assertEqual((held.state, self.kinds(held)), ("posted", ["held", "passed"]))

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.gate.gate_judge")
    def test_where_the_database_has_no_room_bills_are_posted_or_refused_as_chosen(self):
        self.env.cr.execute(
            "CREATE FUNCTION pg_temp.full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;"
            " CREATE TRIGGER full_disk BEFORE INSERT ON ai_deployment_inference"
            " FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.full_disk()"
        )
        bill = self.make_bill()
        bill.action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["bypassed"]))
        self.assertIn("no disk space", self.events_of(bill).note)
        self.gate.gate_unavailable = "closed"
        held = self.make_bill()
        with self.stopped("no disk space", "Try again later"):
            held.action_post()
        self.assertEqual(held.state, "draft")

    def test_many_clean_bills_cost_as_many_queries_as_few(self):
        def more(count):
            def bills():
                return self.env["account.move"].union(*(self.make_bill(100 + i, ref=f"{i}") for i in range(count)))

            def post():
                new = bills()
                self.env.flush_all()
                before = self.env.cr.sql_log_count
                new._post()
                self.env.flush_all()
                return self.env.cr.sql_log_count - before

            self.gate.gate = "off"
            post()
            off = post()
            self.gate.gate = "block"
            post()
            return post() - off

        few, many = more(2), more(8)
        self.assertLessEqual(many, few + 2)

    def test_it_is_scored_as_asked_by_who_posts(self):
        bill = self.make_bill(100)
        bill.with_user(self.ann).action_post()
        self.assertEqual(self.inferences_of(bill, self.gate).user_id, self.ann)

    def test_a_ratio_to_what_is_usual_may_move_by_a_tenth_and_nothing_else_may(self):
        path, ratio = {"source": "path"}, {"source": "history"}
        for same, spec, before, now in (
            (True, path, 100.0, 100.0),
            (False, path, 100.0, 100.1),
            (False, path, None, 0.0),
            (True, path, None, None),
            (True, ratio, 10.0, 11.0),
            (True, ratio, 10.0, 9.0),
            (False, ratio, 10.0, 11.01),
            (False, ratio, 10.0, 8.99),
            (True, ratio, -10.0, -11.0),
            (True, ratio, 0.0, 0.0),
            (False, ratio, 0.0, 0.01),
            (True, ratio, None, None),
            (False, ratio, None, 1.0),
            (False, ratio, 1.0, None),
        ):
            with self.subTest(spec=spec, before=before, now=now):
                self.assertEqual(_says_the_same(spec, before, now), same)

    def test_what_moves_when_other_bills_come_does_not_ask_again(self):
        """Amounts and ratios are what was reviewed; how many bills there are, and how long ago, goes on by itself."""
        history = {"source": "history", "group_paths": "partner_id"}
        self.gate.feature_ids = [
            Command.create({"name": "Ratio", "measure": "ratio", "value_path": "amount_untaxed", **history}),
            Command.create({"name": "Count", "measure": "count", **history}),
        ]
        amount = self.gate.champion_id._card()
        extra = [
            CardFeature(each.key, NUMBER, NumericBins(0, 1000, [1]), np.zeros(5), False, np.full(5, 200))
            for each in self.gate.feature_ids[1:]
        ]
        self.serve(
            self.gate,
            type(amount)([*amount.features, *extra], amount.intercept, amount.calibration, amount.score_bins),
        )
        self.gate.gate = "off"
        for days in range(50, 56):
            self.make_bill(15000, ref=f"{days}", day=self.today - timedelta(days=days))._post()
        self.gate.gate = "block"
        bill = self.make_bill()
        self.look(bill)
        inference = self.review_of(bill).inference_id
        logged = inference.inputs
        self.assertTrue(all(value is not None for value in logged), logged)
        for held, place, factor in ((False, 1, 1.05), (False, 2, 2), (True, 1, 1.3), (True, 0, 1.01)):
            with self.subTest(place=place, factor=factor), self.env.cr.savepoint() as savepoint:
                inputs = [value * factor if each == place else value for each, value in enumerate(logged)]
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE ai_deployment_inference SET inputs = %s WHERE id = %s", [json.dumps(inputs), inference.id]
                )
                self.env.invalidate_all()
                self.assertEqual(bool(GateJudge(self.gate).held(bill)), held)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_bill_is_scored_again_only_where_odoo_warns_otherwise_than_before(self):
        self.gate._review_rule("disagreement").is_on = True
        judge, bill = GateJudge(self.gate), self.make_bill(100)
        for logged, scores in ((None, 1), (0.0, 1), (1.0, 2), (None, 2)):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE ai_deployment_inference SET incumbent_value = %s WHERE res_id = %s", [logged, bill.id]
            )
            self.env.invalidate_all()
            judge.judge(bill)
            self.assertEqual(len(self.inferences_of(bill, self.gate)), scores, logged)
        self.gate._review_rule("disagreement").is_on = False
        self.env.cr.execute("UPDATE ai_deployment_inference SET incumbent_value = 1 WHERE res_id = %s", [bill.id])
        self.env.invalidate_all()
        judge.judge(bill)
        self.assertEqual(len(self.inferences_of(bill, self.gate)), 2)
