"""Every step in the life of a deployment: from where to where, when, by whom and why. Written once, never changed."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .life_cycle import STATES


class AiDeploymentTransition(models.Model):
    _name = "ai.deployment.transition"
    _description = "State Change of a Deployment"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "date"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    date = fields.Datetime(required=True, readonly=True)
    from_state = fields.Selection(STATES, "From", readonly=True)
    to_state = fields.Selection(STATES, "To", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    reason = fields.Text(readonly=True)

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("The history of a deployment cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of a deployment cannot be changed."))
