"""Defaults that users and companies keep do not reach what the system keeps."""

from odoo import api, models

from .tools.trust import is_by_addon

# Of other models: posting is judged, so nothing is posted by default.
WITHOUT_DEFAULT = {"account.move": frozenset({"state"})}


class IrDefault(models.Model):
    _inherit = "ir.default"

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Return the defaults of the current user, without those of guarded fields.

        Records that this addon makes with all rights take none, whichever model they are of.
        """
        defaults = super()._get_model_defaults(model_name, condition)
        if not defaults:
            return defaults
        guarded = hasattr(self.env.get(model_name), "_ai_undefaulted_fields")
        if self.env.su if guarded else is_by_addon(self.env):
            return {}
        left_out = self.env[model_name]._ai_undefaulted_fields() if guarded else WITHOUT_DEFAULT.get(model_name)
        return {name: value for name, value in defaults.items() if name not in left_out} if left_out else defaults
