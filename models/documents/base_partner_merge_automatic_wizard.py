"""Contacts that are merged: their open bills have another vendor then, and whoever merged them has changed these."""

from odoo import models
from odoo.fields import Domain

from .account_move import PURCHASE_TYPES


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                Domain("partner_id", "in", list(partner_ids))
                & Domain("move_type", "in", PURCHASE_TYPES)
                & Domain("state", "=", "draft")
            )
        )
        result = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        self.env["ai.deployment.edit"]._note(bills)
        return result
