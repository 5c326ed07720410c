"""Context of a failure that came from outside: the answer that was no answer, or a traceback, with secrets masked."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one

KEPT = timedelta(days=90)


class AiDeploymentFailureDetail(models.Model):
    _name = "ai.deployment.failure.detail"
    _description = "Context of a Failure"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "inference_id"

    date = fields.Datetime(required=True, readonly=True, index=True)
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    inference_id = UncheckedMany2one("ai.deployment.inference", "Log Line", required=True, readonly=True, index=True)
    # It may quote values of the record: shown with the line of the log, to who may see all of that.
    details = fields.Text(readonly=True, groups=NO_ACCESS)

    @api.autovacuum
    def _gc_expired(self):
        """Delete what is older than `KEPT`: the log keeps the failure itself."""
        expired = self.sudo().search(Domain("date", "<", clock.now() - KEPT), order="id", limit=GC_UNLINK_LIMIT)
        expired.unlink()
        return len(expired), len(expired) == GC_UNLINK_LIMIT
