"""Users are named in the log as those who asked for scores, so they are archived, not deleted. Leavers lose reviews."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .governance.ownership import follow_changed_users
from .review.reassignment import release_after_change
from .tools.existence import has_any
from .tools.trust import is_system

LEAVING = {"active", "group_ids", "company_ids"}


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Hand over the reviews of users who are archived, lose the group or leave a company."""
        result = super().write(vals)
        if LEAVING & vals.keys():
            release_after_change(self.env["ai.deployment.review"].sudo(), Domain("reviewer_id", "in", self.ids))
        if {"active", "group_ids"} & vals.keys() and self.ids:
            follow_changed_users(self.env, self)
        return result

    @api.ondelete(at_uninstall=True)  # also where a key in the context says so, which anybody can send
    def _unlink_except_asked(self):
        if is_system(self.env) and self.env.context.get(MODULE_UNINSTALL_FLAG):
            return
        inferences = self.env["ai.deployment.inference"].sudo()
        for user in self:
            if has_any(inferences, [("user_id", "=", user.id)]):
                raise UserError(self.env._("%s occurs in the inference log. Archive this user instead.", user.name))
