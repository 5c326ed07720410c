"""The button that prints why one record had its score, on lines of the log."""

from odoo import models


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    def action_print_evidence(self):
        self.check_access("read")
        return self.env.ref("ai_deployment.action_report_record_evidence").sudo().report_action(self, config=False)
