"""Bank accounts of vendors: whoever writes one has a stake in the bills that are paid to it."""

from odoo import api, models

MADE_OF = {"acc_holder_name", "acc_number", "allow_out_payment", "bank_id", "clearing_number", "partner_id"}


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        self.env["ai.deployment.edit"]._note(accounts)
        return accounts

    def write(self, vals):
        result = super().write(vals)
        if MADE_OF & vals.keys():
            self.env["ai.deployment.edit"]._note(self)
        return result
