"""Groups: who is taken out of one may not be able to review any more."""

from odoo import models
from odoo.fields import Domain

from .review.reassignment import release_after_change

MEMBERS = {"user_ids", "implied_ids", "implied_by_ids"}


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        result = super().write(vals)
        if MEMBERS & vals.keys():
            release_after_change(self.env["ai.deployment.review"].sudo(), Domain.TRUE)
        return result
