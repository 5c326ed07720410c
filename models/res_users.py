"""Users stand in the log as those who asked: they are archived, not deleted. And reviewers are sometimes away."""

from datetime import datetime

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .governance.ownership import follow_changed_users
from .tools.trust import is_system

LEAVING = {"active", "group_ids", "company_ids"}


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Who is archived, loses the group or leaves a company hands over their reviews, and answers no more."""
        result = super().write(vals)
        if LEAVING & vals.keys():
            self.env["ai.deployment.review"].sudo()._release_after_change(Domain("reviewer_id", "in", self.ids))
        if {"active", "group_ids"} & vals.keys() and self.ids:
            follow_changed_users(self.env, self)
        return result

    @api.ondelete(at_uninstall=True)  # also where a key in the context says so, which anybody can send
    def _unlink_except_asked(self):
        if is_system(self.env) and self.env.context.get(MODULE_UNINSTALL_FLAG):
            return
        inferences = self.env["ai.deployment.inference"].sudo()
        for user in self:
            if inferences.search_count([("user_id", "=", user.id)], limit=1):
                raise UserError(self.env._("%s stands in the log of scores. Archive this user instead.", user.name))

    def _ai_away_until(self, moment):
        """Who of these users is away at `moment`: {user id: when they are back}, `datetime.max` where nobody knows.

        Away is who is out of office, or has time off. `is_out_of_office` would ask the database for the time.
        """
        away = {}
        if not self:
            return away
        for user in self.sudo():
            since, until = user.out_of_office_from, user.out_of_office_to or datetime.max
            if since and since <= moment <= until:
                away[user.id] = until
        off = (
            Domain("resource_id.user_id", "in", self.ids)
            & Domain("time_type", "=", "leave")
            & Domain("date_from", "<=", moment)
            & Domain("date_to", ">=", moment)
        )
        leaves = self.env["resource.calendar.leaves"].sudo()
        for resource, until in leaves._read_group(off, ["resource_id"], ["date_to:max"]):
            user_id = resource.user_id.id
            away[user_id] = max(until, away.get(user_id, until))
        return away
