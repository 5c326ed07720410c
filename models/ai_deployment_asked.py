"""What was asked: how many records, of which deployment, on which day. Written before the work, never changed."""

from odoo import api, fields, models

from . import bulk


class AiDeploymentAsked(models.Model):
    _name = "ai.deployment.asked"
    _description = "Records Asked For"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)

    _deployment_day_idx = models.Index("(deployment_id, day)")

    @api.model
    def _add(self, deployment, day, count):
        """`count` records were asked for on `day`."""
        bulk.insert(
            self.env,
            self._table,
            {"deployment_id": ("int4", [deployment.id]), "day": ("date", day), "count": ("int4", count)},
        )
