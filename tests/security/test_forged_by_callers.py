"""Known attacks: values forged by own defaults, checks and traces lifted by the context, computed fields written.

The generated tests of `test_ai_deployment_guarded_mixin` cover every model and field; these here say what an attacker
got by it.
"""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import api
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.account.models.account_move import AccountMove
from odoo.addons.ai_deployment.models.gate import gates
from odoo.addons.ai_deployment.models.gate.held_bills import GateHeld
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.gate.common import GateCase

WORD, FORGED = "A word", "State: go"  # of a person, so never translated
LIFTING = (
    "_force_unlink",
    "bypass_audit",
    "bypass_lock_check",
    "dynamic_unlink",
    "force_delete",
    "import_file",
    "install_mode",
    "mail_activity_automation_skip",
    "mail_activity_quick_update",
    "mail_auto_subscribe_no_notify",
    "mail_create_nolog",
    "mail_create_nosubscribe",
    "mail_notrack",
    "no_check",
    "noupdate",
    "prefetch_fields",
    "skip_readonly_check",
    "tracking_disable",
)


def own_defaults(user, model, **values):
    """What every internal user may do over RPC: keep a default for any field of any model."""
    for name, value in values.items():
        user.env["ir.default"].with_user(user).set(model, name, value, user_id=True)


