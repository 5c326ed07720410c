"""Documents that can be scored, and the score that stands on them.

The score of a record lives in `ai.deployment.score`, never on the record. The fields here are not stored: one join
(`_ai_join_score`) serves reading, searching, sorting, grouping and exporting, and holds all conditions under which a
score is shown: the deployment is the primary one of the record's company, it is in production, and the user belongs
to one of its viewer groups; the record is not held out, and the user is not to judge it unseen. Who cannot read the
record never gets here. `ai.deployment.score` asks the same conditions (`_ai_shown_score_ids`).

What differs per kind of document is a hook, `_ai_*`, overridden in that document's own file.
"""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..features.names import LevelNames
from ..tools import clock, noted
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.score_fields import SCORE_COLUMNS, SHOWN
from ..tools.wording import percent

# What has to be known of a deployment to show a score, or what stands in its place.
READ_TO_SHOW = (
    "company_id",
    "domain",
    "fallback",
    "fallback_below",
    "fallback_reason",
    "fallback_since",
    "fallback_value",
    "res_model",
    "shown_until",
    "state",
)


class Shown(NamedTuple):
    """What a user sees on records: one deployment speaks per company, the nearest one above a branch."""

    deployments: object  # whose scores are shown, in sudo
    fallbacks: list  # what shows instead of some, as `Fallback`s
    nearest: dict  # {company id: id of the company whose deployment speaks of its records}

    def companies(self, deployment):
        """Return the ids of the companies of whose records `deployment` speaks."""
        own = deployment.company_id.id
        return [own, *sorted(company for company, owner in self.nearest.items() if owner == own != company)]


