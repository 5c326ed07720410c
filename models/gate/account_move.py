"""Bills at the gate: nothing becomes posted past `write`, so that is where they are looked at.

`_post` writes the state after all of Odoo's own checks, and whoever does not come through `_post` writes it as well. So
one place holds for the button, the wizard, RPC, imports, server actions, crons and other modules alike, and no mark
says "judged already" that a caller could set.

A held bill raises `GateHeld`. That takes along what scoring has just found, the review included, so it is found again
where it is kept: after the transaction, in one of its own (`_ai_keep_after`), or, where the caller can go on without
the bill, in this one (`_ai_try`).
"""

import logging
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..documents.account_move import PURCHASE_TYPES
from ..tools import faults
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.trust import own

_logger = logging.getLogger(__name__)

# What may be written together with the state: more would be judged as it was before. (An import writes the id as well.)
WITH_STATE = {"checked", "id", "is_manually_modified", "posted_before", "state"}
# Faults of the database after which bills are posted, or refused, as where a bill cannot be scored.
CANNOT_LOOK = {faults.DISK_FULL, faults.OUT_OF_MEMORY, faults.TOO_SLOW}
NAMED = 10  # held bills named in one message
PENDING = "ai_deployment.gate_pending"
TRIES = 3

# What of a bill is judged, or leads to it: whoever writes it has made the bill.
MADE_OF = {
    "company_id",
    "currency_id",
    "fiscal_position_id",
    "invoice_cash_rounding_id",
    "invoice_currency_rate",
    "invoice_date",
    "invoice_line_ids",
    "journal_id",
    "line_ids",
    "move_type",
    "partner_bank_id",
    "partner_id",
    "quick_edit_total_amount",
    "ref",
    "tax_totals",
}
# Stored, computed and judged: what somebody writes there is computed again.
DERIVED = {
    "amount_residual",
    "amount_residual_signed",
    "amount_tax",
    "amount_tax_signed",
    "amount_total",
    "amount_total_in_currency_signed",
    "amount_total_signed",
    "amount_untaxed",
    "amount_untaxed_in_currency_signed",
    "amount_untaxed_signed",
    "commercial_partner_id",
}
# What is owed to whom, and where it is paid to: a change after posting is judged again and stands in the log.
PAID = ("amount_total", "amount_untaxed", "currency_id", "partner_id", "partner_bank_id")
# What a payment or a report says about it: a change after posting stands in the log.
TOLD = ("payment_reference", "invoice_date", "date")
NOT_COMPARED = {"invoice_line_ids", "line_ids", "tax_totals"}

# Bills that the search of the auto-post job passes over; see `_autopost_draft_entries`.
_left_out = ContextVar("ai_deployment_left_out", default=())
# Ids of bills that were judged while other entries are created; see `AccountMove.create`.
_judged = ContextVar("ai_deployment_judged")


class GateHeld(UserError):
    """Bills are held. Carries their ids beside the sentence, and those of all that were judged together with them."""

    def __init__(self, message, move_ids, together=()):
        super().__init__(message)
        self.move_ids = tuple(move_ids)
        self.together = tuple({*move_ids, *together})


# The web client chooses the dialog by the name of the class: a held bill is a refusal like any other, no fault.
GateHeld.__module__, GateHeld.__name__ = UserError.__module__, UserError.__name__


@contextmanager
def leaving_out(move_ids):
    token = _left_out.set(tuple(move_ids))
    try:
        yield
    finally:
        _left_out.reset(token)


@contextmanager
def noting_judged():
    """Collect the ids of the bills that the gate judges within the block."""
    judged = set()
    token = _judged.set(judged)
    try:
        yield judged
    finally:
        _judged.reset(token)


