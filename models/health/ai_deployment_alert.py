"""The answer to the alert about a restored or copied database, see `ai_deployment_message` in this package."""

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..alerting.alert_kinds import RESTORED, Cause
from ..tools import database


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    def action_send_held(self):
        """Say that this restored database is the one in use, and send what waits."""
        return self._answer_restore(send=True)

    def action_discard_held(self):
        """Say that this restored database is the one in use, and discard what waits."""
        return self._answer_restore(send=False)

    def _answer_restore(self, *, send):
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(self.env._("Only an administrator decides whether this database sends messages."))
        alert = self.sudo()
        if Cause.of(alert) != RESTORED or not database.held(self.env):
            raise UserError(self.env._("There is nothing to decide: messages are being sent."))
        self.env["ai.deployment.message"].sudo()._answer_held(send)
        alerts = self.env["ai.deployment.alert"].sudo()
        for standing in alerts.search(Domain("cause", "=", str(RESTORED)) & Domain("state", "!=", "resolved")):
            alerts._resolve(standing.deployment_id, RESTORED)
        return True
