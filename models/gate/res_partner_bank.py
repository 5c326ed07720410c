"""Bank accounts of vendors: whoever writes one has a stake in the bills that are paid to it."""

from odoo import api, models
from odoo.fields import Domain

from ..documents.account_move import PURCHASE_TYPES
from ..tools.existence import has_any
from .posted_bills import log_changes

PAID_TO = {"acc_number", "partner_id"}
MADE_OF = {"acc_holder_name", "acc_number", "allow_out_payment", "bank_id", "clearing_number", "partner_id"}


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        self.env["ai.deployment.edit"]._note(accounts)
        return accounts

    def write(self, vals):
        renamed = self if PAID_TO & vals.keys() else self.browse()
        before = {account: (account.acc_number, account.partner_id) for account in renamed}
        result = super().write(vals)
        if MADE_OF & vals.keys():
            self.env["ai.deployment.edit"]._note(self)
        other = renamed.filtered(lambda one: before[one] != (one.acc_number, one.partner_id))
        if other:
            other._ai_log_unpaid()
        return result

    def _ai_log_unpaid(self):
        """Log with each posted bill that is still to be paid to one of these accounts that the account changed."""
        moves = self.env["account.move"].sudo()
        if not has_any(moves.env["ai.deployment"], [("gate", "!=", "off")]):
            return
        bills = moves.search(
            Domain("partner_bank_id", "in", self.ids)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", PURCHASE_TYPES)
            & Domain("payment_state", "not in", ("paid", "reversed"))
        )
        if bills:
            log_changes(bills.with_env(self.env), ["partner_bank_id"])