class AiDeploymentScorableMixin(models.AbstractModel):
    _name = "ai.deployment.scorable.mixin"
    _description = "Document That Can Be Scored"

    _ai_scorable = True
    _ai_comes_in_order = True  # whether no record comes after one whose own date (`_ai_moment_sql`) is later
    _ai_responsible_field = None  # a stored field of the record: the person whose record it is
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
    ai_is_fallback = fields.Boolean(
        "Shown Instead",
        compute="_compute_ai_score",
        search="_search_ai_is_fallback",
        copy=False,
        help="Not a score of ours: what is shown in its place, and why, stands in the reasons.",
    )
    ai_reasons = fields.Text("Reasons", compute="_compute_ai_reasons", copy=False)
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
    def _ai_no_start_fields(self):
        """Names of dates that cannot say when a record began."""
        return self._ai_fields_known_too_late()

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
    def _ai_history_fellows_domain(self):
        """Records that count as earlier ones for those judged together with them that have a higher id.

        They are not in the books yet, but will be. Only stored fields of the record itself.
        """
        return Domain.FALSE

    @api.model
    def _ai_history_partition(self, amounts):
        """Fields in which earlier records must be the same in a history.

        :param amounts: whether amounts are compared
        """
        return ()

    @api.model
    def _ai_history_alike_sql(self, path, value):
        """SQL of the value of a field of `_ai_history_partition`, the same for what counts as the same."""
        return value

    @api.model
    def _ai_moment_sql(self, alias):
        """SQL of the record's own date: what days are counted from, and windows of days measured against."""
        return SQL.identifier(alias, "create_date")

    @api.model
    def _ai_began_sql(self, alias, deployment):
        """SQL of the moment from which a record counts: for its place in time, its age and its horizon."""
        return self._ai_moment_sql(alias)

    @api.model
    def _ai_ended_sql(self, alias, deployment):
        """SQL of the moment at which a record ended: NULL while it is open, and where nobody knows when.

        The one definition for labels, maturity, leaks, durations and value.
        """
        return SQL("NULL::timestamp")

    @api.model
    def _ai_keep_outcomes(self):
        """Hook: keep the end of records that ended past the ORM, before anything rewrites it."""

    @api.model
    def _ai_training_rows(self, deployment, now):
        """Rows to learn from, oldest first: list of (id, moment, label), label None without outcomes."""
        raise NotImplementedError

    @api.model
    def _ai_leak_rows(self, deployment, now, most):
        """Closed and open records of the same time, at most `most` of each, as `LeakRow`s; none without outcomes."""
        return []

    @api.model
    def _ai_edited_after_closing(self, deployment, name, closed_ids):
        """The share of the closed records whose tracking shows the field `name` changed after they were closed."""
        return 0.0

    @api.model
    def _ai_came_true(self, deployment, landmarks, from_score=False):
        """What came of records: {id: True or False}, for `landmarks` ({id: moment of the score}).

        True is won within the horizon, which begins with the record, or with the score where `from_score`. Left out is
        what is gone, was closed before its score, or was too old for it. What was merged counts as its survivor does.
        """
        return {}

    @api.model
    def _ai_ends(self, deployment, landmarks):
        """How records ended: {id: (moment or None, whether it is a win, end of its horizon)}; none without outcomes.

        :param landmarks: {id: moment of the score}, as for `_ai_came_true`
        """
        return {}

    @api.model
    def _ai_latest_ends(self, deployment):
        """(moment of the latest win, of the latest end without one) of all its records, None where there is none."""
        return None, None

    @api.model
    def _ai_usual_amount(self, deployment):
        """The median money of a record that came true, in the company's currency; 0 where documents hold none."""
        return 0.0

    @api.model
    def _ai_decided_after(self, deployment, now):
        """(days until it was decided or None, days watched) of late records: how long outcomes take."""
        return []

    @api.model
    def _ai_outcome_counts(self, deployment, now, since=None):
        """(positive, negative) records that could be learned from; None where there are no outcomes.

        :param since: count only those that could not be learned from at that moment
        """
        return None

    @api.model
    def _ai_outcomes_to_come(self, deployment, now):
        """[(label, moment from which it counts)] of records that ended, but whose horizon has not passed yet."""
        return []

    @api.model
    def _ai_incumbent_sql(self, alias):
        """SQL of what Odoo itself says, from 0 to 1 or NULL; None where that takes more than a column."""
        return None

    @api.model
    def _ai_person_sql(self, alias):
        """SQL of what a person estimated by hand, from 0 to 1 or NULL; None where nobody can."""
        return None

    @api.model
    def _ai_amount_sql(self, alias):
        """SQL of the money at stake in a record, in its company's currency; None where documents hold none."""
        return None

    @api.model
    def _ai_new_partner_sql(self, alias, company_id, together=()):
        """SQL of whether no earlier document is from the record's partner; None where that is no question.

        :param company_id: the company whose documents are looked at, and those of its branches
        :param together: ids of the records that are judged together
        """
        return None

    @api.model
    def _ai_told_by_reasons(self):
        """What a reason to ask tells of a record: {reason: names of the fields that hold it}."""
        return {}

    def _ai_incumbent(self):
        """What Odoo itself says at this moment, per record id: a number from 0 to 1, or nothing.

        Asked only where `_ai_incumbent_sql` gives nothing.
        """
        return {}

    def _ai_currency(self):
        """The currency of the amounts on this record; no record where documents have none."""
        return self.env["res.currency"]

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
        return self[self._ai_responsible_field] if self._ai_responsible_field else self.env["res.users"]

    def _ai_essentials(self):
        """What one reads first to judge the record, of what the user may read: [(label, text)] in reading order."""
        return self._ai_field_texts(("create_date", "create_uid"))

    def _ai_endings(self):
        """How records ended by themselves: {id: (what people call it, whether that is the positive side)}."""
        return {}

    @api.model
    def _ai_incumbent_text(self, value):
        """What Odoo's own opinion, a number from 0 to 1, means in words."""
        return percent(self.env, value)

    def _ai_makers(self):
        """Who made each record, and therefore does not judge it: {id: set of user ids}."""
        if not self.ids:
            return {}
        self._ai_flush_makers()
        rows = self.env.execute_query(
            SQL(
                "SELECT record.id, ARRAY(%s) FROM %s record WHERE record.id = ANY(%s)",
                self._ai_makers_sql("record"),
                SQL.identifier(self._table),
                self.ids,
            )
        )
        return {record_id: set(people) - {None} for record_id, people in rows}

    @api.model
    def _ai_makers_sql(self, alias):
        """SQL of the ids of the users who made the record `alias`: who created it, and who wrote what is judged."""
        return SQL(
            "SELECT %s UNION SELECT user_id FROM ai_deployment_edit WHERE res_model = %s AND res_id = %s",
            SQL.identifier(alias, "create_uid"),
            self._name,
            SQL.identifier(alias, "id"),
        )

    def _ai_flush_makers(self):
        """Write to the database what `_ai_makers_sql` reads."""
        self.flush_model(["create_uid"])
        self.env["ai.deployment.edit"]._flush_noted()

    def _ai_fingerprints(self):
        """What an answer about each of these records is about, in a hash: {id: text}; nothing where no gate asks."""
        return {}

    @api.model
    def _ai_moot_domain(self):
        """Records about which no question makes sense any more."""
        return Domain.FALSE

    @api.model
    def _ai_answers(self):
        """Reasons that reviewers choose from, as a new deployment begins: [(name, decision, asks for words)]."""
        return [
            (self.env._("I checked it"), "confirmed", False),
            (self.env._("The record is wrong or incomplete"), "any", False),
            (self.env._("I know more than the record says"), "overridden", True),
            (self.env._("Something else"), "any", True),
        ]

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

    # Scored by itself, see `models/scoring/ai_deployment.py`

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if rules := self.env["ai.deployment"]._scoring_rules(self._name):
            wanted = [rule.deployment_id for rule in rules if rule.on_create]
            noted.begin(self.env.cr, "ai.deployment").created.setdefault(self._name, set()).update(records.ids)
            self._ai_note(dict.fromkeys(records.ids, wanted))
        return records

    def write(self, vals):
        result = super().write(vals)
        self._ai_note_changes([vals] * len(self))
        return result

    def _write_multi(self, vals_list):
        """Note also what is computed and stored, whatever it was computed from."""
        result = super()._write_multi(vals_list)
        self._ai_note_changes(vals_list)
        return result

    def _ai_note_changes(self, vals_list):
        """Note those of these records on which an input of a deployment that scores changes is among the values.

        :param vals_list: the values of each record, in their order
        """
        rules = [rule for rule in self.env["ai.deployment"]._scoring_rules(self._name) if rule.names]
        if not rules:
            return
        found = noted.notes(self.env.cr)
        created = found.created.get(self._name, ()) if found else ()
        changed = {}
        for res_id, vals in zip(self._ids, vals_list, strict=True):
            if res_id and res_id not in created:
                changed[res_id] = [rule.deployment_id for rule in rules if not rule.names.isdisjoint(vals)]
        self._ai_note(changed)

    def _ai_note(self, wanted):
        """Let the end of the transaction score records.

        :param wanted: {record id: ids of the deployments}
        """
        if not any(wanted.values()):
            return
        notes = noted.begin(self.env.cr, "ai.deployment").wanted
        for res_id, deployment_ids in wanted.items():
            for deployment_id in deployment_ids:
                notes.setdefault(deployment_id, {}).setdefault(res_id, self.env.uid)

    def _ai_score_noted(self):
        """Score now what the end of the transaction would, where these records are among it: somebody asks for it."""
        if noted.is_wanted(self.env.cr, self._ai_stored_ids()):
            noted.hook(self.env.cr, "ai.deployment")

    def unlink(self):
        gone = self.ids
        result = super().unlink()
        if gone:
            self.env["ai.deployment.outcome"].sudo()._forget(self._name, gone)
            self.env["ai.deployment.score"].sudo()._record_gone(self._name, gone)
        return result

    # Words for people

    @api.model
    def _ai_level_names(self, path, levels, learned=None):
        """What people call the levels of a category at the end of `path`: {level: name}; ids become names.

        :param learned: what a version keeps of `path` (see `_describe_path`): options that are gone have their label
        """
        return LevelNames(self, path, learned).of(levels)

    # The score on the record

    @api.model
    def _ai_shown(self, beside=()):
        """Return what this user sees on records, as `Shown`.

        One statement, whether there is a fallback or not. Where another deployment of the company is in production,
        nobody needs what one that is switched off would show. A branch without a deployment of its own is spoken for
        by that of the nearest company above it.

        :param beside: ids of deployments whose scores the user may see without belonging to a viewer group
        """
        companies = self.env.companies
        deployments = (
            self.env["ai.deployment"]
            .sudo()
            .search_fetch(
                Domain("res_model", "=", self._name)
                & (
                    # days of grace, see `governance/ownership`; what shows when they are over is the fallback
                    (Domain("state", "=", "production") & Domain("shown_until", ">=", clock.today()))
                    | (Domain("state", "in", ("production", "suspended")) & Domain("fallback_since", "!=", False))
                )
                & Domain("company_id", "in", companies._ai_above_sql())
                & (
                    Domain("is_primary", "=", True) & Domain("viewer_group_ids", "in", self.env.user._get_group_ids())
                    | Domain("id", "in", beside)
                ),
                READ_TO_SHOW,
            )
        )
        live = deployments.filtered(lambda deployment: deployment.state == "production")
        off = {one.company_id: one.id for one in (deployments - live).sorted("id")}
        ids = [one for company, one in off.items() if company not in live.company_id]
        speaking = live | deployments.browse(ids)
        answered = live.filtered(lambda deployment: deployment.shown_until and not deployment._grace_over())
        return Shown(
            deployments=answered.filtered(lambda deployment: not deployment._fallback_in_force()),
            fallbacks=speaking._fallbacks_shown(),
            nearest=companies._ai_nearest(set(speaking.company_id.ids)),
        )

    @api.model
    def _ai_shown_in(self, query):
        """Return `_ai_shown`, asked once for each query: its condition, its order and its columns ask for the same."""
        asked = query.__dict__.setdefault("ai_shown", {})
        key = (self._name, self.env.uid, self.env.companies._ids)
        if key not in asked:
            asked[key] = self._ai_shown()
        return asked[key]

    @api.model
    def _ai_shown_deployment_ids(self):
        """Deployments whose scores this user may see on records, as a sorted tuple."""
        return tuple(sorted(self._ai_shown().deployments.ids))

    @api.model
    def _ai_shown_condition(self, alias, line, shown, query):
        """SQL of whether `line`, the alias of a table with a score or review, is what is shown of the record."""
        pairs = tuple((each.id, company) for each in shown.deployments for company in shown.companies(each))
        if not pairs:
            return SQL("FALSE")
        deployment, company = SQL.identifier(line, "deployment_id"), SQL.identifier(line, "company_id")
        # Of one deployment, the companies alone say it: how many rows a pair matches, the database guesses badly.
        speaking = SQL("%s = ANY(%s)", company, [each for _deployment, each in pairs])
        if len(shown.deployments) > 1:
            speaking = SQL("(%s, %s) IN %s", deployment, company, pairs)
        return SQL(
            "%s = %s AND %s = ANY(%s) AND %s = %s AND %s",
            SQL.identifier(line, "res_id"),
            SQL.identifier(alias, "id"),
            deployment,
            sorted(shown.deployments.ids),
            company,
            self._ai_company_sql(alias, shown, query),
            speaking,
        )

    @api.model
    def _ai_company_sql(self, alias, shown, query):
        """SQL of the company whose deployment speaks of the record, where that belongs to none as well."""
        here = self.env.company.id
        return SQL("COALESCE(%s, %s)", self._field_to_sql(alias, "company_id", query), shown.nearest.get(here, here))

    @api.model
    def _ai_join_score(self, alias, query, shown=None, ids=None):
        """Join the score that is shown on the record; the alias of the joined table.

        :param shown: what the user sees, as `_ai_shown` says it, where that is known already
        :param ids: of the only records that the query is about, where these are few
        """
        shown = self._ai_shown_in(query) if shown is None else shown
        score = query.make_alias(alias, "ai_score")
        query.add_join(
            "LEFT JOIN",
            score,
            "ai_deployment_score",
            SQL(
                "%s%s%s",
                self._ai_shown_condition(alias, score, shown, query),
                self._ai_not_held_out_sql(alias, SQL.identifier(score, "deployment_id")),
                self._ai_not_blind_sql(
                    SQL.identifier(alias, "id"), SQL.identifier(score, "deployment_id"), shown.deployments.ids, ids
                ),
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
    def _ai_not_blind_sql(self, record, deployment, of=None, ids=None):
        """SQL that leaves out records whose score a reviewer is to judge without having seen it; for others, nothing.

        To be added to a condition. `of`, `ids`: of the only deployments that `deployment` can be, and records.
        """
        if not self.env.user.has_group("ai_deployment.group_reviewer"):
            return SQL()
        return SQL(
            " AND (%s, %s) NOT IN (%s)",
            deployment,
            record,
            self.env["ai.deployment.review"]._blind_records_sql(of, ids),
        )

    @api.model
    def _ai_shown_score_ids(self, beside=()):
        """SQL of the ids of all scores that the user is shown on records of this model that he may read.

        The conditions of the score fields, and so the one answer to what is shown: what a fallback shows instead of is
        left out.

        :param beside: as for `_ai_shown`
        """
        shown = self._ai_shown(beside)
        query = self.with_context(active_test=False)._search(Domain.TRUE)
        score = self._ai_join_score(self._table, query, shown)
        query.add_where(SQL("%s IS NOT NULL", SQL.identifier(score, "id")))
        for fallback in shown.fallbacks:
            condition = self._ai_fallback_condition(fallback, self._table, score, query, shown)
            query.add_where(SQL("(%s) IS NOT TRUE", condition))
        query.order = None
        return query.subselect(SQL.identifier(score, "id"))

    @api.model
    def _ai_join_review(self, alias, query):
        """Join the open review of the record, of the deployment that is shown on it; the alias of the joined table."""
        review, state = query.make_alias(alias, "ai_review"), self.env["ai.deployment.review"]._fields["state"]
        query.add_join(
            "LEFT JOIN",
            review,
            "ai_deployment_review",
            SQL(
                "%s AND %s = 'open'",
                self._ai_shown_condition(alias, review, self._ai_shown_in(query), query),
                SQL.identifier(review, "state", to_flush=state),
            ),
        )
        return review

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "ai_wants_review" and query is not None:
            return SQL("(%s IS NOT NULL)", SQL.identifier(self._ai_join_review(alias, query), "id"))
        if field_expr in SHOWN and query is not None:
            return self._ai_shown_sql(alias, field_expr, query)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _ai_shown_sql(self, alias, name, query):
        """SQL of what the record shows in `name`: of the score, or of what shows in its place."""
        shown = self._ai_shown_in(query)
        score = self._ai_join_score(alias, query, shown)
        if name == "ai_is_fallback":
            own = SQL("FALSE")
        elif name == "ai_score_date":  # a record that could not be scored has a row too, without figures
            own = SQL(
                "CASE WHEN %s = 'scored' THEN %s END", SQL.identifier(score, "state"), SQL.identifier(score, "date")
            )
        else:
            own = SQL.identifier(score, SCORE_COLUMNS[name])
        if not shown.fallbacks:
            return own
        whens = []
        for fallback in shown.fallbacks:
            value = SQL("TRUE") if name == "ai_is_fallback" else SQL("NULL")
            if name == "ai_score":
                value = fallback.deployment._fallback_sql(alias)
            condition = self._ai_fallback_condition(fallback, alias, score, query, shown)
            whens.append(SQL("WHEN %s THEN %s", condition, value))
        return SQL("CASE %s ELSE %s END", SQL(" ").join(whens), own)

    @api.model
    def _ai_fallback_condition(self, fallback, alias, score, query, shown):
        """SQL of whether `fallback` shows on the record `alias`, whose score is joined as `score`."""
        deployment = fallback.deployment
        if fallback.below is not None:
            return SQL(
                "%s = %s AND %s = 'scored' AND %s < %s",
                SQL.identifier(score, "deployment_id"),
                deployment.id,
                SQL.identifier(score, "state"),
                SQL.identifier(score, "confidence"),
                fallback.below,
            )
        documents = self.sudo().with_context(active_test=False)
        records = documents._search(deployment._record_domain() & documents._ai_base_domain(), bypass_access=True)
        return SQL(
            "%s = ANY(%s) AND %s IN %s",
            self._ai_company_sql(alias, shown, query),
            shown.companies(deployment),
            SQL.identifier(alias, "id"),
            records.subselect(),
        )

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

    def _search_ai_is_fallback(self, operator, value):
        return self._search_by_score_column("ai_is_fallback", operator, value)

    def _search_ai_wants_review(self, operator, value):
        return self._search_by_score_column("ai_wants_review", operator, value)

    def _ai_stored_ids(self):
        """Ids of the stored records behind these; of records being edited, only those that the user may read."""
        return readable_origin(self).ids

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_wants_review(self):
        self._ai_score_noted()
        ids = self._ai_stored_ids()
        waiting = set()
        if ids and self._ai_shown_deployment_ids():
            query = self.browse(ids)._as_query(ordered=False)
            query.add_where(self._field_to_sql(self._table, "ai_wants_review", query))
            waiting = {row[0] for row in self.env.execute_query(query.select(SQL.identifier(self._table, "id")))}
        for record in self:
            record.ai_wants_review = record._origin.id in waiting

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_score(self):
        self._ai_score_noted()
        self.ai_score = self.ai_confidence = self.ai_score_date = self.ai_is_fallback = False
        figures, instead = self._ai_shown_lines(["state", "predicted_value", "confidence", "date"])
        for record in self:
            if record._origin.id in instead:
                record.ai_score, _sentence = instead[record._origin.id]
                record.ai_is_fallback = True
                continue
            state, *figure = figures.get(record._origin.id, (None,))
            if state == "scored":
                record.ai_score, record.ai_confidence, record.ai_score_date = figure

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_reasons(self):
        """By itself: a list without reasons does not pay for their words."""
        self._ai_score_noted()
        self.ai_reasons = False
        scores, instead = self._ai_shown_lines(["id"])
        known = self.env["ai.deployment.score"].sudo().browse(score_id for (score_id,) in scores.values())
        known = dict(zip(scores, known, strict=True))
        for record in self:
            if record._origin.id in instead:
                _figure, record.ai_reasons = instead[record._origin.id]
            elif score := known.get(record._origin.id):
                record.ai_reasons = score.reasons

    def _ai_shown_lines(self, names):
        """({record id: columns `names` of its score}, {record id: (figure, sentence) that shows in its place})."""
        shown = self._ai_shown() if any(self._origin.ids) else None
        scores = self._ai_shown_columns(shown, names) if shown and shown.deployments else {}
        instead = self._ai_shown_instead(shown) if shown and shown.fallbacks else {}
        return scores, instead

    def _ai_shown_instead(self, shown):
        """What shows in the place of a score, of the records where something does: {record id: (figure, sentence)}."""
        ids, found = self._ai_stored_ids(), {}
        for fallback in shown.fallbacks:
            query = self.browse(ids)._as_query(ordered=False)
            score = self._ai_join_score(self._table, query, shown)
            query.add_where(self._ai_fallback_condition(fallback, self._table, score, query, shown))
            value = fallback.deployment._fallback_sql(self._table)
            rows = self.env.execute_query(query.select(SQL.identifier(self._table, "id"), value))
            found.update({res_id: (value or 0.0, fallback.sentence) for res_id, value in rows})
        return found

    def _ai_shown_columns(self, shown, names):
        """Columns `names` of the shown score of each record that has one: {record id: tuple}."""
        ids, scores = self._ai_stored_ids(), self.env["ai.deployment.score"]
        query = self.browse(ids)._as_query(ordered=False)
        score = self._ai_join_score(self._table, query, shown, list(ids))
        # By their index: joined, the scores of all records may as well be read for those of a few.
        query.add_where(SQL("%s = ANY(%s)", SQL.identifier(score, "res_id"), list(ids)))
        columns = (SQL.identifier(score, name, to_flush=scores._fields[name]) for name in names)
        rows = self.env.execute_query(query.select(SQL.identifier(self._table, "id"), *columns))
        return {res_id: tuple(values) for res_id, *values in rows}
