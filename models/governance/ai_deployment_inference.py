"""The button that prints why one record had its score, on lines of the log."""

from odoo import models

from .printing import report_action


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    def action_print_evidence(self):
        return report_action(self, "action_report_record_evidence")
