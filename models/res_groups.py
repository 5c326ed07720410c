"""Groups: who is taken out of one may not be able to review any more."""

from odoo import models
from odoo.fields import Domain

MEMBERS = {"user_ids", "implied_ids", "implied_by_ids"}


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        result = super().write(vals)
        if MEMBERS & vals.keys():
            self.env["ai.deployment.review"].sudo()._release_after_change(Domain.TRUE)
        return result
