"""Current scores: what reasons for reviews keep of a record, and which scores are held out."""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS

from .holdout import hidden_domain


class AiDeploymentScore(models.Model):
    _inherit = "ai.deployment.score"

    amount = fields.Float(readonly=True, groups=NO_ACCESS, aggregator=None)  # it may be a sensitive input

    @api.model
    def _hidden_domain(self):
        return super()._hidden_domain() | hidden_domain(self)
