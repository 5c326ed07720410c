"""Test alerts, which end when they are read."""

from odoo import models

TEST_ALERT = "trial"  # the cause of an alert that was sent to see whether it is read


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    def _write_reader(self):
        result = super()._write_reader()
        for alert in self.sudo().filtered(lambda alert: alert.cause == TEST_ALERT):
            self.env["ai.deployment.alert"]._resolve(alert.deployment_id, TEST_ALERT)
        return result
