"""One call that pushed results: its idempotency key, what it said as a fingerprint, and the lines that it made."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..tools import clock

KEPT = timedelta(days=90)


class AiDeploymentPush(models.Model):
    _name = "ai.deployment.push"
    _description = "Pushed Results"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "key"

    date = fields.Datetime(required=True, readonly=True, index=True)
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    user_id = fields.Many2one("res.users", "Pushed By", readonly=True, ondelete="set null")
    key = fields.Char("Idempotency Key", required=True, readonly=True)
    digest = fields.Char("Fingerprint", required=True, readonly=True)
    record_count = fields.Integer("Records", readonly=True)
    inference_ids = fields.Json("Log Lines", readonly=True, prefetch=False)

    _key_uniq = models.UniqueIndex("(deployment_id, key)", "This key was used already.")

    @api.model
    def _before(self, deployment: models.BaseModel, key: str, digest: str) -> list[int] | None:
        """Return what the call `key` returned before, None where there was none.

        :raise UserError: where it said something else
        """
        found = self.sudo().search(Domain("deployment_id", "=", deployment.id) & Domain("key", "=", key), limit=1)
        if not found:
            return None
        if found.digest != digest:
            raise UserError(self.env._("The key “%s” was used before with other rows. Use a new key.", key[:60]))
        return list(found.inference_ids or [])

    @api.model
    def _begin(self, deployment: models.BaseModel, key: str, digest: str) -> models.BaseModel:
        """Return the new row of the call `key`, in sudo.

        The same call at the same moment waits here until this one has ended. If that one is committed, PostgreSQL
        reports a serialization failure (not a duplicate), and Odoo repeats the call, which then finds the row.
        """
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO ai_deployment_push (date, deployment_id, user_id, key, digest)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (deployment_id, key) DO NOTHING RETURNING id",
                clock.now(),
                deployment.id,
                self.env.uid,
                key,
                digest,
            )
        )
        return self.sudo().browse(rows[0][0])

    @api.autovacuum
    def _gc_expired(self):
        """Forget keys that nobody repeats any more; the log keeps what they brought."""
        expired = self.sudo().search(Domain("date", "<", clock.now() - KEPT), order="id", limit=GC_UNLINK_LIMIT)
        expired.unlink()
        return len(expired), len(expired) == GC_UNLINK_LIMIT