class AccountMove(models.Model):
    _inherit = "account.move"

    ai_is_held = fields.Boolean(
        "Held",
        compute="_compute_ai_is_held",
        search="_search_ai_is_held",
        copy=False,
        help="It cannot be posted before somebody has looked at it.",
    )

    # Where nothing gets past

    @api.model_create_multi
    def create(self, vals_list):
        """Begin every entry as a draft, whatever a default says; judge what comes out posted all the same.

        Odoo refuses a move that is posted from the start only where the values say so. A default (of the context, of
        the user or of another module) would not be seen there.
        """
        with noting_judged() as judged:
            moves = super().create([{"state": "draft", **vals} for vals in vals_list])
        for move, vals in zip(moves, vals_list, strict=True):
            move._ai_derive_again(vals)
        posted = moves.filtered(lambda move: move.state == "posted" and move.id not in judged)
        if bills := posted.filtered(lambda move: move.is_purchase_document(include_receipts=True)):
            bills._ai_judge(self.env["ai.deployment"]._gates_of(bills.company_id))
        return moves

    def write(self, vals):
        if vals.get("state") == "posted":
            self._ai_stop_at_gate(vals)
        elif vals.get("move_type") in PURCHASE_TYPES:
            self._ai_refuse_posted_kind()
        elif "move_type" in vals:
            self._ai_refuse_other_kind()
        made = self._ai_made_by(vals)
        watched = made | self if vals.keys() & {*TOLD} else made
        paid = watched._ai_paid() if vals.get("state", "posted") == "posted" else {}
        result = super().write(vals)
        self._ai_derive_again(vals)
        made._ai_note_maker()
        self._ai_judge_again(paid)
        return result

    def _ai_paid(self):
        """{id of a posted bill at a gate: what is paid to whom}, for `_ai_judge_again`."""
        bills = self.filtered(lambda move: move.state == "posted" and move.move_type in PURCHASE_TYPES)
        if not bills or not self.env["ai.deployment"]._gates_for(bills):
            return {}
        return {bill.id: {name: bill[name] for name in PAID + TOLD} for bill in bills.sudo()}

    def _ai_judge_again(self, paid):
        """Judge posted bills that somebody has changed into others, as if they were posted now.

        Odoo forbids such changes on the form alone: a key in the context, or writing the lines, goes past that.

        :param paid: what `_ai_paid` gave before the change
        """
        bills = self.browse(paid).exists()
        now = bills._ai_paid() if bills else {}
        changed = {
            bill: [name for name in PAID + TOLD if paid[bill.id][name] != now[bill.id][name]]
            for bill in bills
            if bill.id in now
        }
        if judged := bills.filtered(lambda bill: {*PAID} & {*changed.get(bill, ())}):
            judged._ai_judge(self.env["ai.deployment"]._gates_for(judged))
        for bill, names in changed.items():
            if names:
                bill._ai_log_changed(names)

    def _ai_log_changed(self, names):
        """Keep in the gate's log, and in the chatter, that something was changed after these bills were posted.

        :param names: the fields that changed
        """
        labels = ", ".join(self._fields[name]._description_string(self.env) for name in names)
        note = self.env._("Changed after it was posted: %s", labels)
        for gate in self.env["ai.deployment"]._gates_for(self):
            bills = gate._gate_covered(self.sudo())
            self.env["ai.deployment.gate.event"]._log_plain(gate, "changed", bills, note=note)
            gate._gate_say(dict.fromkeys(bills.ids, note))

    def _ai_derive_again(self, vals):
        """Compute what `vals` claims though it follows from lines and vendor: Odoo takes it, up to the posting itself.

        A claimed total would make a bill too small to look at, and a claimed vendor one that a waiver covers.
        """
        bills = self.filtered(lambda move: move.move_type in PURCHASE_TYPES) if vals.keys() & DERIVED else self.browse()
        for name in DERIVED & vals.keys() if bills else ():
            self.env.add_to_compute(self._fields[name], bills)

    def _ai_stop_at_gate(self, vals):
        """Raise where some of these must not be posted; keep what the gate let through and why."""
        bills = self._ai_bills_to_post(vals.get("move_type"))
        gates = self.env["ai.deployment"]._gates_for(bills) if bills else ()
        if not gates:
            return
        self.check_access("write")  # who may not post learns nothing of why a bill is held, and leaves no trace
        if vals.keys() - WITH_STATE:
            raise UserError(self.env._("A bill is posted by itself: change the rest before."))
        bills._ai_judge(gates)
        _judged.get(set()).update(bills.ids)

    def _ai_judge(self, gates):
        """Raise `GateHeld` where one of `gates` holds some of these bills; else keep what it let through and why."""
        judged = [(gate, gate._gate_look(self)) for gate in gates]
        held = {}
        for gate, (_why, verdicts) in judged:
            held.update(gate._gate_holds(verdicts))
        if held:
            self._ai_keep_after(self.ids)
            raise GateHeld(self._ai_held_text(held), held, self.ids)
        for gate, (why, verdicts) in judged:
            gate._gate_let_through(self, why, verdicts)

    def _ai_bills_to_post(self, kind=None):
        return self.filtered(
            lambda move: move.state != "posted"
            and (kind in PURCHASE_TYPES or move.is_purchase_document(include_receipts=True))
        )

    def _ai_refuse_posted_kind(self):
        posted = self.filtered(lambda move: move.state == "posted" and move.move_type not in PURCHASE_TYPES)
        if posted and self.env["ai.deployment"]._gates_of(posted.company_id):
            raise UserError(self.env._("A posted entry cannot become a bill."))

    def _ai_refuse_other_kind(self):
        """What is held does not become something that no gate looks at."""
        drafts = self.filtered(lambda move: move.state != "posted" and move.move_type in PURCHASE_TYPES)
        verdicts = self.env["ai.deployment"]._gate_verdicts(drafts)
        held = {key: one for key, one in verdicts.items() if one.gate == "block" and (one.is_held or one.was_held)}
        if held:
            raise UserError(
                self.env._(
                    "%s is held: it stays a bill until somebody has looked at it.",
                    ", ".join(bill.ref or bill.display_name for bill in self.browse(held)[:NAMED].sudo()),
                )
            )

    # Who wrote what is judged

    def _ai_made_by(self, vals):
        """Those of these bills whose amounts, vendor, bank account or lines `vals` changes."""
        names = MADE_OF & vals.keys()
        if not names:
            return self.browse()
        return self.filtered(
            lambda move: (move.move_type in PURCHASE_TYPES or vals.get("move_type") in PURCHASE_TYPES)
            and any(name in NOT_COMPARED or self._field_will_change(move, vals, name) for name in names)
        )

    def _ai_note_maker(self):
        """The current user has made these bills: neither judges nor passes them. Who created them is known anyway."""
        me = self.env.uid
        bills = self.filtered(lambda move: move.move_type in PURCHASE_TYPES and move.create_uid.id != me)
        self.env["ai.deployment.edit"]._note(bills)

    def _ai_held_text(self, held):
        """The held bills by name, each with why and what to do.

        :param held: {id: Verdict}
        """
        gates = self.env["ai.deployment"].sudo()
        lines = [
            self.env._(
                "%(bill)s (%(vendor)s): %(why)s",
                bill=bill.ref or bill.display_name,
                vendor=bill.partner_id.display_name or self.env._("no vendor"),
                why=gates.browse(held[bill.id].deployment_id)._gate_sentence(held[bill.id]),
            )
            for bill in self.browse(held)[:NAMED].sudo()
        ]
        if len(held) > NAMED:
            lines.append(self.env._("… and %s more.", len(held) - NAMED))
        title = self.env._("Not posted, because somebody has to look at it before:")
        if len(held) > 1:
            title = self.env._("Not posted, because somebody has to look at them before:")
        return "\n".join([title, *lines])

    # Held bills keep their review, whatever becomes of the transaction

    def _ai_keep_after(self, move_ids):
        """When this transaction is over, score the bills once more, together as now, and keep what is held of them.

        Of two copies the second is held because of the first, so the first has to be judged with it again. Not before:
        another cursor would wait for rows that this transaction has written, and never get them. Whoever catches the
        error may still commit, so both ends are watched.
        """
        cr = self.env.cr
        who = (self.env.uid, tuple(self.env.companies.ids), self.env.lang)
        for hooks in (cr.postcommit, cr.postrollback):
            pending = hooks.data.setdefault(PENDING, {})
            if not pending:
                hooks.add(partial(_keep_pending, self.env.registry, pending))
            pending.setdefault(who, set()).update(move_ids)

    def _ai_held_now(self):
        """{id: Verdict} of those that would be held, with their reviews and the line in the log kept here."""
        bills, held = self._ai_bills_to_post(), {}
        for gate in self.env["ai.deployment"]._gates_for(bills) if bills else ():
            found = gate._gate_holds(gate._gate_look(bills)[1])
            gate._gate_keep(list(found.values()))
            held.update(found)
        return held

    def _ai_try(self, post):
        """(result of `post()`, {}), or (None, {id: Verdict} of those held) with nothing of it done but the reviews."""
        try:
            with self.env.cr.savepoint():
                return post(), {}
        except GateHeld as stop:
            for hooks in (self.env.cr.postcommit, self.env.cr.postrollback):
                for pending in hooks.data.get(PENDING, {}).values():
                    pending.difference_update(stop.together)
            held = self.browse(stop.together)._ai_held_now()
            if not held:  # posting itself would have changed it into what is held, such as by another date
                self._ai_keep_after(stop.together)
                raise
            return None, held

    # People post

    def action_post(self):
        """On the form, a held bill is told of in a dialog: nothing is rolled back, so its review is there at once."""
        self.check_access("write")
        detects = not self.env.context.get("disable_abnormal_invoice_detection", True)
        if not detects or not self._ai_meets_a_gate():
            return super().action_post()
        result, held = self._ai_try(super().action_post)
        return self._ai_show_held(held) if held else result

    def action_validate_moves_with_confirmation(self):
        """From the list, the clean ones are posted and the held ones shown."""
        self.check_access("write")
        drafts = self.filtered(lambda move: move.state == "draft" and move.line_ids)
        held = (drafts - drafts._get_moves_requiring_confirmation())._ai_held_now() if self._ai_meets_a_gate() else {}
        if not held:
            return super().action_validate_moves_with_confirmation()
        rest = drafts - self.browse(held)
        following = super(AccountMove, rest).action_validate_moves_with_confirmation() if rest else False
        return self._ai_show_held(held, following)

    def _ai_meets_a_gate(self):
        bills = self._ai_bills_to_post()
        return bool(bills and self.env["ai.deployment"]._gates_for(bills))

    def _ai_show_held(self, held, following=False):
        """The held ones in a dialog, or in a notification where another dialog follows."""
        text = self._ai_held_text(held)
        if following:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {"type": "warning", "sticky": True, "message": text, "next": following},
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Held"),
            "res_model": "ai.deployment.gate.held",
            "res_id": self.env["ai.deployment.gate.held"].sudo().create({"move_ids": list(held), "text": text}).id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_ai_pass_gate(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pass with a Reason"),
            "res_model": "ai.deployment.gate.pass",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    # Bills that post themselves

    def _autopost_bill(self):
        """An imported bill that is held stays a draft; raising would lose the bill with it."""
        if not self._ai_meets_a_gate():
            return super()._autopost_bill()
        result, held = self._ai_try(super()._autopost_bill)
        if held:
            own(self).message_post(body=self._ai_held_text(held))
        return result

    def _autopost_draft_entries(self, batch_size=100):
        """Held bills are left out of the nightly posting, instead of a comment on each of them every night."""
        due = self.browse()
        if self.env["ai.deployment"].sudo().search_count([("gate", "=", "block")], limit=1):
            due = self.search(
                Domain("state", "=", "draft")
                & Domain("date", "<=", fields.Date.context_today(self))
                & Domain("auto_post", "!=", "no")
                & Domain("move_type", "in", PURCHASE_TYPES)
            )
        with leaving_out(due._ai_held_now()):
            return super()._autopost_draft_entries(batch_size)

    def _search(self, domain, *args, **kwargs):
        if left_out := _left_out.get():
            asked = {condition.field_expr for condition in Domain(domain).iter_conditions()}
            if asked == {"state", "date", "auto_post"}:  # the search of the job itself, no other below it
                domain = Domain(domain) & Domain("id", "not in", left_out)
        return super()._search(domain, *args, **kwargs)

    # Shown

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "ai_is_held":
            return SQL(
                "(%s = 'draft' AND EXISTS (SELECT FROM (%s) gated WHERE gated.gate = 'block'"
                " AND gated.standing IN ('risky', 'unusual', 'unscored')))",
                super()._field_to_sql(alias, "state", query),
                self.env["ai.deployment"]._gate_sql(alias),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _search_ai_is_held(self, operator, value):
        self.env["ai.deployment"]._gate_flush(self.browse())
        return self._search_by_score_column("ai_is_held", operator, value)

    @api.depends("state", "move_type")
    def _compute_ai_is_held(self):
        self.ai_is_held = False
        bills = self._ai_drafts_of_bills()
        for move_id, verdict in self.env["ai.deployment"]._gate_verdicts(bills).items():
            bills.browse(move_id).ai_is_held = verdict.gate == "block" and verdict.is_held

    def _ai_drafts_of_bills(self):
        return readable_origin(self).filtered(lambda move: move.state == "draft" and move.move_type in PURCHASE_TYPES)

    def _get_alerts(self):
        """Above the form of a draft: that it is held, or that a colleague is asked about it."""
        alerts = super()._get_alerts()
        bill = self._ai_drafts_of_bills()
        verdict = self.env["ai.deployment"]._gate_verdicts(bill).get(bill.id) if bill else None
        if verdict and (verdict.is_held or verdict.review_state == "open"):
            alerts["ai_deployment_gate"] = self._ai_banner(verdict)
        return alerts

    def _ai_banner(self, verdict):
        gate = self.env["ai.deployment"].sudo().browse(verdict.deployment_id)
        blocks = verdict.is_held and verdict.gate == "block"
        if verdict.sees_review and verdict.is_held:
            message = gate._gate_sentence(verdict)
        elif verdict.sees_review:
            message = self.env._("A colleague is asked to look at it. It can be posted all the same.")
        elif blocks:
            message = self.env._("Somebody has to look at this bill before it is posted.")
        else:
            message = self.env._("A colleague is asked to look at this bill.")
        banner = {"level": "danger" if blocks else "warning" if verdict.is_held else "info", "message": message}
        if verdict.sees_review and verdict.review_id:
            banner["action_text"] = self.env._("Open the review")
            banner["action"] = {
                "type": "ir.actions.act_window",
                "res_model": "ai.deployment.review",
                "res_id": verdict.review_id,
                "views": [(False, "form")],
            }
        return banner


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _gate_look(self, bills):
        """(why this gate is open, {id: Verdict} of the bills it is for): one of them is empty."""
        self.ensure_one()
        why = self._gate_is_open_because()
        if why:
            return why, {}
        try:
            return "", self._gate_judge(bills)
        except faults.OF_THE_MOMENT as error:
            if faults.kind_of(error) not in CANNOT_LOOK or faults.is_aborted(self.env.cr):
                raise
            faults.log_fault(_logger, f"The gate of deployment {self.id} could not look at {len(bills)} bills", error)
            why = self.env._("The database has no room, no memory or no time to score bills.")
            if self.gate_unavailable != "open":
                raise UserError(self.env._("Not posted. %s Try again later.", why)) from error
            return why, {}

    def _gate_holds(self, verdicts):
        return {each.move_id: each for each in verdicts.values() if each.is_held and self.gate == "block"}

    def _gate_let_through(self, bills, why, verdicts):
        """Keep and say what is let through though it would be held, or could not be looked at."""
        log, by_standing = self.env["ai.deployment.gate.event"], {}
        if why:
            inside = self._gate_scope(bills.sudo())
            self._gate_stands_open(inside, why)
            log._log_plain(self, "outside", self._gate_covered(bills.sudo() - inside))
            return
        for verdict in verdicts.values():
            by_standing.setdefault("risky" if verdict.is_held else verdict.standing, []).append(verdict)
        log._log(self, "waived", by_standing.get("waived", ()))
        outside = [verdict.move_id for verdict in by_standing.get("outside", ())]
        log._log_plain(self, "outside", self.env["account.move"].browse(outside))
        quiet = [one for name in ("small", "clean", "released") for one in by_standing.get(name, ())]
        log._log(self, "posted", [verdict for verdict in quiet if verdict.was_held])
        if unscored := by_standing.get("opened"):
            log._log(self, "opened", unscored, note=self.env._("It could not be scored."))
            text = self.env._("Posted without a look: it could not be scored.")
            self._gate_say({each.move_id: text for each in unscored})
            self._tell_gate_is_open(self.env._("some could not be scored."))
        if risky := by_standing.get("risky"):
            self._gate_ask(risky)
            log._log(self, "warned", risky)
            self._gate_say(
                {each.move_id: self.env._("Posted with a warning: %s", self._gate_sentence(each)) for each in risky}
            )

    def _gate_stands_open(self, bills, why):
        """Said on each bill and kept; the owner hears of it once."""
        if not bills:
            return
        self.env["ai.deployment.gate.event"]._log_open(self, bills, why)
        self._gate_say(dict.fromkeys(bills.ids, self.env._("Posted without a look, as the gate is open: %s", why)))
        self._tell_gate_is_open(why)

    def _gate_say(self, texts):
        """:param texts: {bill id: what stands in its chatter}"""
        own(self.env["account.move"]).browse(texts)._message_log_batch(bodies=texts)


def _keep_pending(registry, pending):
    """Score held bills in a transaction of their own and keep what comes of it; never in the way of the caller."""
    for (uid, company_ids, lang), move_ids in pending.items():
        for attempt in range(TRIES if move_ids else 0):
            try:
                _keep(registry, uid, company_ids, lang, sorted(move_ids))
                break
            except TransactionRollbackError:  # somebody scored the same bills
                time.sleep(0.05 * (attempt + 1))
            except Exception:
                _logger.exception("The reviews of held bills could not be kept: %s", sorted(move_ids))
                break


def _keep(registry, uid, company_ids, lang, move_ids):
    with registry.cursor() as cr:
        cr.execute("SET LOCAL lock_timeout = '5s'")
        env = api.Environment(cr, uid, {"allowed_company_ids": list(company_ids), "lang": lang})
        env["account.move"].sudo().browse(move_ids).exists()._ai_held_now()