@tagged("post_install", "-at_install")
class TestForgedBills(GateCase):
    def values(self, **values):
        return {
            "partner_id": self.vendor.id,
            "invoice_date": self.today,
            "invoice_line_ids": [
                Command.create({"name": "Log Line", "quantity": 1, "price_unit": 20000.0, "tax_ids": []})
            ],
            **values,
        }

    def test_a_bill_is_no_bill_posted_by_default(self):
        own_defaults(self.ann, "account.move", state="posted", move_type="in_invoice")
        bill = self.env["account.move"].with_user(self.ann).create(self.values())
        self.assertEqual((bill.move_type, bill.state), ("in_invoice", "draft"))
        with self.stopped("Not posted"):
            bill.action_post()

    def test_nor_by_a_default_of_the_context_beside_an_own_one(self):
        own_defaults(self.ann, "account.move", move_type="in_invoice")
        moves = self.env["account.move"].with_user(self.ann).with_context(default_state="posted")
        self.assertEqual(moves.create(self.values()).state, "draft")

    def test_nor_by_a_default_of_the_company(self):
        self.env["ir.default"].set("account.move", "state", "posted", company_id=True)
        self.env["ir.default"].set("account.move", "move_type", "in_invoice")
        bill = self.env["account.move"].with_user(self.ann).create(self.values())
        self.assertEqual((bill.move_type, bill.state), ("in_invoice", "draft"))

    def test_a_claimed_amount_or_vendor_is_computed_again(self):
        """Odoo writes a stored computed field where somebody names it, and computes it anew after posting only."""
        self.gate.gate_from_amount = 1000
        self.waive(partner_id=self.other_vendor.id)
        claims = [
            *(
                {name: 1.0}
                for name in ("amount_total", "amount_total_signed", "amount_untaxed", "amount_untaxed_signed")
            ),
            {"commercial_partner_id": self.other_vendor.id},
        ]
        for claim in claims:
            with self.subTest(claim=claim), self.undone():
                bill = self.make_bill().with_user(self.ann)
                bill.write(claim)
                self.env.flush_all()
                self.assertEqual((bill.amount_total_signed, bill.amount_untaxed), (-20000.0, 20000.0))
                self.assertEqual(bill.commercial_partner_id, self.vendor)
                with self.stopped("Not posted"):
                    bill.action_post()

    def test_a_rate_of_ones_own_makes_no_bill_small(self):
        other = self.env["res.currency"].with_context(active_test=False)
        other = other.search([("id", "!=", self.env.company.currency_id.id)], limit=1)
        other.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2020-01-01", "rate": 2.0, "company_id": self.env.company.id}
        )
        self.gate.gate_from_amount = 1000
        bill = self.make_bill(currency_id=other.id).with_user(self.ann)
        bill.invoice_currency_rate = 1_000_000.0
        with self.stopped("Not posted"):
            bill.action_post()
        small = self.make_bill(1500.0, currency_id=other.id).with_user(self.ann)
        small.action_post()
        self.assertEqual(small.state, "posted")

    def test_a_posted_bill_does_not_become_another_one(self):
        """What was small enough is raised afterwards, or what somebody released goes to another account."""
        accounts = self.env["res.partner.bank"].create(
            [{"partner_id": self.vendor.id, "acc_number": f"BE{number}"} for number in range(2)]
        )
        amounts = (20000.0, -20000.0)

        def by_key_of_context(bill):
            lines = zip(bill.line_ids, amounts, strict=True)
            commands = [Command.update(line.id, {"balance": amount}) for line, amount in lines]
            bill.with_context(skip_readonly_check=True).write({"line_ids": commands})

        def by_lines(bill):
            for line, amount in zip(bill.line_ids, amounts, strict=True):
                line.with_context(check_move_validity=False).balance = amount

        for raise_it in (by_key_of_context, by_lines):
            with self.subTest(way=raise_it.__name__), self.undone():
                bill = self.make_bill(100.0).with_user(self.ann)
                bill.action_post()
                with self.stopped("Not posted"):
                    raise_it(bill)
        bill = self.make_bill(partner_bank_id=accounts[0].id)
        self.look(bill)
        bill = bill.with_user(self.ann)
        bill.action_post()
        for values in ({"partner_bank_id": accounts[1].id}, {"partner_id": self.other_vendor.id}):
            with self.subTest(values=values), self.undone(), self.stopped("Not posted"):
                bill.with_context(skip_readonly_check=True).write(values)
        bill.payment_reference = "The vendor's own"
        self.assertEqual(bill.state, "posted")

    def test_what_is_changed_of_a_clean_bill_afterwards_stands_in_the_log(self):
        accounts = self.env["res.partner.bank"].create(
            [{"partner_id": self.vendor.id, "acc_number": f"BE{number}"} for number in range(2)]
        )
        changes = {
            "Recipient Bank": lambda bill: bill.write({"partner_bank_id": accounts[1].id}),
            "Payment Reference": lambda bill: bill.write({"payment_reference": "Elsewhere"}),
            "Recipient Bank, of its account": lambda bill: accounts[0].write({"acc_number": "BE77"}),
        }
        for label, change in changes.items():
            with self.subTest(change=label), self.undone():
                bill = self.make_bill(100.0, partner_bank_id=accounts[0].id)
                bill.with_user(self.ann).action_post()
                before = self.kinds(bill)
                change(bill)
                [event] = self.events_of(bill)[len(before) :]
                self.assertEqual((event.kind, event.user_id), ("changed", self.env.user))
                self.assertIn(label.partition(",")[0], event.note)
                self.assertIn(event.note, bill.message_ids[0].body)
        with self.subTest("nothing changed, or paid already"), self.undone():
            bill = self.make_bill(100.0, partner_bank_id=accounts[0].id)
            bill.action_post()
            before = self.kinds(bill)
            bill.write({"partner_bank_id": accounts[0].id, "payment_reference": bill.payment_reference})
            accounts[0].acc_number = accounts[0].acc_number
            accounts[1].acc_number = "BE99"
            self.assertEqual(self.kinds(bill), before)

    def created_posted(self, amount):
        """A bill that another module posts while it is created, past `write`."""
        create = AccountMove.create

        @api.model_create_multi
        def post(self, vals_list):
            created = create(self, vals_list)
            created.flush_recordset()
            self.env.cr.execute("UPDATE account_move SET state = 'posted' WHERE id IN %s", [created._ids])
            created.invalidate_recordset(["state"])
            return created

        values = self.values(move_type="in_invoice")
        values["invoice_line_ids"][0][2]["price_unit"] = amount
        with patch.object(AccountMove, "create", post):
            return self.env["account.move"].with_user(self.ann).create(values)

    def test_what_comes_out_posted_all_the_same_goes_through_the_gate(self):
        with self.assertRaises(GateHeld), self.env.cr.savepoint():
            self.created_posted(20000.0)
        self.env.cr.postrollback.clear()
        self.env.cr.postcommit.clear()
        self.assertEqual(self.created_posted(100.0).state, "posted")

    def test_forged_answers_release_no_bill(self):
        """Routing asks nobody here: it is the gate that opens the review, in the transaction of who posts."""
        self.gate.review_rule_ids.write({"is_on": False})
        own_defaults(
            self.ann,
            "ai.deployment.review",
            state="decided",
            decision="overridden",
            ground_truth="negative",
            decided_by_id=self.ben.id,
            is_label=True,
        )
        bill = self.make_bill()
        for _try in range(2):
            with self.stopped("Not posted"):
                bill.with_user(self.ann).action_post()
        review = self.review_of(bill)
        self.assertEqual((review.state, review.decided_by_id, review.is_label), ("open", self.env["res.users"], False))

    def test_forged_answers_are_no_second_person(self):
        self.gate.four_eyes_amount = 1
        own_defaults(
            self.ben,
            "ai.deployment.review",
            state="decided",
            decision="overridden",
            ground_truth="negative",
            decided_by_id=self.cleo.id,
            is_label=True,
        )
        bill = self.make_bill()
        self.look(bill)
        self.assertTrue(
            all(not review.decided_by_id or review.decided_by_id == self.ben for review in self.reviews_of(bill))
        )

    def decoy(self, **values):
        """A deployment on bills, archived, in production and at the gate, as forging brought it in once."""
        decoy = self.make_deployment(
            name="Decoy",
            model_id=self.gate.model_id.id,
            method="anomaly",
            active=False,
            is_primary=True,
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        values = {"state": "production", "gate": "block", **values}
        sets = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute(f"UPDATE ai_deployment SET {sets} WHERE id = %s", [*values.values(), decoy.id])
        self.env.invalidate_all()
        return decoy

    def test_an_archived_deployment_opens_no_gate(self):
        for state in ("production", "suspended", "retired"):
            with self.subTest(state=state), self.undone():
                self.decoy(state=state)
                self.assertEqual(gates.of_companies(self.gate.company_id), self.gate)

    def test_nor_does_it_outrank_one_that_is_switched_off(self):
        self.decoy()
        self.gate.state = "suspended"
        self.assertEqual(gates.of_companies(self.gate.company_id), self.gate)

    def test_no_decoy_gets_there_by_default(self):
        own_defaults(self.gate_owner, "ai.deployment", state="production", active=False, gate="block")
        decoy = (
            self.env["ai.deployment"]
            .with_user(self.gate_owner)
            .create({"name": "Decoy", "purpose": "Mine.", "model_id": self.gate.model_id.id, "method": "anomaly"})
        )
        self.assertEqual(decoy.state, "poc")
        self.assertEqual(gates.of_companies(self.gate.company_id), self.gate)

    def test_a_gate_is_switched_with_a_trace(self):
        """Each key by itself, and all: what was switched off stands in the chatter."""
        for context in [{key: True} for key in LIFTING] + [dict.fromkeys(LIFTING, True)]:
            with self.subTest(context=context), self.undone():
                self.env.cr.precommit.clear()
                quiet = dict.fromkeys(self.env.context, False)
                self.gate.with_user(self.gate_owner).with_context(**{**quiet, **context}).write({"gate": "off"})
                self.env.flush_all()
                self.env.cr.precommit.run()
                self.assertIn("gate", self.gate.message_ids.tracking_value_ids.field_id.mapped("name"))
        self.env.cr.precommit.clear()

    def test_the_trace_is_not_removed_afterwards(self):
        quiet = dict.fromkeys(self.env.context, False)
        self.gate.with_user(self.gate_owner).with_context(**quiet).write({"gate": "off"})
        self.env.flush_all()
        self.env.cr.precommit.run()
        trace = self.gate.message_ids.filtered("tracking_value_ids")
        self.assertTrue(trace)
        self.gate_owner.group_ids += self.env.ref("ai_deployment.group_manager")
        for attempt in (
            lambda: trace.with_user(self.gate_owner).unlink(),
            lambda: trace.with_user(self.gate_owner).with_context(_force_unlink=True).unlink(),
            lambda: trace.with_user(self.gate_owner).write({"body": "Nothing happened", "message_type": "comment"}),
            lambda: self.gate.with_user(self.gate_owner).write({"message_ids": [Command.delete(trace.id)]}),
            lambda: self.gate.with_user(self.gate_owner).write({"message_ids": [Command.clear()]}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attempt()
            self.env.invalidate_all()
        self.assertTrue(trace.exists().tracking_value_ids)
        said = self.gate.with_user(self.gate_owner).message_post(body=WORD, message_type="comment")
        said.with_user(self.gate_owner).unlink()

    def test_nobody_writes_in_the_chatter_in_a_colleagues_name(self):
        gate, colleague = self.gate.with_user(self.gate_owner), self.ben.partner_id
        posted = gate.message_post(body=FORGED, message_type="notification", author_id=colleague.id)
        values = {"model": gate._name, "res_id": gate.id, "body": "State: go", "author_id": colleague.id}
        made = self.env["mail.message"].with_user(self.gate_owner).create({**values, "email_from": "ben@example.com"})
        for message in (posted, made):
            self.assertEqual(message.sudo().author_id, self.gate_owner.partner_id)
            self.assertNotIn("ben", message.sudo().email_from)


@tagged("post_install", "-at_install")
class TestForgedDeployments(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live = cls.make_deployment(name="Live", user_id=cls.owner.id, deputy_id=cls.deputy.id, is_primary=False)
        cls.serve(cls.live, cls.card())
        cls.live.state = "shadow"
        with clock.at(NOW):
            cls.live._score(cls.make_leads(1))
            cls.live.state = "production"
        cls.env.flush_all()

    def mine(self, user=None, **values):
        deployments = self.env["ai.deployment"].with_user(user or self.owner)
        return deployments.create({"name": "Mine", "purpose": "Mine.", "model_id": self.lead_model.id, **values})

    def test_no_deployment_begins_in_production(self):
        group = self.env.ref("base.group_user")
        own_defaults(
            self.owner,
            "ai.deployment",
            state="production",
            viewer_group_ids=[group.id],
            retention_days=1,
            is_primary=False,
            champion_id=self.version.id,
            has_edge_cases=True,
            shown_until="2099-01-01",
        )
        mine = self.mine().sudo()
        self.assertEqual((mine.state, mine.retention_days, mine.is_primary), ("poc", 730, True))
        self.assertFalse(mine.viewer_group_ids or mine.champion_id or mine.has_edge_cases)

    def test_an_administrator_is_not_caught_by_defaults_either(self):
        self.env["ir.default"].set("ai.deployment", "state", "production")
        self.manager.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.assertEqual(self.mine(self.manager).state, "poc")

    def test_what_comes_out_in_another_state_is_refused(self):
        deployments = self.env["ai.deployment"].with_user(self.owner)
        create = type(deployments)._create

        def production(self, data_list):
            for data in data_list:
                data["stored"]["state"] = "production"
            return create(self, data_list)

        with (
            patch.object(type(deployments), "_create", production),
            self.assertRaisesRegex(UserError, "starts as a proof of concept"),
            self.env.cr.savepoint(),
        ):
            self.mine()

    def test_no_row_of_a_checklist_is_met_by_default(self):
        own_defaults(
            self.owner,
            "ai.deployment.check",
            state="met",
            waived_until="2099-01-01",
            waiver_reason="Forged",
            signed_by_id=self.manager.id,
            note="Forged",
        )
        checks = self.mine().sudo().check_ids
        self.assertTrue(checks)
        self.assertNotIn("met", checks.mapped("state"))
        self.assertFalse(any(checks.mapped("waived_until")) or checks.signed_by_id or any(checks.mapped("note")))

    def test_nobody_signs_by_default(self):
        own_defaults(self.owner, "ai.deployment.signature", signed_date="2026-01-01 00:00:00", digest="forged")
        signature = (
            self.env["ai.deployment.signature"]
            .with_user(self.owner)
            .create({"deployment_id": self.deployment.id, "role": "legal", "user_id": self.reviewer.id})
        )
        self.assertFalse(signature.signed_date or signature.digest)
        self.assertEqual(signature.state, "open")

    def test_a_holdout_without_a_date_breaks_no_list(self):
        own_defaults(self.owner, "ai.deployment", holdout_share=0.5)
        self.assertFalse(self.mine().sudo().holdout_share)
        self.env["crm.lead"].with_user(self.seller).search([], order="ai_score desc")
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE ai_deployment SET holdout_share = 0.5 WHERE id = %s", [self.live.id])

    def test_the_sql_of_holdouts_is_total(self):
        """A database that has it from before: the row is not looked at."""
        self.env.cr.execute("ALTER TABLE ai_deployment DROP CONSTRAINT ai_deployment_holdout_has_started")
        self.env.cr.execute("UPDATE ai_deployment SET holdout_share = 0.5 WHERE id = %s", [self.live.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.env["crm.lead"].with_user(self.seller).search([], order="ai_score desc").mapped("ai_score")
        self.live._score(self.make_leads(1))

    # Keys of the context

    def removes(self, records, user):
        """Whether one of the keys, or all, let `user` remove `records`."""
        removed = []
        for context in [{}, *({key: True} for key in LIFTING), dict.fromkeys(LIFTING, True)]:
            savepoint = self.env.cr.savepoint()
            try:
                with mute_logger("odoo.sql_db"):
                    records.with_user(user).with_context(**context).unlink()
                removed += list(context) or ["none"]
            except (UserError, AccessError, psycopg2.Error):
                continue
            finally:
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        return removed

    def test_no_key_removes_what_is_kept(self):
        live, owner, manager = self.live, self.owner, self.manager
        signature = self.env["ai.deployment.signature"].create(
            {"deployment_id": live.id, "role": "legal", "user_id": self.reviewer.id}
        )
        signature.sudo().write({"signed_date": NOW, "digest": "x"})
        waiver_like = self.env["ai.deployment.check"].create(
            {"deployment_id": live.id, "name": "Own row", "requirement": "Something"}
        )
        kept = {
            "a row of the template": (live.check_ids[0], owner, manager),
            "an own row in production": (waiver_like, owner, manager),
            "a signed signature": (signature, owner, manager),
            "the owner's activity": (live.channel_ids.filtered(lambda c: c.kind == "activity"), owner, manager),
            "a deployment with a log": (live, owner, manager),
            "a decision": (live.approval_ids, owner, manager),
            "a step of its life": (live.transition_ids[0], owner, manager),
            "a version": (live.version_ids, owner, manager),
            "a user in the log": (
                self.env["ai.deployment.inference"].search([], limit=1).user_id,
                self.env.ref("base.user_admin"),
            ),
        }
        for what, (records, *users) in kept.items():
            for user in users:
                with self.subTest(what=what, user=user.login):
                    self.assertTrue(records)
                    self.assertEqual(self.removes(records, user), [])

    def test_nobody_chooses_why_a_step_was_taken(self):
        live = self.live.with_user(self.owner).with_context(ai_deployment_reason="Forged")
        live.suspend()
        self.assertFalse(self.live.transition_ids.sorted("id")[-1].reason)

    def test_an_activity_is_made_whatever_the_context_says(self):
        self.env["ai.deployment.channel"].search([("deployment_id", "=", self.live.id)])
        context = {"mail_activity_automation_skip": True, "tracking_disable": True}
        alerts = self.env["ai.deployment.alert"].with_user(self.owner).with_context(**context)
        alert = alerts._raise(self.live, "test", name="Something")
        self.assertTrue(alert.activity_ids)

    def test_uninstalling_still_removes(self):
        """Odoo itself may: its key counts where Odoo acts."""
        signature = self.env["ai.deployment.signature"].create(
            {"deployment_id": self.live.id, "role": "it", "user_id": self.reviewer.id}
        )
        signature.sudo().write({"signed_date": NOW, "digest": "x"})
        signature.with_context(_force_unlink=True).unlink()
        self.assertFalse(signature.exists())

    # Computed fields

    def test_nobody_brings_scores_back(self):
        for user in (self.owner, self.manager, self.deputy):
            for values in (
                {"shown_until": clock.today() + timedelta(days=9)},
                {"has_edge_cases": False},
                {"routing_thresholds": {}},
                {"unowned_date": False},
                {"fallback_since": False},
                {"accepted_by_id": user.id},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    self.live.with_user(user).write(values)


@tagged("post_install", "-at_install")
class TestForgedOverHttp(HttpCase, AiDeploymentCase):
    """The same through HTTP, where a context is JSON and nobody is a superuser."""

    def call(self, login, records, method, *args, **context):
        self.env.flush_all()
        self.authenticate(login, login)
        try:
            return self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{records._name}/{method}",
                {
                    "model": records._name,
                    "method": method,
                    "kwargs": {"context": context},
                    "args": [records.ids, *args] if records else list(args),
                },
            )
        finally:
            self.env.invalidate_all()

    def refused(self, *args, **context):
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.call(*args, **context)

    def test_computed_fields_are_not_written(self):
        for login in ("ai_owner", "ai_manager"):
            self.refused(login, self.deployment, "write", {"shown_until": "2099-01-01"})
            self.refused(login, self.deployment, "write", {"has_edge_cases": False})
            self.refused(login, self.deployment, "web_save", {"shown_until": "2099-01-01"}, {})

    def test_no_key_removes_a_row_of_the_checklist(self):
        check = self.deployment.check_ids[0]
        for login in ("ai_owner", "ai_manager"):
            self.refused(login, check, "unlink", _force_unlink=True)
        self.assertTrue(check.exists())

    def test_a_marker_of_the_addon_cannot_be_sent(self):
        for forged in (True, "OWN", {"OWN": 1}, [1]):
            self.call("ai_owner", self.deployment, "write", {"name": f"Renamed {forged}"}, tracking_disable=forged)
            self.env.cr.precommit.run()
        names = self.deployment.message_ids.tracking_value_ids.filtered(lambda value: value.field_id.name == "name")
        self.assertEqual(len(names), 4)

    def test_own_defaults_forge_no_deployment(self):
        self.call("ai_owner", self.env["ir.default"], "set", "ai.deployment", "state", "production", True)
        values = {"name": "Forged", "purpose": "Mine.", "model_id": self.lead_model.id}
        created = self.call("ai_owner", self.env["ai.deployment"], "create", [values])
        self.assertEqual(self.env["ai.deployment"].browse(created).state, "poc")
