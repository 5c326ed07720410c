"""The log: which of its lines are held out."""

from odoo import api, models

from .holdout import hidden_domain


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    @api.model
    def _hidden_domain(self):
        return super()._hidden_domain() | hidden_domain(self)
