"""Bills at the gate: nothing becomes posted past `write`, so that is where they are judged.

`_post` writes the state after all of Odoo's own checks, and whoever does not come through `_post` writes it as well. So
one place holds for the button, the wizard, RPC, imports, server actions, crons and other modules alike, and no mark
says "judged already" that a caller could set.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ..documents.account_move import PURCHASE_TYPES
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.existence import has_any
from ..tools.trust import own
from . import gate_sql, gates, held_bills, wording
from .held_bills import HeldBills
from .posted_bills import TOLD, PostedBills

# What may be written together with the state: more would be judged as it was before. (An import writes the id as well.)
WITH_STATE = {"checked", "id", "is_manually_modified", "posted_before", "state"}
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
NOT_COMPARED = {"invoice_line_ids", "line_ids", "tax_totals"}


class AccountMove(models.Model):
    _inherit = "account.move"

    ai_is_held = fields.Boolean(
        "Held",
        compute="_compute_ai_is_held",
        search="_search_ai_is_held",
        copy=False,
        help="It cannot be posted before it has been reviewed.",
    )

    # Where nothing gets past

    @api.model_create_multi
    def create(self, vals_list):
        """Begin every entry as a draft, whatever a default says; judge what comes out posted all the same.

        Odoo refuses a move that is posted from the start only where the values say so. A default (of the context, of
        the user or of another module) would not be seen there.
        """
        with held_bills.noting_judged() as judged:
            moves = super().create([{"state": "draft", **vals} for vals in vals_list])
        for move, vals in zip(moves, vals_list, strict=True):
            move._ai_derive_again(vals)
        posted = moves.filtered(lambda move: move.state == "posted" and move.id not in judged)
        if bills := posted.filtered(lambda move: move.is_purchase_document(include_receipts=True)):
            HeldBills(bills).judge(gates.of_companies(bills.company_id))
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
        posted = PostedBills(watched if vals.get("state", "posted") == "posted" else self.browse())
        result = super().write(vals)
        self._ai_derive_again(vals)
        made._ai_note_maker()
        posted.judge_changes()
        return result

    def _ai_derive_again(self, vals):
        """Compute what `vals` claims though it follows from lines and vendor: Odoo takes it, up to the posting itself.

        A claimed total would make a bill too small to look at, and a claimed vendor one that a waiver covers.
        """
        bills = self.filtered(lambda move: move.move_type in PURCHASE_TYPES) if vals.keys() & DERIVED else self.browse()
        for name in DERIVED & vals.keys() if bills else ():
            self.env.add_to_compute(self._fields[name], bills)

    def _ai_stop_at_gate(self, vals):
        """Raise where some of these must not be posted; log what the gate let through and why."""
        bills = held_bills.to_post(self, vals.get("move_type"))
        asked = gates.of_bills(bills) if bills else ()
        if not asked:
            return
        self.check_access("write")  # who may not post learns nothing of why a bill is held, and leaves no trace
        if vals.keys() - WITH_STATE:
            raise UserError(self.env._("Post bills without changing other fields in the same step."))
        HeldBills(bills).judge(asked)
        held_bills.note_judged(bills)

    def _ai_refuse_posted_kind(self):
        posted = self.filtered(lambda move: move.state == "posted" and move.move_type not in PURCHASE_TYPES)
        if posted and gates.of_companies(posted.company_id):
            raise UserError(self.env._("A posted entry cannot become a bill."))

    def _ai_refuse_other_kind(self):
        """Raise where a held bill would become something that no gate looks at."""
        drafts = self.filtered(lambda move: move.state != "posted" and move.move_type in PURCHASE_TYPES)
        verdicts = gate_sql.verdicts(drafts)
        held = {key: one for key, one in verdicts.items() if one.gate == "block" and (one.is_held or one.was_held)}
        if held:
            raise UserError(
                self.env._(
                    "%s is held: it stays a bill until it has been reviewed.",
                    ", ".join(bill.ref or bill.display_name for bill in self.browse(held)[: wording.NAMED].sudo()),
                )
            )

    # Who wrote what is judged

    def _ai_made_by(self, vals):
        """Return those of these bills whose amounts, vendor, bank account or lines `vals` changes."""
        names = MADE_OF & vals.keys()
        if not names:
            return self.browse()
        return self.filtered(
            lambda move: (move.move_type in PURCHASE_TYPES or vals.get("move_type") in PURCHASE_TYPES)
            and any(name in NOT_COMPARED or self._field_will_change(move, vals, name) for name in names)
        )

    def _ai_note_maker(self):
        """Note the current user as a maker of these bills, who neither judges nor passes them.

        Who created them is known anyway.
        """
        me = self.env.uid
        bills = self.filtered(lambda move: move.move_type in PURCHASE_TYPES and move.create_uid.id != me)
        self.env["ai.deployment.edit"]._note(bills)

    # People post

    def action_post(self):
        """Show a held bill of the form in a dialog: nothing is rolled back, so its review is there at once."""
        self.check_access("write")
        detects = not self.env.context.get("disable_abnormal_invoice_detection", True)
        if not detects or not held_bills.meet_a_gate(self):
            return super().action_post()
        result, held = HeldBills(self).attempt(super().action_post)
        return wording.held_action(self.sudo(), held) if held else result

    def action_validate_moves_with_confirmation(self):
        """Post the clean bills of the list, and show the held ones."""
        self.check_access("write")
        drafts = self.filtered(lambda move: move.state == "draft" and move.line_ids)
        held = {}
        if held_bills.meet_a_gate(self):
            held = HeldBills(drafts - drafts._get_moves_requiring_confirmation()).now()
        if not held:
            return super().action_validate_moves_with_confirmation()
        rest = drafts - self.browse(held)
        following = super(AccountMove, rest).action_validate_moves_with_confirmation() if rest else False
        return wording.held_action(self.sudo(), held, following)

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
        """Leave an imported bill that is held as a draft; raising would lose the bill with it."""
        if not held_bills.meet_a_gate(self):
            return super()._autopost_bill()
        result, held = HeldBills(self).attempt(super()._autopost_bill)
        if held:
            own(self).message_post(body=wording.held_text(self.sudo(), held))
        return result

    def _autopost_draft_entries(self, batch_size=100):
        """Leave held bills out of the nightly posting, instead of a comment on each of them every night."""
        due = self.browse()
        if has_any(self.env["ai.deployment"].sudo(), [("gate", "=", "block")]):
            due = self.search(
                Domain("state", "=", "draft")
                & Domain("date", "<=", fields.Date.context_today(self))
                & Domain("auto_post", "!=", "no")
                & Domain("move_type", "in", PURCHASE_TYPES)
            )
        with held_bills.leaving_out(HeldBills(due).now()):
            return super()._autopost_draft_entries(batch_size)

    def _search(self, domain, *args, **kwargs):
        if left_out := held_bills.left_out():
            asked = {condition.field_expr for condition in Domain(domain).iter_conditions()}
            if asked == {"state", "date", "auto_post"}:  # the search of the job itself, no other below it
                domain = Domain(domain) & Domain("id", "not in", left_out)
        return super()._search(domain, *args, **kwargs)

    # Shown

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "ai_is_held":
            return SQL(
                "(%s = 'draft' AND %s)",
                super()._field_to_sql(alias, "state", query),
                gate_sql.StatusSql(self.env, alias).is_held(),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _search_ai_is_held(self, operator, value):
        gate_sql.flush(self.browse())
        return self._search_by_score_column("ai_is_held", operator, value)

    @api.depends("state", "move_type")
    def _compute_ai_is_held(self):
        self.ai_is_held = False
        bills = self._ai_drafts_of_bills()
        for move_id, verdict in gate_sql.verdicts(bills).items():
            bills.browse(move_id).ai_is_held = verdict.is_blocked

    def _ai_answer_effects(self):
        """Say on the desk that an answer keeps a held bill on hold, or lets it be posted and so be paid."""
        self.ensure_one()
        verdict = gate_sql.verdicts(self._ai_drafts_of_bills()).get(self.id)
        if not verdict or not verdict.is_blocked:
            return {}
        amount = format_amount(self.env, self.amount_total, self.currency_id)
        question = self.env._(
            "Release %(bill)s of %(amount)s? It can be posted and paid then.", bill=self.display_name, amount=amount
        )
        return {
            "positive": {"label": self.env._("Really unusual: keep on hold")},
            "negative": {"label": self.env._("Fine: release"), "confirm": question},
        }

    def _ai_drafts_of_bills(self):
        """Return the stored bills behind these records that are drafts and that the user may read."""
        return readable_origin(self).filtered(lambda move: move.state == "draft" and move.move_type in PURCHASE_TYPES)

    def _get_alerts(self):
        """Add to the banners of a draft that it is held, or that a colleague is asked about it."""
        alerts = super()._get_alerts()
        bill = self._ai_drafts_of_bills()
        verdict = gate_sql.verdicts(bill).get(bill.id) if bill else None
        if verdict and (verdict.is_held or verdict.review_state == "open"):
            alerts["ai_deployment_gate"] = wording.banner(self.sudo().env, verdict)
        return alerts
