"""Figures of a rule that shows instead of scores: what a list sorts and searches by."""

from odoo import fields, models


class AiDeploymentFallbackFigure(models.Model):
    _name = "ai.deployment.fallback.figure"
    _description = "Fallback Value by Custom Rule"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "res_id"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    res_id = fields.Integer("Record", required=True, readonly=True)
    value = fields.Float(required=True, readonly=True, digits=(16, 4))

    _record_uniq = models.UniqueIndex("(deployment_id, res_id)", "A record has one fallback value.")
