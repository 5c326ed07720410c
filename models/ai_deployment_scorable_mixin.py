"""Documents that can be scored, and the score that stands on them.

The score of a record lives in `ai.deployment.score`, never on the record. The fields here are not stored: one join
(`_ai_join_score`) serves reading, searching, sorting, grouping and exporting, and holds all conditions under which a
score is shown: the deployment is the primary one of the record's company, it is in production, and the user belongs
to one of its viewer groups. Who cannot read the record never gets here.

What differs per kind of document is a hook, `_ai_*`, overridden in that document's own file.
"""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .feature_reader import walk_path

SCORE_COLUMNS = {"ai_score": "predicted_value", "ai_confidence": "confidence", "ai_score_date": "date"}
SCORE_FIELDS = {*SCORE_COLUMNS, "ai_reasons", "ai_wants_review"}


class AiDeploymentScorableMixin(models.AbstractModel):
    _name = "ai.deployment.scorable.mixin"
    _description = "Document That Can Be Scored"

    _ai_scorable = True
    _ai_moment_is_date = False
    _ai_may_hold_out = False  # whether scores of some of them may be hidden on purpose, to learn what scores do

    ai_score = fields.Float(
        "Score", compute="_compute_ai_score", search="_search_ai_score", aggregator="avg", copy=False
    )
    ai_confidence = fields.Float(
        "Confidence", compute="_compute_ai_score", search="_search_ai_confidence", aggregator="avg", copy=False
    )
    ai_score_date = fields.Datetime(
        "Scored On", compute="_compute_ai_score", search="_search_ai_score_date", copy=False
    )
    ai_reasons = fields.Text("Reasons", compute="_compute_ai_score", copy=False)
    ai_wants_review = fields.Boolean(
        "Wants Review", compute="_compute_ai_wants_review", search="_search_ai_wants_review", copy=False
    )

    # Hooks per kind of document

    @api.model
    def _ai_has_outcome(self):
        """Whether the document ends well or badly by itself, so that a scorecard can learn from it."""
        return False

    @api.model
    def _ai_fields_known_too_late(self):
        """Names of fields whose value often comes with, or after, the outcome."""
        return set()

    @api.model
    def _ai_base_domain(self):
        """Records of this model that a deployment may score at all."""
        return Domain.TRUE

    @api.model
    def _ai_open_domain(self):
        """Records that are worth a new score every night."""
        return Domain.TRUE

    @api.model
    def _ai_history_domain(self):
        """Records that count as earlier ones in histories. Only stored fields of the record itself."""
        return Domain.TRUE

    @api.model
    def _ai_history_partition(self):
        """Fields in which earlier records must be the same in every history."""
        return ()

    @api.model
    def _ai_moment_sql(self, alias):
        """SQL of the record's own date: when it came, and what "earlier" is measured against."""
        return SQL.identifier(alias, "create_date")

    @api.model
    def _ai_training_rows(self, deployment, now):
        """Rows to learn from, oldest first: list of (id, moment, label), label None without outcomes."""
        raise NotImplementedError

    @api.model
    def _ai_leak_rows(self, deployment, now, most):
        """Closed and open records of the same time, at most `most` of each, as `LeakRow`s; none without outcomes."""
        return []

    @api.model
    def _ai_edited_after_closing(self, name, closed_ids):
        """The share of the closed records whose tracking shows the field `name` changed after they were closed."""
        return 0.0

    @api.model
    def _ai_came_true(self, landmarks, horizon_days, from_score=False):
        """What came of records: {id: True or False}, for `landmarks` ({id: moment of the score}).

        True is won within the horizon, which begins with the record, or with the score where `from_score`. Left out is
        what is gone, was closed before its score, or was too old for it.
        """
        return {}

    @api.model
    def _ai_decided_after(self, deployment, now):
        """(days until it was decided or None, days watched) of late records: how long outcomes take."""
        return []

    @api.model
    def _ai_outcome_counts(self, deployment, now):
        """(positive, negative) records that could be learned from; None where there are no outcomes."""
        return None

    @api.model
    def _ai_incumbent_sql(self, alias):
        """SQL of what Odoo itself says, from 0 to 1 or NULL; None where that takes more than a column."""
        return None

    @api.model
    def _ai_person_sql(self, alias):
        """SQL of what a person estimated by hand, from 0 to 1 or NULL; None where nobody can."""
        return None

    def _ai_incumbent(self):
        """What Odoo itself says at this moment, per record id: a number from 0 to 1, or nothing.

        Asked only where `_ai_incumbent_sql` gives nothing.
        """
        return {}

    def _ai_amounts(self):
        """The money in each record, in the currency of its company: {id: amount}."""
        return {}

    @api.model
    def _ai_traits(self):
        """Stored many2one fields that may tell where records that went wrong come from."""
        return ("create_uid",)

    @api.model
    def _ai_setup_models(self):
        """Models of set-up whose new records may change what comes in."""
        return ()

    def _ai_responsible(self):
        """The person whose record this is."""
        return self.env["res.users"]

    @api.model
    def _ai_words(self):
        """How scores and documents of this kind are called: see the overrides."""
        return {
            "records": self.env._("records"),
            "positive": self.env._("yes"),
            "negative": self.env._("no"),
        }

    @api.model
    def _ai_value_measures(self, deployment, alias):
        """What a deployment is to improve, per record of the table `alias`: {code: Measure}; nothing by default."""
        return {}

    @api.model
    def _ai_value_domain(self):
        """Records that these measures are about, of those that the deployment is for."""
        return Domain.TRUE

    # Words for people

    @api.model
    def _ai_level_names(self, path, levels):
        """What people call the levels of a category at the end of `path`: {level: name}; ids become names."""
        steps = walk_path(self, path)
        if not steps or steps[-1].property_name:
            return {}
        field = steps[-1].field
        if field.type == "selection":
            return dict(field._description_selection(self.env))
        if field.type == "boolean":
            return {"true": self.env._("yes"), "false": self.env._("no")}
        if not field.relational:
            return {}
        ids = {int(part) for level in levels for part in level.split(",") if part.isdigit()}
        comodel = self.env[field.comodel_name].sudo().with_context(active_test=False)
        known = {record.id: record.display_name for record in comodel.browse(ids).exists()}
        return {
            level: ", ".join(known.get(int(part), part) if part.isdigit() else part for part in level.split(","))
            for level in levels
        }

    # The score on the record

    @api.model
    def _ai_shown_deployment_ids(self):
        """Deployments whose scores this user may see on records, as a sorted tuple."""
        deployments = (
            self.env["ai.deployment"]
            .sudo()
            .search(
                Domain("res_model", "=", self._name)
                & Domain("is_primary", "=", True)
                & Domain("state", "=", "production")
                & Domain("company_id", "in", self.env.companies.ids)
                & Domain("viewer_group_ids", "in", self.env.user.all_group_ids.ids)
            )
        )
        return tuple(sorted(deployments.ids))

    @api.model
    def _ai_join_score(self, alias, query):
        """Join the score that is shown on the record; the alias of the joined table."""
        score = query.make_alias(alias, "ai_score")
        query.add_join(
            "LEFT JOIN",
            score,
            "ai_deployment_score",
            SQL(
                "%s = %s AND %s = ANY(%s) AND %s = COALESCE(%s, %s)%s",
                SQL.identifier(score, "res_id"),
                SQL.identifier(alias, "id"),
                SQL.identifier(score, "deployment_id"),
                list(self._ai_shown_deployment_ids()),
                SQL.identifier(score, "company_id"),
                self._field_to_sql(alias, "company_id", query),
                self.env.company.id,
                self._ai_not_held_out_sql(alias, SQL.identifier(score, "deployment_id")),
            ),
        )
        return score

    @api.model
    def _ai_not_held_out_sql(self, alias, deployment):
        """What leaves out records whose score is hidden on purpose, to be added to a condition; mostly nothing."""
        holdouts = self.env["ai.deployment"]._holdouts(self._name)
        if not holdouts:
            return SQL()
        return SQL(
            " AND NOT (%s)",
            SQL(" OR ").join(SQL("%s = %s AND %s", deployment, one.id, one.sql(alias)) for one in holdouts),
        )

    @api.model
    def _ai_join_review(self, alias, query):
        """Join the open review of the record, of the deployment that is shown on it; the alias of the joined table."""
        review, state = query.make_alias(alias, "ai_review"), self.env["ai.deployment.review"]._fields["state"]
        query.add_join(
            "LEFT JOIN",
            review,
            "ai_deployment_review",
            SQL(
                "%s = %s AND %s = ANY(%s) AND %s = COALESCE(%s, %s) AND %s = 'open'",
                SQL.identifier(review, "res_id"),
                SQL.identifier(alias, "id"),
                SQL.identifier(review, "deployment_id"),
                list(self._ai_shown_deployment_ids()),
                SQL.identifier(review, "company_id"),
                self._field_to_sql(alias, "company_id", query),
                self.env.company.id,
                SQL.identifier(review, "state", to_flush=state),
            ),
        )
        return review

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "ai_wants_review" and query is not None:
            return SQL("(%s IS NOT NULL)", SQL.identifier(self._ai_join_review(alias, query), "id"))
        if field_expr in SCORE_COLUMNS and query is not None:
            score = self._ai_join_score(alias, query)
            if field_expr != "ai_score_date":
                return SQL.identifier(score, SCORE_COLUMNS[field_expr])
            # A record that could not be scored has a row too, without figures.
            return SQL(
                "CASE WHEN %s = 'scored' THEN %s END", SQL.identifier(score, "state"), SQL.identifier(score, "date")
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name in SCORE_COLUMNS:
            nulls = SQL("NULLS LAST")  # unscored records come last, whichever way the list is sorted
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    def _search_by_score_column(self, field_name, operator, value):
        field = self._fields[field_name]
        return Domain.custom(
            to_sql=lambda model, alias, query: field._condition_to_sql(field_name, operator, value, model, alias, query)
        )

    def _search_ai_score(self, operator, value):
        return self._search_by_score_column("ai_score", operator, value)

    def _search_ai_confidence(self, operator, value):
        return self._search_by_score_column("ai_confidence", operator, value)

    def _search_ai_score_date(self, operator, value):
        return self._search_by_score_column("ai_score_date", operator, value)

    def _search_ai_wants_review(self, operator, value):
        return self._search_by_score_column("ai_wants_review", operator, value)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_wants_review(self):
        ids = [record._origin.id for record in self if record._origin.id]
        waiting = set()
        if ids and self._ai_shown_deployment_ids():
            query = self.browse(ids)._as_query(ordered=False)
            query.add_where(self._field_to_sql(self._table, "ai_wants_review", query))
            waiting = {row[0] for row in self.env.execute_query(query.select(SQL.identifier(self._table, "id")))}
        for record in self:
            record.ai_wants_review = record._origin.id in waiting

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_score(self):
        self.ai_score = self.ai_confidence = self.ai_score_date = self.ai_reasons = False
        scores = self._ai_shown_scores()
        for record in self:
            score = scores.get(record._origin.id)
            if score:
                record.ai_reasons = score.reasons
            if score and score.state == "scored":
                record.ai_score = score.predicted_value
                record.ai_confidence = score.confidence
                record.ai_score_date = score.date

    def _ai_shown_scores(self):
        """The shown score of each record that has one: {record id: score in sudo}."""
        ids = [record._origin.id for record in self if record._origin.id]
        deployment_ids = self._ai_shown_deployment_ids() if ids else ()
        if not deployment_ids:
            return {}
        query = self.browse(ids)._as_query(ordered=False)
        score = self._ai_join_score(self._table, query)
        query.add_where(SQL("%s IS NOT NULL", SQL.identifier(score, "id")))
        rows = self.env.execute_query(query.select(SQL.identifier(self._table, "id"), SQL.identifier(score, "id")))
        scores = self.env["ai.deployment.score"].sudo().browse(score_id for _id, score_id in rows)
        return dict(zip((res_id for res_id, _score in rows), scores, strict=True))
