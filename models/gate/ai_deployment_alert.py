"""End the alert of a bypassed gate that can hold bills again."""

from odoo import api, models
from odoo.fields import Domain

from ..alerting.alert_kinds import GATE_BYPASSED
from .gates import Gate


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    @api.model
    def _due_gates(self):
        """Resolve the alert of a bypassed gate when it can hold again, or was set to off."""
        unresolved = self.search(Domain("cause", "=", str(GATE_BYPASSED)) & Domain("state", "!=", "resolved"))
        return [alert._end_open_gate for alert in unresolved]

    def _end_open_gate(self):
        deployment = self.deployment_id
        if deployment.gate == "off" or not Gate(deployment).bypass_reason():
            self._resolve(deployment, GATE_BYPASSED)
