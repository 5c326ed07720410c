"""Log of calls to endpoints: duration, price, and of those that failed what was sent and what came back."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one

KEPT = timedelta(days=90)


class AiDeploymentEndpointCall(models.Model):
    _name = "ai.deployment.endpoint.call"
    _description = "Call to an Endpoint"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "date"

    date = fields.Datetime(required=True, readonly=True, index=True)
    endpoint_id = fields.Many2one(
        "ai.deployment.endpoint", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="endpoint_id.company_id")
    currency_id = fields.Many2one(related="endpoint_id.currency_id")
    deployment_id = UncheckedMany2one("ai.deployment", readonly=True, index=True)
    version_id = UncheckedMany2one("ai.deployment.version", readonly=True)
    record_count = fields.Integer("Records", readonly=True)
    key = fields.Char("Idempotency Key", readonly=True)
    status = fields.Integer("HTTP Status", readonly=True, aggregator=None)
    duration_ms = fields.Float("Duration (ms)", readonly=True, aggregator="avg", digits=(16, 1))
    attempts = fields.Integer(readonly=True, aggregator="sum")
    tokens = fields.Integer(readonly=True, aggregator="sum")
    price = fields.Float(readonly=True, aggregator="sum", digits=(16, 6))
    failure_type = fields.Char(readonly=True)
    failure_message = fields.Char("Failure Details", readonly=True)
    # Values of records, and an answer may quote sensitive ones: shown with the line of the log, to who may see that.
    sent = fields.Json("Sent (Masked)", readonly=True, prefetch=False, groups=NO_ACCESS)
    received = fields.Text("Received (First 4 kB)", readonly=True, prefetch=False, groups=NO_ACCESS)

    def write(self, vals):
        raise AccessError(self.env._("The log cannot be changed."))

    @api.autovacuum
    def _gc_expired(self):
        """Delete calls that are older than `KEPT`; what was answered on a record is kept with the record's log."""
        expired = self.sudo().search(Domain("date", "<", clock.now() - KEPT), order="id", limit=GC_UNLINK_LIMIT)
        expired.unlink()
        return len(expired), len(expired) == GC_UNLINK_LIMIT
