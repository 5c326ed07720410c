"""End the alert of a bypassed gate that can hold bills again."""

from odoo import api, models
from odoo.fields import Domain

from .gates import BYPASSED, Gate


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    @api.model
    def _daily_steps(self):
        """Resolve the alert of a bypassed gate when it can hold again, or was set to off."""
        open_ones = self.sudo().search(Domain("cause", "=", BYPASSED) & Domain("state", "!=", "resolved"))
        return super()._daily_steps() + [alert._end_open_gate for alert in open_ones]

    def _end_open_gate(self):
        deployment = self.deployment_id
        if deployment.gate == "off" or not Gate(deployment).bypass_reason():
            self._resolve(deployment, BYPASSED)
