"""The log of a challenger: one line per record that it scored in the same chunk as the serving version.

It is a table of its own, so that nothing that shows, counts, reviews or exports scores can meet a line of a version
that does not serve (`docs/adr/0058-a-challenger-has-its-own-log.md`). A line holds both scores: it is a pair.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one


class AiDeploymentChallengerScore(models.Model):
    _name = "ai.deployment.challenger.score"
    _description = "Challenger Score"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "id desc"
    _log_access = False
    _rec_name = "res_id"

    date = fields.Datetime(required=True, readonly=True)
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    company_id = UncheckedMany2one("res.company", required=True, readonly=True)
    version_id = UncheckedMany2one("ai.deployment.version", "Challenger", required=True, readonly=True)
    serving_id = UncheckedMany2one("ai.deployment.version", "Serving Version", required=True, readonly=True)
    is_first = fields.Boolean("First Inference", readonly=True, help="First score of this record by the serving one.")
    predicted_value = fields.Float("Score", readonly=True, aggregator="avg", digits=(16, 4))
    prediction = fields.Boolean(readonly=True)
    confidence = fields.Float(readonly=True, aggregator="avg", digits=(16, 4))
    failure_type = fields.Char("Failure", readonly=True)
    serving_value = fields.Float("Serving Score", readonly=True, aggregator="avg", digits=(16, 4))
    serving_prediction = fields.Boolean(readonly=True)

    _version_idx = models.Index("(version_id, serving_id, date)")

    def write(self, vals):
        # pylint: disable=method-required-super
        raise AccessError(self.env._("The log cannot be changed."))

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise AccessError(self.env._("The log cannot be deleted."))

    @api.autovacuum
    def _gc_expired(self):
        """Delete what is older than its deployment keeps its log."""
        self.env.flush_all()
        deleted = 0
        for deployment in self.env["ai.deployment"].sudo().with_context(active_test=False).search(Domain.TRUE):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM ai_deployment_challenger_score WHERE id IN (SELECT line.id"
                    " FROM ai_deployment_challenger_score line WHERE line.deployment_id = %s AND line.date < %s"
                    " ORDER BY line.id LIMIT %s)",
                    deployment.id,
                    clock.now() - timedelta(days=deployment.retention_days),
                    GC_UNLINK_LIMIT - deleted,
                )
            )
            deleted += self.env.cr.rowcount
            if deleted >= GC_UNLINK_LIMIT:
                return deleted, True
        return deleted, False
