"""Distinguish colleagues from other contacts: owners may notify colleagues without an administrator."""

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _ai_is_colleague(self):
        self.ensure_one()
        return bool(self.sudo().user_ids.filtered(lambda user: user.active and not user.share))
