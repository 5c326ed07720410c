"""Current score: one row per deployment and record, rewritten when the score changes."""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

from ..documents.ageing import comes_sql
from ..documents.score_sql import ShownScores
from ..documents.score_validity import CHANGED, CLOSED, EXPIRED, FRESH, OUTSIDE, standing_of_scores, standings
from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one
from .ai_deployment_inference import FAILURE_TYPES
from .failure_words import failure_words
from .hiding import hidden_domain


class AiDeploymentScore(models.Model):
    _name = "ai.deployment.score"
    _description = "Current Score"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "predicted_value desc nulls last, id"
    _log_access = False
    _rec_name = "res_id"

    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    company_id = UncheckedMany2one("res.company", required=True, readonly=True)
    version_id = UncheckedMany2one("ai.deployment.version", readonly=True)
    date = fields.Datetime("Scored On", required=True, readonly=True)
    state = fields.Selection(
        [
            ("scored", "Scored"),
            ("failed", "Could not be scored"),
            ("waiting", "Waiting for retry"),
            ("gone", "The record was deleted"),
        ],
        required=True,
        readonly=True,
    )
    predicted_value = fields.Float("Score", readonly=True, aggregator="avg", digits=(16, 4))
    prediction = fields.Boolean(readonly=True)
    confidence = fields.Float(readonly=True, aggregator="avg", digits=(16, 4))
    failure_type = fields.Selection(FAILURE_TYPES, readonly=True)
    is_changed = fields.Boolean(
        "Changed Since", readonly=True, help="An input of the record was written after this score was made."
    )
    holds_until = fields.Datetime(
        readonly=True,
        help="From then on, time alone has moved this score noticeably. Empty where it does not within the outcome "
        "window.",
    )
    next_meeting = fields.Datetime(
        readonly=True, help="Counts as an input from its beginning on, where meetings are one."
    )
    standing = fields.Selection(
        [
            (FRESH, "Current"),
            (CHANGED, "Changed since the score"),
            (EXPIRED, "Expired"),
            (CLOSED, "Record closed"),
            (OUTSIDE, "Outside of the filter"),
        ],
        "Score Status",
        compute="_compute_standing",
        compute_sudo=True,
        search="_search_standing",
        help="Only current scores are shown on records.",
    )
    codes = fields.Char(readonly=True, groups=NO_ACCESS)
    reasons = fields.Text(compute="_compute_reasons", compute_sudo=True)

    _record_uniq = models.UniqueIndex("(deployment_id, res_id)", "A record has one score per deployment.")

    def init(self):
        """Leave room on each page, and no index on what changes: a new score then touches no index at all.

        A batch may rewrite every score before anything is cleaned up, so a page needs room for each of its rows twice.
        """
        result = super().init()
        self.env.cr.execute("ALTER TABLE ai_deployment_score SET (fillfactor = 45)")
        return result

    @api.depends("state", "is_changed", "holds_until", "next_meeting")
    def _compute_standing(self):
        self.standing = False
        for deployment, scores in (
            self.filtered(lambda score: score.res_model in self.env).grouped("deployment_id").items()
        ):
            found = standings(self.env[deployment.res_model], deployment, scores.mapped("res_id"))
            for score in scores:
                score.standing = found.get(score.res_id, False)

    def _search_standing(self, operator, value):
        field = self._fields["standing"]
        return Domain.custom(
            to_sql=lambda model, alias, query: field._condition_to_sql("standing", operator, value, model, alias, query)
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "standing" and query is not None:
            deployments = self.env["ai.deployment"].sudo().with_context(active_test=False)
            return standing_of_scores(deployments.search(Domain("version_ids", "!=", False)), alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends_context("uid", "lang")
    @api.depends("version_id", "state", "failure_type")
    def _compute_reasons(self):
        masking, hidden = self.env["ai.deployment.inference"]._masking(), self._keys_hidden_on_records()
        lines, told = self.filtered(lambda score: score.state not in ("scored", "gone"))._latest_inferences(), {}
        for score in self:
            if score.state in ("scored", "gone"):
                score.reasons = score.version_id._reasons_text(
                    score.sudo().codes, *masking, hidden.get(score.id, frozenset())
                )
            else:
                latest = lines[score.id]
                key = (score.failure_type, latest.failure_message or "", latest.version_id)
                if key not in told:  # many of a list lack the same
                    what = failure_words(self.env, *key[:2], latest.version_id._input_names())
                    told[key] = self.env._("Could not be scored: %s", what.sentence)
                score.reasons = told[key]

    def _told_on_records(self):
        """Return the reasons of these scores (in sudo) as sentences for who reads the records: {score id: text}.

        Where there is no score, why there is none.
        """
        masks_all, sees_sensitive = self.env["ai.deployment.inference"]._masking()
        hidden, told = self._keys_hidden_on_records(), {}
        for score in self:
            if score.state not in ("scored", "gone"):
                told[score.id] = score.reasons
                continue
            raises, lowers = self.env[score.res_model]._ai_directions()
            told[score.id] = score.version_id._sentences(
                score.codes,
                raises,
                lowers,
                masks_all=masks_all,
                sees_sensitive=sees_sensitive,
                hidden=hidden.get(score.id, frozenset()),
                toward=score._points(),
            )
        return told

    def _points(self):
        """Return 1 for a high score, -1 for a low one, 0 between: the way in which its first reason goes."""
        deployment = self.deployment_id
        if deployment.method == "anomaly":
            return 1 if self.prediction else -1
        if self.predicted_value >= deployment.band_high:
            return 1
        return -1 if self.predicted_value < deployment.band_low else 0

    @api.model
    def _counting_domain(self):
        return Domain("state", "!=", "gone")

    @api.model
    def _mark_changed(self, deployment, ids):
        """Note that inputs of records were written after their scores; return {id: state} of those that were not.

        One statement, which keeps nobody from saving: whoever writes the score at this moment scores the record.
        """
        self.flush_model(["is_changed"])
        rows = self.env.execute_query(
            SQL(
                "UPDATE ai_deployment_score SET is_changed = TRUE WHERE deployment_id = %s AND res_id = ANY(%s)"
                " AND is_changed IS NOT TRUE AND state <> 'gone' RETURNING res_id, state",
                deployment.id,
                list(ids),
            )
        )
        self.invalidate_model(["is_changed"], flush=False)
        return dict(rows)

    @api.model
    def _mark_planned(self, deployment, ids):
        """Note when the next meeting of records begins; what has begun since the score stays noted. One statement."""
        documents = self.env[deployment.res_model].sudo()
        comes = comes_sql(documents, deployment.champion_id._specs(), SQL.identifier(self._table, "res_id"))
        self.flush_model(["next_meeting"])
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_score SET next_meeting = %s WHERE deployment_id = %s AND res_id = ANY(%s)"
                " AND (next_meeting IS NULL OR next_meeting > %s)",
                comes,
                deployment.id,
                list(ids),
                clock.now(),
            )
        )
        self.invalidate_model(["next_meeting"], flush=False)

    @api.model
    def _record_gone(self, res_model, ids):
        """Scores of records that were deleted are kept for the Auditor, and count no more; one statement."""
        self.flush_model(["state"])
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_score SET state = 'gone' WHERE res_id = ANY(%s)"
                " AND deployment_id IN (SELECT id FROM ai_deployment WHERE res_model = %s)",
                list(ids),
                res_model,
            )
        )
        self.invalidate_model(["state"], flush=False)

    def _latest_inferences(self):
        """Return the line of the log that each of these scores stands on, in sudo: {score id: line or empty}."""
        lines = self.env["ai.deployment.inference"].sudo()
        rows = (
            lines.env.execute_query(
                SQL(
                    "SELECT score.id, line.id FROM ai_deployment_score score CROSS JOIN LATERAL (SELECT id"
                    " FROM ai_deployment_inference WHERE deployment_id = score.deployment_id AND res_id = score.res_id"
                    " ORDER BY id DESC LIMIT 1) AS line WHERE score.id = ANY(%s)",
                    self.ids,
                )
            )
            if self.ids
            else []
        )
        found = dict(rows)
        lines.browse(found.values()).fetch(["failure_message", "version_id"])
        known = {line.id: line for line in lines.browse(found.values())}
        return {score.id: known.get(found.get(score.id), lines) for score in self}

    # Access: what the record itself shows, and to the people of a deployment what it scores before it is shown

    @api.model
    def _hidden_domain(self):
        return hidden_domain(self)

    @api.model
    def _visible_deployments(self):
        """Deployments that are not shown yet, to their people; those at work show as on the record, see below."""
        return super()._visible_deployments().filtered(lambda deployment: deployment.state in ("poc", "shadow"))

    @api.model
    def _access_domain(self):
        """Scores that are shown on their records by the one expression of that, and those before it is shown.

        The people of a deployment need no viewer group; else they are shown what viewers are.
        """
        access, theirs = super()._access_domain(), self._deployments_of_user().ids
        for res_model in self.env["ai.deployment"]._target_models():
            documents = self.env[res_model]
            if documents.has_access("read"):
                access |= Domain("id", "in", ShownScores(documents).score_ids(theirs))
        return access

    def _without_document_access(self, operation, lines):
        readable = self._search(
            Domain("id", "in", lines.ids) & self._access_domain(), active_test=False, bypass_access=True
        )
        return lines - self.browse(readable.get_result_ids())
