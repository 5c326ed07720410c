"""Bills at the gate: every way to post one, what is kept of it, who may pass, and what it costs."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.gate.account_move_posting import GateHeld
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase, approve

PASS = "ai_deployment.group_pass_gate"
CARELESS = """
try:
    record.action_post()
except Exception:
    pass
"""


class GateCase(AiDeploymentCase):
    """A deployment that holds bills of 10,000 and more, people who post, and people who look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.today = clock.today()
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.other_vendor = cls.env["res.partner"].create({"name": "Other vendor"})

        def user(login, *groups):
            return new_test_user(cls.env, login, ",".join(groups), email=f"{login}@example.com", context=QUIET)

        # `Ann` in accounting posts, `Ben` looks, `Cleo` may pass.
        cls.ann = user("gate_ann", "account.group_account_user")
        cls.ben = user("gate_ben", "account.group_account_user", "ai_deployment.group_reviewer")
        cls.cleo = user("gate_cleo", "account.group_account_user", PASS)
        cls.gate_owner = user("gate_owner", "account.group_account_user", "ai_deployment.group_owner")
        cls.gate_deputy = user("gate_deputy", "account.group_account_user", "ai_deployment.group_owner")
        cls.gate = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            user_id=cls.gate_owner.id,
            deputy_id=cls.gate_deputy.id,
            reviewer_ids=[Command.set(cls.ben.ids)],
            review_date=cls.today + timedelta(days=90),
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        cls.serve(cls.gate, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        cls.gate.state = "shadow"
        cls.gate._score(cls.make_bill(1))
        cls.gate.write({"state": "production", "gate": "block"})
        cls.env.flush_all()

    @classmethod
    def make_bill(cls, amount=20000.0, move_type="in_invoice", day=None, **values):
        day = day or cls.today - timedelta(days=40)
        return cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )

    def events_of(self, bills):
        return self.env["ai.deployment.gate.event"].search([("res_id", "in", bills.ids)], order="id")

    def kinds(self, bills):
        return self.events_of(bills).mapped("kind")

    def review_of(self, bill):
        return self.reviews_of(bill)[-1:]

    def look(self, bill, ground_truth="negative", note=""):
        """Ben looks at the bill as it is: it is usual (negative) or not."""
        self.gate._score(bill)
        review = self.review_of(bill)
        right = review.prediction == (ground_truth == "positive")
        review.with_user(self.ben)._decide("confirmed" if right else "overridden", note=note)
        return review

    def end_transaction(self, committed=False):
        """What runs when the transaction of a poster is over; the test's own goes on."""
        with self.enter_registry_test_mode():
            (self.env.cr.postcommit if committed else self.env.cr.postrollback).run()
        for hooks in (self.env.cr.postcommit, self.env.cr.postrollback):
            hooks.clear()
        self.env.invalidate_all()

    @contextmanager
    def stopped(self, *words):
        with self.assertRaises(UserError) as caught:
            yield caught
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.end_transaction()

    @contextmanager
    def undone(self):
        """What is done in here is gone afterwards."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def waive(self, **values):
        return self.env["ai.deployment.waiver"].create(
            {
                "deployment_id": self.gate.id,
                "partner_id": self.vendor.id,
                "note": "A yearly licence",
                "end_date": self.today + timedelta(days=30),
                **values,
            }
        )

    def pass_(self, bill, note="Checked by phone", user=None):
        wizard = self.env["ai.deployment.gate.pass"].with_user(user or self.cleo)
        return wizard.create({"move_id": bill.id, "note": note}).action_pass()


@tagged("post_install", "-at_install")
class TestWaysToPost(GateCase):
    """The gate holds whichever way a bill comes; each way is tried as it is, with a waiver, and with a pass."""

    # Each takes a draft and posts it, or tries to. The bill is the accountant's to post.

    def by_button_on_the_form(self, bill):
        bill.with_context(validate_analytic=True, disable_abnormal_invoice_detection=False).action_post()

    def by_code(self, bill):
        bill.action_post()

    def by_button_in_the_list(self, bill):
        bill.action_validate_moves_with_confirmation()

    def by_mass_wizard(self, bill):
        context = {"active_model": "account.move", "active_ids": bill.ids}
        self.env["validate.account.move"].with_user(self.ann).with_context(**context).create({}).validate_move()

    def by_mass_wizard_with_force(self, bill):
        context = {"active_model": "account.move", "active_ids": bill.ids}
        wizard = self.env["validate.account.move"].with_user(self.ann).with_context(**context)
        wizard.create({"force_post": True}).validate_move()

    def by_hard_post(self, bill):
        bill._post(soft=False)

    def by_soft_post(self, bill):
        bill._post(soft=True)

    def by_writing_the_state(self, bill):
        bill.write({"state": "posted"})

    def by_assigning_the_state(self, bill):
        bill.state = "posted"

    def by_forged_context(self, bill):
        keys = ("ai_deployment_left_out", "ai_gate", "ai_passed", "skip_gate", "skip_readonly_check", "install_mode")
        bill.with_context(**dict.fromkeys(keys, True)).action_post()

    def by_import(self, bill):
        bill.load([".id", "state"], [[str(bill.id), "Posted"]])

    def server_action(self, code):
        return self.env["ir.actions.server"].create(
            {
                "name": "Post",
                "model_id": self.env["ir.model"]._get("account.move").id,
                "state": "code",
                "code": code,
            }
        )

    def by_server_action(self, bill):
        action = self.server_action("record.action_post()").with_user(self.ann).sudo()
        action.with_context(active_model="account.move", active_id=bill.id, active_ids=bill.ids).run()

    def by_careless_server_action(self, bill):
        action = self.server_action(CARELESS).with_user(self.ann).sudo()
        action.with_context(active_model="account.move", active_id=bill.id, active_ids=bill.ids).run()

    def by_automation_rule(self, bill):
        rule = self.env["base.automation"].create(
            {
                "name": "Post what is to be paid",
                "model_id": self.env["ir.model"]._get("account.move").id,
                "trigger": "on_create_or_write",
                "trigger_field_ids": [Command.set(self.env.ref("account.field_account_move__payment_reference").ids)],
                "filter_domain": "[('payment_reference', '=', 'Go')]",
            }
        )
        self.server_action("record.action_post()").base_automation_id = rule
        bill.payment_reference = "Go"

    def by_auto_post_job(self, bill):
        bill.sudo().with_context(skip_is_manually_modified=True).auto_post = "at_date"
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()

    def by_vendor_that_is_always_posted(self, bill):
        bill.sudo().partner_id.autopost_bills = "always"
        bill._autopost_bill()

    def by_superuser(self, bill):
        bill.sudo().action_post()

    def by_system_user(self, bill):
        bill.with_user(self.env.ref("base.user_root"))._post(soft=False)

    def by_recurring_entries(self, bill):
        bill.write({"auto_post": "monthly", "auto_post_until": self.today + timedelta(days=90)})
        bill._post(soft=True)

    def by_payment_code(self, bill):
        """As payments and expenses do: in sudo, in a savepoint, with other entries beside it."""
        with self.env.cr.savepoint():
            (bill + self.make_bill(100)).sudo().with_context(skip_sale_auto_invoice_send=True)._post(soft=False)

    def ways(self):
        return [name for name in dir(self) if name.startswith("by_")]

    def try_way(self, name, bill):
        """The bill after the way was tried, whatever it raised: what the caller would have kept is kept."""
        try:
            with self.env.cr.savepoint():
                getattr(self, name)(bill.with_user(self.ann))
        except UserError as error:
            self.assertIsInstance(error, GateHeld, name)
            self.end_transaction()
        else:
            self.end_transaction(committed=True)
        return bill

    def test_there_are_twenty_ways(self):
        self.assertGreaterEqual(len(self.ways()), 20)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_the_gate_holds_in_each(self):
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.make_bill(ref=name)
                self.try_way(name, bill)
                self.assertEqual(bill.state, "draft")
                review = self.review_of(bill)
                self.assertEqual((review.state, review.reviewer_id), ("open", self.ben))
                self.assertEqual(self.kinds(bill), ["held"])
                self.assertTrue(bill.ai_is_held)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_a_clean_bill_comes_through_in_each(self):
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.make_bill(100, ref=name)
                self.try_way(name, bill)
                self.assertEqual(bill.state, "posted")
                self.assertFalse(self.events_of(bill))

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_a_waiver_lets_through_in_each_and_is_logged(self):
        waiver = self.waive()
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.make_bill(ref=name)
                self.try_way(name, bill)
                self.assertEqual(bill.state, "posted")
                self.assertEqual(self.kinds(bill), ["waived"])
                self.assertEqual(self.events_of(bill).waiver_id, waiver)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_what_was_passed_and_went_back_to_draft_comes_through_in_each(self):
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.make_bill(ref=name)
                self.pass_(bill)
                bill.button_draft()
                self.try_way(name, bill)
                self.assertEqual(bill.state, "posted")
                self.assertEqual(self.kinds(bill), ["passed"])

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_what_a_reviewer_released_comes_through_in_each(self):
        for name in self.ways():
            with self.subTest(way=name), self.undone():
                bill = self.make_bill(ref=name)
                self.look(bill)
                self.try_way(name, bill)
                self.assertEqual(bill.state, "posted")
                self.assertNotIn("held", self.kinds(bill))

    def test_no_way_leaves_a_risky_bill_posted_without_a_line_in_the_log(self):
        for mode, name in [(mode, name) for mode in ("warn", "block") for name in self.ways()]:
            self.gate.gate = mode
            bill = self.make_bill(ref=f"{mode} {name}")
            with mute_logger("odoo.addons.base.models.ir_actions"):
                self.try_way(name, bill)
            if mode == "block":
                self.assertEqual(bill.state, "draft", name)
        posted = self.env["account.move"].search(
            [("state", "=", "posted"), ("amount_untaxed", ">=", 10000), ("move_type", "=", "in_invoice")]
        )
        self.assertTrue(posted)
        logged = self.env["ai.deployment.gate.event"].search([("kind", "!=", "held")]).mapped("res_id")
        self.assertLessEqual(set(posted.ids), set(logged))


@tagged("post_install", "-at_install")
class TestPosting(GateCase):
    # What is said

    def test_the_sentence_names_the_bill_why_and_what_to_do(self):
        bill = self.make_bill(ref="INV-7")
        with self.stopped("INV-7", "Vendor", "Looks unusual", "A reviewer is asked to look at it"):
            bill.with_user(self.ann).action_post()
        with self.stopped(self.ben.name, "was asked to look at it"):
            bill.with_user(self.ann).action_post()

    def test_the_button_on_the_form_shows_a_dialog_and_keeps_the_review_at_once(self):
        bill = self.make_bill(ref="INV-7")
        action = bill.with_user(self.ann).with_context(disable_abnormal_invoice_detection=False).action_post()
        dialog = self.env[action["res_model"]].with_user(self.ann).browse(action["res_id"])
        self.assertEqual(dialog.move_ids, bill)
        self.assertIn("INV-7", dialog.text)
        self.assertEqual(dialog.action_open()["res_id"], bill.id)
        self.assertEqual(self.review_of(bill).reviewer_id, self.ben)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_pressing_again_asks_nobody_again(self):
        bill = self.make_bill().with_user(self.ann)
        for _time in range(3):
            with self.stopped():
                bill.action_post()
        self.assertEqual(len(self.reviews_of(bill)), 1)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_a_long_list_is_cut(self):
        bills = self.env["account.move"].union(*(self.make_bill(ref=f"B{number:02}") for number in range(13)))
        with self.stopped("and 3 more"):
            bills._post()

    def test_several_from_code_are_posted_all_or_none(self):
        clean, risky = self.make_bill(100), self.make_bill()
        with self.stopped():
            (clean + risky)._post()
        self.assertEqual((clean + risky).mapped("state"), ["draft", "draft"])

    def test_the_list_and_the_wizard_post_the_clean_ones_and_show_the_held(self):
        for way in ("list", "wizard"):
            with self.subTest(way=way):
                clean, risky = self.make_bill(100), self.make_bill(ref="INV-7")
                bills = (clean + risky).with_user(self.ann)
                if way == "list":
                    action = bills.action_validate_moves_with_confirmation()
                else:
                    wizard = self.env["validate.account.move"].with_user(self.ann)
                    action = wizard.create({"move_ids": bills.ids}).validate_move()
                self.assertEqual((clean.state, risky.state), ("posted", "draft"))
                self.assertIn("INV-7", self.env[action["res_model"]].browse(action["res_id"]).text)
                self.assertEqual(self.review_of(risky).state, "open")

    def test_where_another_dialog_follows_the_held_ones_stand_in_a_notification(self):
        later = self.make_bill(100, day=self.today + timedelta(days=5))
        risky = self.make_bill(ref="INV-7")
        action = (later + risky).action_validate_moves_with_confirmation()
        self.assertIn("INV-7", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "validate.account.move")

    def test_no_bill_is_born_posted(self):
        data = self.make_bill().copy_data()[0]
        bills = self.env["account.move"].with_user(self.ann)
        with self.assertRaises(UserError):
            bills.create({**data, "state": "posted"})
        bill = bills.with_context(default_state="posted").create({**data, "invoice_date": self.today})
        self.assertEqual(bill.state, "draft")
        data.pop("move_type")
        bill = bills.with_context(default_state="posted", default_move_type="in_invoice").create(data)
        self.assertEqual(bill.state, "draft")

    def test_what_is_put_off_is_judged_when_it_is_posted(self):
        bill = self.make_bill(day=self.today + timedelta(days=5))
        bill._post(soft=True)
        self.assertEqual((bill.state, bill.auto_post), ("draft", "at_date"))
        self.assertFalse(self.reviews_of(bill))
        with self.stopped():
            bill.auto_post = "no"
            bill._post(soft=False)

    def test_odoos_own_checks_come_first(self):
        bill = self.make_bill(partner_id=False)
        with self.assertRaises(UserError) as caught:
            bill.action_post()
        self.assertNotIsInstance(caught.exception, GateHeld)

    def test_a_draft_that_is_held_can_be_changed(self):
        bill = self.make_bill()
        with self.stopped():
            bill.action_post()
        with Form(bill.with_user(self.ann)) as form, form.invoice_line_ids.edit(0) as line:
            line.price_unit = 100
        bill.with_user(self.ann).action_post()
        self.assertEqual(bill.state, "posted")

    def test_nothing_else_is_written_in_the_same_step(self):
        bill = self.make_bill(100)
        with self.assertRaisesRegex(UserError, "by itself"):
            bill.write({"state": "posted", "partner_bank_id": False})
        entry = self.env["account.move"].create({"move_type": "entry", "line_ids": self.two_lines()})
        entry.write({"state": "posted", "ref": "As before"})
        with self.assertRaisesRegex(UserError, "cannot become a bill"):
            entry.write({"move_type": "in_invoice"})

    def two_lines(self):
        accounts = self.env["account.account"].search([("account_type", "=", "expense")], limit=2)
        return [
            Command.create({"account_id": account.id, "balance": balance})
            for account, balance in zip(accounts, (10, -10), strict=True)
        ]

    # Which bills

    def test_bills_refunds_and_receipts_are_held_and_nothing_else(self):
        for kind in ("in_invoice", "in_refund", "in_receipt"):
            with self.subTest(kind=kind), self.stopped():
                self.make_bill(move_type=kind).action_post()
        for kind in ("out_invoice", "out_refund", "out_receipt"):
            with self.subTest(kind=kind):
                move = self.make_bill(move_type=kind)
                move.action_post()
                self.assertEqual(move.state, "posted")

    def test_a_reversal_that_posts_by_itself_is_held_and_as_a_draft_it_is_not_in_the_way(self):
        bill = self.make_bill()
        self.look(bill)
        bill.action_post()
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=bill.ids)
        values = {"reason": "Wrong", "journal_id": bill.journal_id.id}
        with self.stopped():
            wizard.create(values).modify_moves()
        refund = self.env["account.move"].browse(wizard.create(values).reverse_moves()["res_id"])
        self.assertEqual(refund.state, "draft")
        self.look(refund)
        refund.action_post()
        self.assertEqual(refund.state, "posted")

    def test_small_bills_and_bills_outside_of_its_filter_are_not_looked_at(self):
        self.gate.gate_from_amount = 50000
        self.make_bill().action_post()
        self.gate.write({"gate_from_amount": 0, "domain": [("partner_id.name", "=", "Other vendor")]})
        self.make_bill().action_post()
        with self.stopped():
            self.make_bill(partner_id=self.other_vendor.id).action_post()

    def test_shadow_and_proof_hold_nothing_and_say_nothing(self):
        for state in ("shadow", "proof"):
            self.gate.state = state
            bill = self.make_bill()
            bill.action_post()
            self.assertFalse(self.events_of(bill))

    def test_bills_of_another_company_are_not_held(self):
        company = self.env["res.company"].create({"name": "Next door"})
        self.assertFalse(self.env["ai.deployment"]._gates_of(company))
        self.assertEqual(self.env["ai.deployment"]._gates_of(company + self.env.company), self.gate)

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

    def test_a_risky_bill_without_a_review_gets_one(self):
        self.gate.write({"routing": "capacity", "reviews_per_day": 0})
        bill = self.make_bill()
        with self.stopped():
            bill.action_post()
        self.assertEqual((self.review_of(bill).state, self.review_of(bill).reason), ("open", "flagged"))

    # Reviews

    def test_a_bill_found_unusual_stays_held_and_says_by_whom(self):
        bill = self.make_bill()
        self.look(bill, "positive")
        with self.stopped(f"Reviewed by {self.ben.name}", "unusual", "Correct it"):
            bill.action_post()
        self.assertEqual(len(self.reviews_of(bill)), 1)

    def test_unusual_weighs_more_than_a_clean_score_and_a_waiver(self):
        self.gate.audit_share = 1.0
        self.waive()
        bill = self.make_bill(100)
        self.look(bill, "positive")
        with self.stopped("unusual"):
            bill.action_post()

    def test_cannot_tell_releases_nothing(self):
        bill = self.make_bill()
        self.gate._score(bill)
        self.review_of(bill).with_user(self.ben)._decide("unsure")
        with self.stopped("could not tell"):
            bill.action_post()

    def test_an_answer_is_about_the_bill_as_it_was(self):
        bill = self.make_bill(100)
        self.gate.audit_share = 1.0
        self.look(bill)
        bill.invoice_line_ids.price_unit = 20000
        with self.stopped():
            bill.action_post()
        self.assertEqual(self.review_of(bill).state, "open")

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

    def test_a_default_in_the_context_answers_no_question(self):
        self.gate.write({"routing": "capacity", "reviews_per_day": 0})
        bill = self.make_bill().with_user(self.ann)
        forged = {
            "default_state": "decided",
            "default_decision": "overridden",
            "default_ground_truth": "negative",
            "default_decided_by_id": self.ben.id,
            "default_is_label": True,
            "default_kind": "passed",
            "default_reviewer_id": self.ann.id,
            "default_is_assigned": True,
            "default_waiver_id": 1,
            "active_test": False,
            "disable_abnormal_invoice_detection": False,
        }
        for _time in range(2):
            bill.with_context(**forged).action_post()
        review = self.review_of(bill)
        self.assertEqual((bill.state, review.state, review.reviewer_id), ("draft", "open", self.ben))
        self.assertFalse(review.ground_truth or review.is_label)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_an_answer_by_another_version_does_not_release(self):
        bill = self.make_bill()
        self.look(bill)
        card = self.gate.champion_id._card()
        self.serve(self.gate, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        with self.stopped():
            bill.action_post()

    def test_an_open_question_at_the_end_of_a_chain_holds(self):
        bill = self.make_bill()
        review = self.look(bill)
        review.sudo()._follow("four_eyes", is_assigned=True, reviewer_id=self.gate_owner.id)
        with self.stopped():
            bill.action_post()

    def test_a_second_opinion_looks_at_the_reviewers_and_holds_no_bill(self):
        bill = self.make_bill()
        self.look(bill).sudo()._follow("second_opinion", is_assigned=True, reviewer_id=self.gate_owner.id)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_an_open_second_opinion_gives_way_to_the_question_about_a_changed_bill(self):
        bill = self.make_bill()
        opinion = self.look(bill).sudo()._follow("second_opinion", is_assigned=True, reviewer_id=self.gate_owner.id)
        bill.invoice_line_ids.price_unit = 90000
        with self.stopped():
            bill.action_post()
        self.assertEqual((opinion.state, self.review_of(bill).state), ("expired", "open"))

    def test_an_answer_that_was_taken_back_releases_nothing_though_nobody_answered_again(self):
        kept, taken_back = self.make_bill(), self.make_bill()
        opinion = self.look(kept).sudo()._follow("second_opinion", is_assigned=True)
        opinion.state = "expired"
        kept.action_post()  # nobody gave the second opinion: the first stands
        self.assertEqual(kept.state, "posted")
        again = self.look(taken_back).sudo()._reopen()
        again.sudo().state = "expired"
        with self.stopped():
            taken_back.action_post()

    # Warn

    def test_warning_posts_says_so_and_asks(self):
        self.gate.gate = "warn"
        bill = self.make_bill()
        bill.with_user(self.ann).action_post()
        self.assertEqual(bill.state, "posted")
        self.assertEqual(self.kinds(bill), ["warned"])
        self.assertEqual(self.review_of(bill).state, "open")
        self.assertIn("Posted with a warning", bill.message_ids[0].body)
        self.assertFalse(bill.ai_is_held)

    # Open

    def test_it_opens_when_it_cannot_hold_and_says_so_once_to_the_owner(self):
        def overdue():
            self.gate.review_date = self.today - timedelta(days=29)

        def failing():
            alert = self.env["ai.deployment.alert"]._raise(self.gate, "broken:monitor", name="It failed")
            alert.opened_date = clock.now() - timedelta(days=29)

        def no_version():
            self.gate.assignment_ids.end_date = clock.now()

        def suspended():
            self.gate.action_suspend()

        def retired():
            self.gate._retire("Another way was found.")

        for step in (overdue, failing, no_version, suspended, retired):
            with self.subTest(why=step.__name__), self.undone():
                step()
                bills = self.make_bill() + self.make_bill(100)
                for bill in bills:
                    bill.action_post()
                self.assertEqual(self.kinds(bills), ["opened", "opened"])
                self.assertTrue(all(self.events_of(bills).mapped("note")))
                self.assertIn("as the gate is open", bills[0].message_ids[0].body)
                alert = self.env["ai.deployment.alert"].search([("cause", "=", "gate:open")])
                self.assertEqual((len(alert), alert.state), (1, "firing"))

    def test_no_report_for_too_long_opens_it(self):
        since = clock.now() - timedelta(days=40)
        self.gate.assignment_ids.start_date = since
        self.assertFalse(self.gate._gate_is_open_because())
        with clock.at(since):
            self.gate._score(self.make_bill(7))
        self.assertIn("no report", self.gate._gate_is_open_because())
        self.gate.gate_stale_days = 0
        self.assertFalse(self.gate._gate_is_open_because())

    def test_the_alert_is_over_when_it_holds_again(self):
        self.gate.action_suspend()
        self.make_bill().action_post()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "gate:open")])
        alert._end_open_gate()
        self.assertEqual(alert.state, "firing")
        self.gate.state = "production"
        for step in self.env["ai.deployment.alert"]._daily_steps():
            step()
        self.assertEqual(alert.state, "resolved")
        with self.stopped():
            self.make_bill().action_post()

    def test_another_one_in_production_stands_in_for_one_that_was_switched_off(self):
        self.gate.action_suspend()
        other = self.gate.copy({"name": "Another", "review_date": self.gate.review_date, "gate": "block"})
        approve(other)
        card = self.gate.champion_id._card()
        self.serve(other, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        other.state = "shadow"
        other._score(self.make_bill(1))
        other.state = "production"
        self.assertEqual(self.env["ai.deployment"]._gates_of(self.env.company), other)
        bill = self.make_bill()
        with self.stopped():
            bill.action_post()
        self.assertEqual(self.events_of(bill).deployment_id, other)

    def damage(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [self.gate.champion_id.id],
        )
        self.env.invalidate_all()

    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def test_what_cannot_be_scored_is_posted_or_held_as_chosen(self):
        self.damage()
        bill = self.make_bill()
        bill.action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["opened"]))
        self.assertIn("could not be scored", bill.message_ids[0].body)
        self.gate.gate_unavailable = "closed"
        held = self.make_bill(100)
        with self.stopped("The version is damaged"):
            held.action_post()
        self.assertEqual(self.kinds(held), ["held"])
        self.pass_(held)
        self.assertEqual((held.state, self.kinds(held)), ("posted", ["held", "passed"]))

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.gate.account_move_posting")
    def test_where_the_database_has_no_room_bills_are_posted_or_refused_as_chosen(self):
        self.env.cr.execute(
            "CREATE FUNCTION pg_temp.full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;"
            " CREATE TRIGGER full_disk BEFORE INSERT ON ai_deployment_inference"
            " FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.full_disk()"
        )
        bill = self.make_bill()
        bill.action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["opened"]))
        self.assertIn("no room", self.events_of(bill).note)
        self.gate.gate_unavailable = "closed"
        held = self.make_bill()
        with self.stopped("no room", "Try again later"):
            held.action_post()
        self.assertEqual(held.state, "draft")

    # The auto-post job

    def test_the_nightly_posting_leaves_held_bills_alone(self):
        clean, risky = self.make_bill(100, auto_post="at_date"), self.make_bill(auto_post="at_date")
        messages = risky.message_ids
        for _night in range(3):
            with self.enter_registry_test_mode():
                self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()
            self.env.invalidate_all()
        self.assertEqual((clean.state, risky.state), ("posted", "draft"))
        self.assertEqual(risky.message_ids, messages)
        self.assertEqual(self.kinds(risky), ["held"])
        self.assertFalse(risky.is_manually_modified)
        self.look(risky)
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(risky.state, "posted")

    def test_only_the_search_of_the_job_passes_over_them(self):
        from odoo.addons.ai_deployment.models.gate.account_move_posting import leaving_out

        bill = self.make_bill()
        with leaving_out(bill.ids):
            self.assertTrue(self.env["account.move"].search([("id", "=", bill.id), ("state", "=", "draft")]))

    def test_an_imported_bill_that_is_held_stays_as_a_draft_with_a_note(self):
        self.vendor.autopost_bills = "always"
        bill = self.make_bill()
        bill._autopost_bill()
        self.assertEqual(bill.state, "draft")
        self.assertIn("Not posted", bill.message_ids[0].body)

    # Waivers

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

    # Passing

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
        with self.assertRaisesRegex(UserError, "You made this bill"):
            self.pass_(bill)
        with self.assertRaises(AccessError):
            self.gate.with_user(self.gate_owner).gate_maker_may_pass = True
        self.gate.with_user(self.manager).gate_maker_may_pass = True
        self.pass_(bill)
        self.assertTrue(self.events_of(bill)[-1].is_maker)

    def test_nobody_writes_the_log_of_the_gate(self):
        bill = self.make_bill()
        self.pass_(bill)
        values = {
            "deployment_id": self.gate.id,
            "company_id": self.env.company.id,
            "res_model": "account.move",
            "res_id": bill.id,
            "date": clock.now(),
            "kind": "passed",
            "user_id": self.cleo.id,
        }
        event = self.events_of(bill)
        for person in (self.cleo, self.gate_owner, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login):
                with self.assertRaises(AccessError):
                    event.with_user(person).write({"note": "Other"})
                with self.assertRaises(AccessError):
                    event.with_user(person).unlink()
                with self.assertRaises(AccessError):
                    event.with_user(person).create(values)
        with self.assertRaises(AccessError):
            event.sudo().write({"note": "Other"})

    # Settings

    def test_only_the_owner_or_an_administrator_changes_the_gate(self):
        with self.assertRaises(AccessError):
            self.gate.with_user(self.gate_deputy).gate = "off"
        self.gate.with_user(self.gate_owner).gate = "warn"
        self.gate.with_user(self.manager).gate = "off"

    def test_only_bills_have_a_gate_and_figures_make_sense(self):
        with self.assertRaisesRegex(ValidationError, "Only bills"):
            self.deployment.gate = "block"
        self.assertEqual(self.gate.copy().gate, "off")

    # Shown

    def test_the_banner_says_it_and_leads_to_the_review(self):
        bill = self.make_bill()
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())
        with self.stopped():
            bill.action_post()
        alert = bill.with_user(self.ann)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["level"], "danger")
        self.assertNotIn("action", alert)
        self.assertNotIn("unusual", alert["message"])
        alert = bill.with_user(self.ben)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["action"]["res_id"], self.review_of(bill).id)
        self.assertIn("Looks unusual", alert["message"])
        self.look(bill)
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())

    def test_the_filter_finds_what_the_button_holds(self):
        held, clean, released = self.make_bill(), self.make_bill(100), self.make_bill()
        bills = held + clean + released
        self.gate._score(bills)
        self.look(released)
        moves = self.env["account.move"].with_user(self.ann)
        mine = [("id", "in", bills.ids)]
        self.assertEqual(moves.search([*mine, ("ai_is_held", "=", True)]), held)
        self.assertEqual(moves.search([*mine, ("ai_is_held", "=", False)], order="id"), clean + released)
        self.assertEqual(bills.mapped("ai_is_held"), [True, False, False])
        self.gate.gate = "warn"
        self.env.invalidate_all()
        self.assertFalse(moves.search([*mine, ("ai_is_held", "=", True)]))

    # What it costs

    def queries(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        call()  # rights, rules and translations are warm
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_customer_invoices_cost_no_query_more(self):
        def invoices():
            return self.env["account.move"].union(*(self.make_bill(100, "out_invoice") for _i in range(3)))

        invoices()._post()  # sequences and caches are warm
        asked = []
        gates = type(self.env["ai.deployment"])._gates_of
        with patch.object(type(self.env["ai.deployment"]), "_gates_of", lambda s, c: asked.append(c) or gates(s, c)):
            move = invoices()
            move._post()
        self.assertFalse(asked)
        draft = self.make_bill(100, "out_invoice").with_user(self.ann)
        self.assertEqual(
            self.queries(lambda: draft.read(["state", "move_type", "ai_is_held"])),
            self.queries(lambda: draft.read(["state", "move_type"])),
        )

    def test_the_form_of_a_bill_costs_two_queries_more_at_most(self):
        bill = self.make_bill()
        self.gate._score(bill)
        with_gate = self.queries(lambda: bill.with_user(self.ann).read(["alerts", "ai_is_held"]))
        with patch.object(type(self.env["ai.deployment"]), "_gate_verdicts", lambda self, bills: {}):
            without = self.queries(lambda: bill.with_user(self.ann).read(["alerts", "ai_is_held"]))
        self.assertLessEqual(with_gate - without, 2)

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


@tagged("post_install", "-at_install")
class TestWaysAround(GateCase):
    """Ways to post that change the bill, its maker or the deployment first."""

    def held_bill(self, **values):
        bill = self.make_bill(ref="Held", **values)
        with self.stopped():
            bill.with_user(self.ann).action_post()
        self.assertEqual(self.kinds(bill), ["held"])
        return bill

    def post(self, bill):
        bill.with_user(self.ann).action_post()
        self.end_transaction(committed=True)

    # Leaving the filter. Each gets a held bill and takes it out of what the gate looks at.

    def leave_by_date(self, bill):
        bill.with_user(self.ann).write({"date": self.today - timedelta(days=400)})

    def leave_by_bill_date(self, bill):
        day = self.today - timedelta(days=400)
        bill.with_user(self.ann).write({"invoice_date": day, "date": day})

    def leave_by_journal(self, bill):
        bill.journal_id = self.env["account.journal"].create(
            {"name": "Other bills", "code": "OB", "type": "purchase", "company_id": self.env.company.id}
        )

    def leave_by_partner(self, bill):
        bill.with_user(self.ann).partner_id = self.other_vendor

    def leave_by_currency(self, bill):
        bill.with_user(self.ann).currency_id = self.other_currency

    def leave_by_kind(self, bill):
        bill.with_user(self.ann).action_switch_move_type()

    def leave_by_company(self, bill):
        bill.with_context(dynamic_unlink=True).write(
            {"line_ids": [Command.clear()], "journal_id": self.other_journal.id}
        )
        bill.invoice_line_ids = [Command.create({"name": "Line", "quantity": 1, "price_unit": 20000, "tax_ids": []})]

    def leave_by_filter_of_the_deployment(self, bill):
        self.gate.with_user(self.gate_owner).sudo().domain = "[('ref', '=', 'Nothing')]"

    def leave_by_another_version(self, bill):
        self.serve(self.gate, self.calm_card())

    def calm_card(self):
        """A card to which no bill is unusual."""
        card = self.card(names=["expected_revenue"], low=-3.0, high=-3.0)
        card.features[0].__dict__["name"] = "amount_untaxed"
        return type(card)(card.features, card.intercept, card.calibration, card.score_bins)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currencies = cls.env["res.currency"].with_context(active_test=False)
        cls.other_currency = currencies.search([("id", "!=", cls.env.company.currency_id.id)], limit=1)
        cls.other_currency.active = True
        cls.other_company = cls.env["res.company"].create({"name": "Next door"})
        cls.env["account.chart.template"].try_loading("generic_coa", cls.other_company, install_demo=False)
        cls.env.user.company_ids += cls.other_company
        (cls.ann + cls.ben + cls.cleo).company_ids += cls.other_company
        cls.other_journal = cls.env["account.journal"].search(
            [("company_id", "=", cls.other_company.id), ("type", "=", "purchase")], limit=1
        )
        cls.gate.domain = repr(
            [
                ("date", ">=", str(cls.today - timedelta(days=300))),
                ("journal_id.code", "!=", "OB"),
                ("partner_id.name", "=", "Vendor"),
                ("currency_id", "=", cls.env.company.currency_id.id),
                ("move_type", "=", "in_invoice"),
            ]
        )
        cls.env.flush_all()

    def leaves(self):
        return [name for name in dir(self) if name.startswith("leave_")]

    def test_what_was_held_stays_held_until_somebody_looked(self):
        for name in self.leaves():
            with self.subTest(way=name), self.undone():
                bill = self.held_bill()
                getattr(self, name)(bill)
                self.env.flush_all()
                try:
                    with self.env.cr.savepoint():
                        self.post(bill)
                except UserError as error:
                    self.assertIsInstance(error, GateHeld, name)
                    self.end_transaction()
                self.assertEqual(bill.state, "draft", name)
                self.assertTrue(bill.ai_is_held, name)
                review = self.review_of(bill)
                self.assertEqual(review.state, "open", name)
                if name == "leave_by_company":
                    self.pass_(bill)
                else:
                    review.with_user(self.ben)._answer_truth("negative")
                    self.post(bill)
                self.assertEqual(bill.state, "posted", name)
                self.assertIn(self.kinds(bill)[-1], ("posted", "passed"), name)

    def test_what_is_held_stays_a_bill(self):
        bill = self.held_bill()
        for kind in ("entry", "out_invoice"):
            with self.subTest(kind=kind), self.assertRaisesRegex(UserError, "it stays a bill"):
                bill.with_user(self.ann).move_type = kind
        clean = self.make_bill(100)
        clean.move_type = "entry"
        self.assertEqual(clean.move_type, "entry")

    def test_what_the_filter_leaves_out_is_noted_when_it_is_posted(self):
        for mode in ("block", "warn"):
            self.gate.gate = mode
            bill = self.make_bill(partner_id=self.other_vendor.id)
            self.post(bill)
            self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["outside"]))
        self.gate.action_suspend()
        bill = self.make_bill(partner_id=self.other_vendor.id)
        self.post(bill)
        self.assertEqual(self.kinds(bill), ["outside"])
        self.gate.gate = "off"
        bill = self.make_bill(partner_id=self.other_vendor.id)
        self.post(bill)
        self.assertFalse(self.events_of(bill))

    def test_a_bill_of_another_company_that_was_never_held_is_none_of_this_gate(self):
        bill = self.make_bill(company_id=self.other_company.id, journal_id=self.other_journal.id)
        bill.action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", []))

    def test_corrected_by_the_same_version_is_posted_and_the_log_says_so(self):
        bill = self.held_bill()
        bill.with_user(self.ann).invoice_line_ids.price_unit = 100
        self.post(bill)
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["held", "posted"]))

    def test_released_before_it_left_is_not_released_afterwards(self):
        bill = self.held_bill()
        self.look(bill)
        bill.with_user(self.ann).write({"invoice_date": self.today - timedelta(days=400)})
        self.leave_by_date(bill)
        bill.with_user(self.ann).invoice_line_ids.price_unit = 2_000_000
        with self.stopped():
            bill.with_user(self.ann).action_post()

    def test_the_nightly_posting_leaves_held_bills_of_another_company_alone(self):
        bill = self.held_bill()
        self.leave_by_company(bill)
        bill.auto_post = "at_date"
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(bill.state, "draft")

    def test_a_bill_of_a_branch_on_the_journal_of_its_parent(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self.env.cr.precommit.run()  # its accounts are those of the company above
        self.env.user.company_ids += branch
        (self.ann + self.ben).company_ids += branch
        bill = self.make_bill(company_id=branch.id, ref="Branch")
        self.assertEqual((bill.company_id, bill.journal_id.company_id), (branch, self.env.company))
        with self.stopped("Branch"):
            bill.with_user(self.ann).with_context(allowed_company_ids=branch.ids).action_post()
        self.assertEqual((bill.state, self.kinds(bill)), ("draft", ["held"]))
        self.assertTrue(bill.ai_is_held)
        self.look(bill)
        self.post(bill)
        self.assertEqual((bill.state, self.kinds(bill)), ("posted", ["held", "posted"]))
        small = self.make_bill(100, company_id=branch.id)
        self.post(small)
        self.assertEqual((small.state, self.kinds(small)), ("posted", []))

    # Editing first

    def test_editing_then_answering_then_posting(self):
        bill = self.held_bill()
        bill.with_user(self.ben).invoice_line_ids.price_unit = 91434
        self.gate._score(bill)
        with self.assertRaises(AccessError):
            self.review_of(bill).with_user(self.ben)._answer_truth("negative")
        with self.stopped():
            bill.with_user(self.ben).action_post()

    def test_editing_then_passing_then_posting(self):
        bill = self.held_bill()
        bill.with_user(self.cleo).invoice_line_ids.price_unit = 91434
        with self.assertRaisesRegex(UserError, "You made this bill"):
            self.pass_(bill)
        with self.stopped():
            bill.with_user(self.cleo).action_post()

    def test_leaving_costs_no_statement_per_bill(self):
        def cost(count):
            bills = self.env["account.move"].union(
                *(self.make_bill(100, partner_id=self.other_vendor.id, ref=f"{n}") for n in range(count))
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            bills._post()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        def more(count):
            self.gate.gate = "off"
            cost(count)
            off = cost(count)
            self.gate.gate = "block"
            cost(count)
            return cost(count) - off

        self.assertLessEqual(more(6), more(2) + 2)


@tagged("post_install", "-at_install")
class TestPostingOverRpc(HttpCase, GateCase):
    """Through HTTP, where an error rolls the transaction back for real and the hooks run by themselves."""

    def call(self, bill, method, *args, **context):
        self.env.flush_all()
        self.authenticate("gate_ann", "gate_ann")
        try:
            return self.make_jsonrpc_request(
                f"/web/dataset/call_kw/account.move/{method}",
                {"model": "account.move", "method": method, "args": [bill.ids, *args], "kwargs": {"context": context}},
            )
        finally:
            self.env.invalidate_all()

    def test_a_blocked_poster_gets_a_review_that_exists(self):
        for method, args in (("action_post", ()), ("write", ({"state": "posted"},))):
            with self.subTest(method=method):
                bill = self.make_bill(ref=method)
                with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, r"odoo\.exceptions\.UserError"):
                    self.call(bill, method, *args)
                self.assertEqual(bill.state, "draft")
                self.assertEqual((self.review_of(bill).state, self.review_of(bill).reviewer_id), ("open", self.ben))
                self.assertEqual(self.kinds(bill), ["held"])
                self.assertEqual(self.inferences_of(bill, self.gate).user_id, self.ann)

    def test_a_forged_context_opens_nothing(self):
        bill = self.make_bill()
        keys = ("ai_deployment_left_out", "ai_gate", "ai_passed", "force", "install_mode", "skip_readonly_check")
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.call(bill, "action_post", **dict.fromkeys(keys, True))
        self.assertEqual(bill.state, "draft")

    def test_private_doors_are_shut(self):
        bill = self.make_bill()
        for method in ("_post", "_ai_stop_at_gate", "_ai_held_now"):
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self.call(bill, method)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.call(bill, "create", {"move_type": "in_invoice", "state": "posted", "partner_id": self.vendor.id})
        self.assertEqual(bill.state, "draft")

    def test_the_button_on_the_form_tells_in_a_dialog(self):
        bill = self.make_bill()
        action = self.call(bill, "action_post", disable_abnormal_invoice_detection=False)
        self.assertEqual(action["res_model"], "ai.deployment.gate.held")
        self.assertEqual(self.review_of(bill).reviewer_id, self.ben)
