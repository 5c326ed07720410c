"""Makes the address that an outside check calls, and shows it once: only a fingerprint of it is kept."""

from odoo import fields, models
from odoo.exceptions import AccessError

from ...models.health import token
from ...models.tools.companies import check_shared


class AiDeploymentHealthAddress(models.TransientModel):
    _name = "ai.deployment.health.address"
    _description = "Health Address"
    _inherit = "ai.deployment.guarded.mixin"

    address = fields.Char(store=False)
    has_address = fields.Boolean(store=False, readonly=True, default=lambda self: self._has_address())

    def _has_address(self):
        return token.has_token(self.env)

    def action_make(self):
        """A new address, in place of the one before."""
        self._check_administrator()
        made = token.make_token(self.env)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Health Address"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_address": f"{self.get_base_url()}/ai_deployment/health/{made}"},
        }

    def action_remove(self):
        """Without an address nobody can ask from outside."""
        self._check_administrator()
        token.forget_token(self.env)
        return {"type": "ir.actions.act_window_close"}

    def _check_administrator(self):
        if not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(self.env._("Only an administrator may do this."))
        check_shared(self.env, True)  # there is one address, which tells of all companies
