"""Context of a failure beside the line of the log: what was sent and came back, or what a program said of it."""

import json

from odoo import fields, models
from odoo.tools import SQL


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    failure_details = fields.Text(
        "Failure Context", compute="_compute_failure_details", groups="ai_deployment.group_sensitive"
    )

    def _compute_failure_details(self):
        """Find the context of failures; what is hidden of the record (`_masked_keys`) hides all of it."""
        for inference in self:
            inference.failure_details = False
            if inference.failure_type and not inference._masked_keys():
                inference.failure_details = inference._pushed_details() or inference._call_details()

    def _pushed_details(self):
        rows = self.env.execute_query(
            SQL("SELECT details FROM ai_deployment_failure_detail WHERE inference_id = %s LIMIT 1", self.id)
        )
        return rows[0][0] if rows else False

    def _call_details(self):
        """Return what the latest call about this record sent and received, before the line was logged."""
        rows = self.env.execute_query(
            SQL(
                "SELECT status, duration_ms, attempts, sent, received FROM ai_deployment_endpoint_call"
                " WHERE version_id = %s AND failure_type IS NOT NULL AND date <= %s AND date > %s - interval '1 day'"
                " AND sent @> %s::jsonb ORDER BY id DESC LIMIT 1",
                self.version_id.id,
                self.date,
                self.date,
                json.dumps([{"id": self.res_id}]),
            )
        )
        if not rows:
            return False
        status, duration, attempts, sent, received = rows[0]
        own = [row for row in sent if row.get("id") == self.res_id]
        return self.env._(
            "Status %(status)s after %(ms)s ms, %(attempts)s attempts\nSent: %(sent)s\nReceived: %(received)s",
            status=status or "–",
            ms=round(duration),
            attempts=attempts,
            sent=json.dumps(own, ensure_ascii=False),
            received=received or "–",
        )
