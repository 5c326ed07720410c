"""Bills at the gate: every way to post one, what is kept of it, who may pass, and what it costs."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.gate import gates, held_bills
from odoo.addons.ai_deployment.models.gate.held_bills import GateHeld
from odoo.addons.ai_deployment.tests.gate.common import GateCase

CARELESS = """
try:
    record.action_post()
except Exception:
    pass
"""


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
        with self.assertRaisesRegex(UserError, "without changing other fields"):
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
        bill = self.make_bill()
        with held_bills.leaving_out(bill.ids):
            self.assertTrue(self.env["account.move"].search([("id", "=", bill.id), ("state", "=", "draft")]))

    def test_an_imported_bill_that_is_held_stays_as_a_draft_with_a_note(self):
        self.vendor.autopost_bills = "always"
        bill = self.make_bill()
        bill._autopost_bill()
        self.assertEqual(bill.state, "draft")
        self.assertIn("Not posted", bill.message_ids[0].body)

    def test_customer_invoices_cost_no_query_more(self):
        def invoices():
            return self.env["account.move"].union(*(self.make_bill(100, "out_invoice") for _i in range(3)))

        invoices()._post()  # sequences and caches are warm
        asked = []
        find = gates.of_companies
        with patch.object(gates, "of_companies", lambda companies: asked.append(companies) or find(companies)):
            move = invoices()
            move._post()
        self.assertFalse(asked)
        draft = self.make_bill(100, "out_invoice").with_user(self.ann)
        self.assertEqual(
            self.queries(lambda: draft.read(["state", "move_type", "ai_is_held"])),
            self.queries(lambda: draft.read(["state", "move_type"])),
        )


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
        bill.invoice_line_ids = [
            Command.create({"name": "Log Line", "quantity": 1, "price_unit": 20000, "tax_ids": []})
        ]

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
        self.gate.suspend()
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
        with self.assertRaisesRegex(UserError, "You created this bill"):
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
        for method in ("_post", "_ai_stop_at_gate", "_ai_note_maker"):
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


@tagged("post_install", "-at_install")
class TestAnswersAboutHeldBills(GateCase):
    """On the desk, the two answers about a held bill say what happens, and what happened."""

    @property
    def desk(self):
        return self.env["ai.deployment.review"].with_user(self.ben)

    def test_the_answers_say_what_happens_and_releasing_is_asked_twice(self):
        bill = self.make_bill(ref="INV-8")
        self.gate._score(bill)
        buttons = self.desk.desk_card(self.review_of(bill).id)["buttons"]
        self.assertEqual(
            [button["label"] for button in buttons], ["Really unusual: keep on hold", "Fine: release", "Cannot Tell"]
        )
        keep, release, _unsure = buttons
        self.assertFalse(keep["confirm"])
        self.assertIn("20,000.00? It can be posted and paid then.", release["confirm"])

    def test_the_effect_is_told(self):
        kept, released = self.make_bill(), self.make_bill()
        self.gate._score(kept + released)
        told = self.desk.desk_decide(self.review_of(kept).id, "confirmed")["text"]
        self.assertTrue(told.endswith("It stays on hold."), told)
        told = self.desk.desk_decide(self.review_of(released).id, "overridden")["text"]
        self.assertTrue(told.endswith("Released: it can be posted now."), told)
        self.assertEqual([kept.ai_is_held, released.ai_is_held], [True, False])

    def test_on_a_bill_that_is_not_held_nothing_is_said(self):
        bill = self.make_bill()
        self.gate._score(bill)
        self.gate.gate = "off"
        self.env.invalidate_all()
        labels = [button["label"] for button in self.desk.desk_card(self.review_of(bill).id)["buttons"]]
        self.assertEqual(labels[:2], ["Right", "Wrong"])
