"""Questions whose score shows only after the answer, and answers for which a second person is asked.

Both are drawn by a hash of the review, so that asking twice changes nothing. A question is drawn as blind when somebody
is looked for; until then one that would be drawn shows no score either.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml import routing
from ..scoring.hiding import hides
from ..tools.trust import OWN
from .answers import ANSWERS

FIRST = ("first", "reopened")
FETCHING = "ai_deployment_fetching"
TOLD = {"predicted_value", "prediction", "confidence"}  # what is stored of the score in a question about it


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    is_blind = fields.Boolean("Score Hidden", readonly=True, copy=False, help="Answered without the score in sight.")
    hides_score = fields.Boolean(compute="_compute_hides_score")
    shown_value = fields.Float("Score Shown", compute="_compute_shown", digits=(16, 4))
    shown_confidence = fields.Float("Confidence Shown", compute="_compute_shown", digits=(16, 4))
    reasons = fields.Text(compute="_compute_reasons")
    truth_text = fields.Char("The Question", compute="_compute_truth_text")

    _blind_idx = models.Index("(deployment_id, res_id) WHERE state = 'open' AND is_blind")

    @api.depends("state", "is_blind", "is_assigned")
    def _compute_hides_score(self):
        for review in self:
            drawn = review.is_blind or (not review.is_assigned and review._draws_blind())
            review.hides_score = review.state == "open" and drawn

    # Whatever way these columns are asked for, by search, order, group or export, the answer is as in the form

    @api.model
    def _hides_score_sql(self, alias):
        """SQL of `hides_score` of the review `alias`."""

        def column(name):
            return SQL.identifier(alias, name, to_flush=self._fields[name])

        deployments = self.env["ai.deployment"]
        lot = SQL(
            "('x' || encode(substr(sha256(%s || convert_to(%s::text, 'UTF8')), 1, 6), 'hex'))::bit(48)::int8",
            b"blind\0",
            SQL.identifier(alias, "id"),
        )
        drawn = SQL(
            "EXISTS (SELECT FROM ai_deployment asking WHERE asking.id = %s AND asking.blind_share > 0"
            " AND %s < %s * 281474976710656"
            " AND (SELECT COUNT(*) FROM ai_deployment_reviewer_rel rel JOIN res_users person"
            "      ON person.id = rel.res_users_id AND person.active WHERE rel.ai_deployment_id = asking.id) > 1)",
            column("deployment_id"),
            lot,
            SQL.identifier("asking", "blind_share", to_flush=deployments._fields["blind_share"]),
        )
        return SQL(
            "(%s = 'open' AND (%s IS TRUE OR (%s IS NOT TRUE AND %s IS NULL AND %s = 'first' AND %s)))",
            column("state"),
            column("is_blind"),
            column("is_assigned"),
            column("failure_type"),
            column("kind"),
            drawn,
        )

    @api.model
    def _blind_records_sql(self, of=None, ids=None):
        """SQL of (deployment id, record id) of all records that are to be judged without their score in sight.

        :param of: ids of the deployments asked about; all by default
        :param ids: ids of the records asked about; all by default
        """
        # Each of the two ways is an index of few reviews. Deployments that ask nobody without the score are left out
        # first: the lot of a review costs a hash.
        return SQL(
            "SELECT asked.deployment_id, asked.res_id FROM ai_deployment_review asked WHERE asked.state = 'open'"
            " AND (asked.is_blind OR asked.is_assigned IS NOT TRUE"
            " AND asked.deployment_id IN (SELECT id FROM ai_deployment WHERE blind_share > 0)) AND %s AND %s AND %s",
            SQL("TRUE") if of is None else SQL("asked.deployment_id = ANY(%s)", list(of)),
            SQL("TRUE") if ids is None else SQL("asked.res_id = ANY(%s)", list(ids)),
            self._hides_score_sql("asked"),
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        found = super()._field_to_sql(alias, field_expr, query)
        if field_expr in TOLD and self.env.context.get(FETCHING) is not OWN and not self._reads_all_rows():
            return SQL("CASE WHEN NOT %s THEN %s END", self._hides_score_sql(alias), found)
        return found

    def _fetch_query(self, query, fields):
        """What is kept in memory serves whoever acts with all rights as well; it is hidden where it is told."""
        fetching = self.with_context(**{FETCHING: OWN})
        return super(AiDeploymentReview, fetching)._fetch_query(query, fields).with_env(self.env)

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        told = TOLD.intersection(fnames)
        if told and not self._reads_all_rows():
            hiding = set(self.filtered("hides_score").ids)
            rows = [{**row, **dict.fromkeys(told, False)} if row["id"] in hiding else row for row in rows]
        return rows

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if any(path and path[0] in TOLD for path in fields) and not self._reads_all_rows():
            hiding = self.filtered("hides_score")
            if hiding:  # nothing is exported of a question that has not been answered without the score
                self = self - hiding
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    @api.depends("hides_score", "predicted_value", "confidence")
    def _compute_shown(self):
        for review in self:
            shown = not review.hides_score and not review.failure_type
            review.shown_value = shown and review.predicted_value
            review.shown_confidence = shown and review.confidence

    @api.depends("hides_score", "inference_id")
    @api.depends_context("uid", "lang")
    def _compute_reasons(self):
        for review in self:
            review.reasons = not review.hides_score and review.sudo().inference_id.reasons

    @api.depends("hides_score")
    @api.depends_context("lang")
    def _compute_prediction_text(self):
        result = super()._compute_prediction_text()
        for review in self:
            if review.hides_score:
                review.prediction_text = self.env._("Shown after your answer")
        return result

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_truth_text(self):
        for review in self:
            words = self.env[review.res_model]._ai_words()
            review.truth_text = self.env._(
                "Yes: %(positive)s. No: %(negative)s.", positive=words["positive"], negative=words["negative"]
            )

    def action_answer_yes(self):
        self.ensure_one()
        self._answer_truth("positive")
        return True

    def action_answer_no(self):
        self.ensure_one()
        self._answer_truth("negative")
        return True

    def _check_shown(self, decision):
        """Nobody says that a score is right or wrong without having seen it."""
        self.ensure_one()
        if decision in ANSWERS and self.hides_score:
            raise UserError(self.env._("The score shows after the answer: open the question and say yes or no."))

    def write(self, vals):
        """Drawn when somebody is looked for, or answers before that."""
        if (vals.get("is_assigned") or vals.get("state") == "decided") and "is_blind" not in vals:
            drawn = self.filtered("hides_score")
            if drawn and drawn != self:
                return super(AiDeploymentReview, drawn).write({**vals, "is_blind": True}) and super(
                    AiDeploymentReview, self - drawn
                ).write(vals)
            if drawn:
                vals = {**vals, "is_blind": True}
        waiting = self.filtered(lambda review: review.state == "open" and review.kind == "second_opinion")
        result = super().write(vals)
        if vals.get("state") == "expired":  # nobody is led by the first answer any more, so it is told
            for review in waiting.sudo().previous_id:
                review._log_on_document()
        return result

    def _draws_blind(self):
        """Whether this question is one of the share that is asked without the score."""
        review, deployment = self.sudo(), self.sudo().deployment_id
        return (
            not review.failure_type
            and review.kind == "first"
            and bool(review._origin.id)
            and deployment.blind_share > 0
            and deployment._has_several_reviewers()
            and bool(routing.audit_selected([str(review._origin.id)], deployment.blind_share, salt="blind")[0])
        )

    def _draws_second_opinion(self):
        """Whether this answer is one of the share that another person gives as well. In sudo."""
        deployment = self.deployment_id
        return (
            self.kind == "first"
            and bool(self.ground_truth)
            and deployment.double_share > 0
            and deployment._has_several_reviewers()
            and bool(routing.audit_selected([str(self.id)], deployment.double_share, salt="double")[0])
        )

    def _what_follows(self):
        follows = super()._what_follows()
        if not follows and self._draws_second_opinion():
            # Compared is like with like: the second person sees the score if the first did.
            return {"kind": "second_opinion", "is_blind": self.is_blind}
        return follows


@hides
def _of_blind_records(lines):
    """Domain of the lines of `lines`' model about records that are to be judged without their score in sight."""
    blind = lines.env["ai.deployment.review"]._blind_records_sql()
    table = SQL.identifier(lines._table)
    return Domain(
        "id", "in", SQL("(SELECT id FROM %s line WHERE (line.deployment_id, line.res_id) IN (%s))", table, blind)
    )
