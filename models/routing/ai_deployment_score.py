"""Current scores: what reasons for reviews keep of a record."""

from odoo import fields, models
from odoo.fields import NO_ACCESS


class AiDeploymentScore(models.Model):
    _inherit = "ai.deployment.score"

    amount = fields.Float(readonly=True, groups=NO_ACCESS, aggregator=None)  # it may be a sensitive input
