"""Answers of remote models, one per version, record and inputs: asked once, used when the record is scored.

The key is that of the call's idempotency: the version's fingerprint, the record's number and its inputs. Who is killed
after the answer came leaves it here, and nobody asks a second time. A failure counts for the scoring that follows
it; whoever asks again after that asks anew.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...ml.errors import InferenceError
from ...remote.answer_fields import Told
from ..tools import batch_insert, clock
from ..tools.unchecked_many2one import UncheckedMany2one

KEPT = timedelta(days=90)


def _told_text(result: object) -> str | None:
    told = getattr(result, "told", None)
    return json.dumps(told.to_dict()) if told else None


class Kept(NamedTuple):
    """An answer as it is stored."""

    key: str
    answer: tuple[float, float] | InferenceError
    is_used: bool
    told: Told | None = None  # the values, where some were asked for

    @property
    def counts(self) -> bool:
        """Return whether it need not be asked again."""
        return not isinstance(self.answer, InferenceError) or not self.is_used


class AiDeploymentEndpointAnswer(models.Model):
    _name = "ai.deployment.endpoint.answer"
    _description = "Answer of a Remote Model"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "res_id"

    date = fields.Datetime(required=True, readonly=True, index=True)
    version_id = UncheckedMany2one("ai.deployment.version", required=True, readonly=True)
    res_id = fields.Integer("Record ID", required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    value = fields.Float(readonly=True, digits=(16, 4))
    confidence = fields.Float(readonly=True, digits=(16, 4))
    said = fields.Text("Answer", readonly=True, groups=NO_ACCESS)
    told = fields.Json("Values", readonly=True, groups=NO_ACCESS)
    failure_type = fields.Char(readonly=True)
    failure_reason = fields.Char(readonly=True)
    is_used = fields.Boolean(readonly=True)

    _record_uniq = models.UniqueIndex("(version_id, res_id)", "This record has an answer already.")

    @api.model
    def _kept(self, version: models.BaseModel, ids: Sequence[int]) -> dict[int, Kept]:
        """Return the answers of `version` on the records `ids`: {record id: Kept}."""
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, key, value, confidence, failure_type, failure_reason, COALESCE(is_used, FALSE), told"
                " FROM ai_deployment_endpoint_answer WHERE version_id = %s AND res_id = ANY(%s)",
                version.id,
                list(ids),
            )
        )
        return {
            res_id: Kept(
                key,
                InferenceError.of(failure, reason or "") if failure else (value, confidence),
                used,
                Told.from_dict(told) if told else None,
            )
            for res_id, key, value, confidence, failure, reason, used, told in rows
        }

    @api.model
    def _keep(self, version: models.BaseModel, answers: Mapping[int, tuple[str, object]]) -> None:
        """Store answers, in place of earlier ones: {record id: (key, Result or InferenceError)}."""
        if not answers:
            return
        ids = sorted(answers)  # in one order, so that two workers cannot wait for each other
        errors = [answers[res_id][1] if isinstance(answers[res_id][1], InferenceError) else None for res_id in ids]
        results = [None if error else answers[res_id][1] for res_id, error in zip(ids, errors, strict=True)]
        columns = ("date", "key", "value", "confidence", "said", "told", "failure_type", "failure_reason", "is_used")
        batch_insert.insert(
            self.env,
            self._table,
            {
                "version_id": ("int4", version.id),
                "res_id": ("int4", ids),
                "date": ("timestamp", clock.now()),
                "key": ("varchar", [answers[res_id][0] for res_id in ids]),
                "value": ("float8", [result and result.value for result in results]),
                "confidence": ("float8", [result and result.confidence for result in results]),
                "said": ("text", [result and result.said.replace("\0", "") for result in results]),
                "told": ("jsonb", [_told_text(result) for result in results]),
                "failure_type": ("varchar", [error and error.failure_type for error in errors]),
                "failure_reason": ("varchar", [error and error.reason[:400] for error in errors]),
                "is_used": ("bool", False),
            },
            conflict=SQL("ON CONFLICT (version_id, res_id) DO UPDATE SET %s", batch_insert.replaced_sql(columns)),
        )

    @api.model
    def _use(self, version: models.BaseModel, ids: Sequence[int]) -> None:
        """Note that the records `ids` were scored with their answers."""
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_endpoint_answer SET is_used = TRUE"
                " WHERE version_id = %s AND res_id = ANY(%s) AND is_used IS NOT TRUE",
                version.id,
                sorted(ids),
            )
        )
        self.invalidate_model(["is_used"], flush=False)

    @api.autovacuum
    def _gc_expired(self):
        """Delete answers that were used long ago: the log of the record holds what was scored."""
        domain = Domain("date", "<", clock.now() - KEPT) & Domain("is_used", "=", True)
        expired = self.sudo().search(domain, order="id", limit=GC_UNLINK_LIMIT)
        expired.unlink()
        return len(expired), len(expired) == GC_UNLINK_LIMIT
