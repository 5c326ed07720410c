"""The log: one line per act of scoring one record. Append-only, for everybody.

What was read is kept twice: as values (`inputs`, a JSON list in the order of the version's inputs) and as bin codes
(`codes`, two hexadecimal digits each), from which score and reasons follow exactly. Neither column can be read
through the ORM; `inputs_text` and `reasons` show them with sensitive inputs masked.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...ml.columns import NUMBER
from ...ml.errors import InferenceError, MissingFeature
from ..features.readable_inputs import reads_all
from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one
from ..tools.wording import labelled, plain
from .failure_words import failure_words, told_in_full
from .hiding import hidden_domain
from .reasons import REVIEW_REASONS

ROUTES = [("automatic", "Automatic"), ("review", "Human review"), ("retry", "Waiting for retry")]
FAILURE_TYPES = [
    ("missing_feature", "A required input is missing"),
    ("invalid_feature", "An input cannot be read"),
    ("artifact_rejected", "The version is damaged"),
    ("prediction_invalid", "The version returned no usable answer"),
    ("input_gone", "A field read by the version has been removed"),
    ("version_fails", "The version fails on every record"),
    ("filter_broken", "The filter cannot be used"),
    ("endpoint_timeout", "The remote model did not answer in time"),
    ("endpoint_unreachable", "The remote model could not be reached"),
    ("endpoint_busy", "The remote model was busy"),
    ("endpoint_refused", "The remote model refused"),
    ("endpoint_malformed", "The answer of the remote model was invalid"),
    ("endpoint_not_ready", "The remote model was not asked yet"),
    ("answer_empty", "The remote model answered nothing"),
    ("answer_not_json", "The remote model did not answer in JSON"),
    ("answer_truncated", "The answer of the remote model was incomplete"),
    ("answer_wrapped", "The remote model wrote text around its answer"),
    ("answer_ambiguous", "The answer of the remote model contradicted itself"),
    ("answer_mismatch", "The remote model answered about other records"),
    ("answer_schema", "The answer of the remote model had another form"),
    ("answer_out_of_range", "The answer of the remote model was out of range"),
    ("answer_refusal", "The language model declined to answer"),
    ("retries_exhausted", "The last attempt failed as well"),
    ("value_missing", "The model found no value"),
    ("value_not_allowed", "A value is not allowed"),
    ("value_unknown", "A value names no record"),
    ("value_other_company", "A value belongs to another company"),
    ("value_invalid", "A value is not valid"),
    ("document_empty", "The document has no text"),
    ("document_unfamiliar", "The model does not know such documents"),
    ("injection_suspected", "A text gives instructions to the language model"),
    ("outside_failure", "The external program reported a failure"),
    ("took_too_long", "Reading exceeded the time limit of the database"),
    ("unexpected", "An unexpected fault"),
]
MASKED = "•••"


class AiDeploymentInference(models.Model):
    _name = "ai.deployment.inference"
    _description = "Inference Log"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "id desc"
    _log_access = False
    _rec_name = "res_id"

    date = fields.Datetime(required=True, readonly=True)
    requested_day = fields.Date("Requested On", readonly=True)
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    company_id = UncheckedMany2one("res.company", required=True, readonly=True)
    version_id = UncheckedMany2one("ai.deployment.version", readonly=True)
    user_id = UncheckedMany2one("res.users", "Requested By", readonly=True)
    inputs = fields.Json(readonly=True, groups=NO_ACCESS)
    codes = fields.Char(readonly=True, groups=NO_ACCESS)
    inputs_text = fields.Text("Input Values", compute="_compute_inputs_text", compute_sudo=True)
    reasons = fields.Text(compute="_compute_reasons", compute_sudo=True)
    predicted_value = fields.Float("Score", readonly=True, aggregator="avg", digits=(16, 4))
    prediction = fields.Boolean(readonly=True)
    confidence = fields.Float(readonly=True, aggregator="avg", digits=(16, 4))
    incumbent_value = fields.Float("Odoo's Own Estimate", readonly=True, aggregator="avg", digits=(16, 4))
    person_value = fields.Float(
        "Manual Estimate", readonly=True, aggregator="avg", digits=(16, 4), help="Entered manually."
    )
    is_first_inference = fields.Boolean(
        "First Inference", readonly=True, help="First score of this record by this version."
    )
    route = fields.Selection(ROUTES, required=True, readonly=True)
    review_reason = fields.Selection(REVIEW_REASONS, readonly=True)
    audit_chance = fields.Float(readonly=True, help="Probability with which this line was chosen for a random check.")
    failure_type = fields.Selection(FAILURE_TYPES, readonly=True)
    failure_message = fields.Char(readonly=True)
    failure_text = fields.Char("Failure", compute="_compute_failure_text", compute_sudo=True)
    latency_ms = fields.Float("Latency (ms)", readonly=True, aggregator="avg", digits=(16, 3))
    review_ids = fields.One2many("ai.deployment.review", "inference_id", "Reviews", readonly=True)

    _record_idx = models.Index("(deployment_id, res_id)")
    # The first scores of a week, for what the monitors read of the log; which part of them is drawn (`drawn`) is told
    # by the index, so that the other lines of the week are not read.
    _intake_idx = models.Index("(version_id, date, (hashint4(res_id) & 2147483647)) WHERE is_first_inference")
    _person_idx = models.Index("(version_id, date) WHERE person_value IS NOT NULL")
    # Of pages that were written since the last vacuum such an index knows nothing, so that a single day would read them
    # all: the database is asked to look at them as soon as they are full.
    _date_idx = models.Index("USING brin (date) WITH (autosummarize = on)")
    _requested_day_idx = models.Index("USING brin (requested_day) WITH (autosummarize = on)")

    @api.depends("res_name")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_display_name(self):
        for inference in self:
            inference.display_name = inference.res_name

    @api.depends_context("uid", "lang")
    @api.depends("version_id")
    def _compute_inputs_text(self):
        for inference in self:
            values, version = inference.sudo().inputs or [], inference.version_id.sudo()
            if not values:
                inference.inputs_text = False
                continue
            masked = inference._masked_keys()
            lines = [
                labelled(self.env, spec["name"], MASKED if key in masked else inference._input_text(spec, value))
                for (key, spec), value in zip(version._specs().items(), values, strict=True)
            ]
            if masked:
                lines.append(labelled(self.env, MASKED, self.env._("values that you may not read")))
            inference.inputs_text = "\n".join(lines)

    @api.depends("failure_type", "failure_message", "version_id")
    @api.depends_context("lang")
    def _compute_failure_text(self):
        for inference in self:
            inference.failure_text = inference.failure_type and told_in_full(inference._failure_words())

    def _masked_keys(self):
        """Inputs of this line whose values are not shown to the user."""
        self.ensure_one()
        masks_all, sees_sensitive = self._masking()
        version = self.version_id.sudo()
        specs = version._specs()
        if masks_all:
            return set(specs)
        masked = set() if sees_sensitive else set(version._sensitive_keys())
        masked |= version._unreadable_keys() | self._keys_hidden_on_records().get(self.id, set())
        # A figure about earlier records tells of the only one there is.
        histories = {key for key, spec in specs.items() if spec["source"] == "history"} - masked
        if histories and not self._reads_all_documents():
            masked |= histories
        return masked

    def _reads_all_documents(self):
        documents = self.env[self.res_model]
        return reads_all(documents, self.deployment_id.sudo()._company_domain())

    @api.depends_context("uid", "lang")
    @api.depends("version_id")
    def _compute_reasons(self):
        masking, hidden = self._masking(), self._keys_hidden_on_records()
        for inference in self:
            line = inference.sudo()
            inference.reasons = inference.version_id._reasons_text(
                line.codes, *masking, hidden.get(inference.id, frozenset()), line.inputs
            )

    @api.model
    def _masking(self):
        """(mask every input, sees sensitive ones) for the current user; an auditor sees no input at all."""
        user = self.env.user
        return user.has_group("ai_deployment.group_auditor"), user.has_group("ai_deployment.group_sensitive")

    def _input_text(self, spec, value):
        """One input as people read it: ids by their names, numbers without noise."""
        if value is None:
            return "–"
        if spec["kind"] == NUMBER:
            return plain(self.env, round(value, 2))
        if spec["source"] != "path":
            return value
        learned = (spec.get("fields") or {}).get(spec["path"])
        levels = value if isinstance(value, list) else [value]
        names = self.env[self.res_model]._ai_level_names(spec["path"], levels, learned)
        # By name: levels are sorted as texts, and "100" stands before "99".
        return ", ".join(sorted(str(names.get(level, level)) for level in levels))

    @api.model
    def _hidden_domain(self):
        return hidden_domain(self)

    # Append-only

    def write(self, vals):
        raise AccessError(self.env._("The log cannot be changed."))

    def unlink(self):
        # Not `@api.ondelete`: a context key of the installer switches those off, and this must hold for everybody.
        # pylint: disable=no-raise-unlink
        raise AccessError(self.env._("The log cannot be deleted."))

    # Retention

    @api.autovacuum
    def _gc_expired(self):
        """Delete what is older than its deployment keeps it; lines behind an open review stay until it is closed."""
        now, deleted = clock.now(), 0
        for deployment in self.env["ai.deployment"].sudo().with_context(active_test=False).search(Domain.TRUE):
            expired = self.sudo().search(
                Domain("deployment_id", "=", deployment.id)
                & Domain("date", "<", now - timedelta(days=deployment.retention_days))
                & ~Domain("review_ids.state", "=", "open"),
                order="id",
                limit=GC_UNLINK_LIMIT - deleted,
            )
            expired._purge()
            deleted += len(expired)
            if deleted >= GC_UNLINK_LIMIT:
                return deleted, True
        return deleted, False

    def _purge(self):
        """The one way out of the log: for retention, never for a person. Private: no call from outside gets here."""
        if self:
            self.env.flush_all()
            self.env.cr.execute(SQL("DELETE FROM ai_deployment_inference WHERE id = ANY(%s)", list(self.ids)))
            self.env.invalidate_all(flush=False)

    @api.model
    def _failure_values(self, error, sensitive_keys=()):
        """Return the stored form of a failure: its type, and a sentence with the input's key and without secrets.

        The sentence is stored in English; `failure_words` gives it in the language of the reader, with the input's
        name.
        """
        if not isinstance(error, InferenceError):
            raise TypeError(f"Not an InferenceError: {error!r}")
        feature = getattr(error, "feature", None)
        is_masked = feature in sensitive_keys and not isinstance(error, MissingFeature)
        return error.failure_type, (error.masked.format(feature) if is_masked else str(error))[:500]

    def _failure_words(self):
        """Return why there is no score in the language of the user, see `failure_words`; of no line, empty words."""
        names = self.version_id._input_names()
        return failure_words(self.env, self.failure_type, self.failure_message or "", names)
