"""Counts per bin of what was scored for the first time: all that a drift report reads.

Rows are deltas, inserted in the transaction of the inferences that they count and never changed: an inference that is
rolled back takes its count along.
"""

import json

from odoo import api, fields, models

from ..ml.profile import Profile
from . import bulk


class AiDeploymentProfile(models.Model):
    _name = "ai.deployment.profile"
    _description = "Counts per Bin"
    _order = "day desc, id desc"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="restrict")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="deployment_id.company_id")
    day = fields.Date(required=True, readonly=True)
    row_count = fields.Integer("Records", required=True, readonly=True)
    counts = fields.Json(required=True, readonly=True)

    _version_day_idx = models.Index("(version_id, day)")

    @api.model
    def _delta_statement(self, deployment, version, profile, day):
        """SQL that keeps one delta; None where nothing was counted. Who runs it invalidates this model."""
        if not profile.rows and not profile.failed:
            return None
        return bulk.insert_statement(
            self._table,
            {
                "deployment_id": ("int4", [deployment.id]),
                "version_id": ("int4", version.id),
                "day": ("date", day),
                "row_count": ("int4", profile.rows),
                "counts": ("jsonb", json.dumps(profile.to_dict())),
            },
        )

    @api.model
    def _sum(self, version, start, end):
        """The profile of `version` over the days from `start` up to, not including, `end`."""
        deltas = self.sudo().search_fetch(
            [("version_id", "=", version.id), ("day", ">=", start), ("day", "<", end)], ["counts"]
        )
        return sum((Profile.from_dict(delta.counts) for delta in deltas), Profile())
