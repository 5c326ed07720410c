"""Lines of bills: whoever writes one has made the bill, whichever way they came to it."""

from odoo import api, models

from ..documents.account_move import PURCHASE_TYPES
from .posted_bills import PostedBills

# What changes the amounts of a bill, or for what and to whom they are owed.
MADE_OF = {
    "account_id",
    "amount_currency",
    "balance",
    "credit",
    "currency_id",
    "debit",
    "deductible_amount",
    "discount",
    "display_type",
    "move_id",
    "name",
    "partner_id",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "tax_ids",
    "tax_line_id",
}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        moves = self.env["account.move"].browse({vals["move_id"] for vals in vals_list if vals.get("move_id")})
        posted = PostedBills(moves)
        lines = super().create(vals_list)
        lines.move_id._ai_note_maker()
        posted.judge_changes()
        return lines

    def write(self, vals):
        if not MADE_OF & vals.keys():
            return super().write(vals)
        before = self.move_id
        posted = PostedBills(before | before.browse(vals.get("move_id") or ()))
        result = super().write(vals)
        (before | self.move_id)._ai_note_maker()
        posted.judge_changes()
        return result

    def unlink(self):
        bills = self.move_id.filtered(lambda move: move.move_type in PURCHASE_TYPES)
        result = super().unlink()
        bills.exists()._ai_note_maker()
        return result
