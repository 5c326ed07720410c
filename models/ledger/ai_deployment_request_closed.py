"""Requests closed without a log line: unchanged records, and cancelled ones."""

from odoo import api, fields, models

from ..tools import batch_insert as bulk


class AiDeploymentRequestClosed(models.Model):
    _name = "ai.deployment.request.closed"
    _description = "Requests Closed Without a Log Line"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    day = fields.Date("Requested On", required=True, readonly=True)
    unchanged = fields.Integer(required=True, readonly=True)
    cancelled = fields.Integer(
        required=True, readonly=True, help="Deleted, moved, not readable by the requesting user, or cancelled."
    )

    _deployment_day_idx = models.Index("(deployment_id, day)")

    @api.model
    def _add(self, deployment, day, unchanged=0, cancelled=0):
        """So many of the records asked for on `day` need nothing more."""
        bulk.write(self.env, {"settled": self._statement(deployment, day, unchanged, cancelled)})

    @api.model
    def _statement(self, deployment, day, unchanged=0, cancelled=0):
        """Return the SQL that `_add` runs, None where there is nothing to add."""
        if not unchanged and not cancelled:
            return None
        return bulk.insert_statement(
            self._table,
            {
                "deployment_id": ("int4", [deployment.id]),
                "day": ("date", day),
                "unchanged": ("int4", unchanged),
                "cancelled": ("int4", cancelled),
            },
        )
