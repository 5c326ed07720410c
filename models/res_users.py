"""Users stand in the log as those who asked: they are archived, not deleted."""

from odoo import api, models
from odoo.exceptions import UserError


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if {"active", "group_ids"} & vals.keys() and self.ids:
            self.env["ai.deployment"]._people_changed(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        inferences = self.env["ai.deployment.inference"].sudo()
        for user in self:
            if inferences.search_count([("user_id", "=", user.id)], limit=1):
                raise UserError(self.env._("%s stands in the log of scores. Archive this user instead.", user.name))
