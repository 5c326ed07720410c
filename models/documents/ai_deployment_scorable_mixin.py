"""Documents that can be scored, and the score that stands on them.

The score of a record is stored in `ai.deployment.score`, never on the record. The fields here are not stored:
`score_sql` joins what the user is shown. `ai.deployment.score` asks the same conditions (`ShownScores.score_ids`).

What differs per kind of document is a hook, `_ai_*`, overridden in that document's own file.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, ormcache

from ..features.names import LevelNames
from ..tools.computed import fill
from ..tools.score_fields import SHOWN
from ..tools.wording import percent
from . import noting
from .completion import completion_action, completion_form, missing_inputs
from .conditions import plain_sql
from .field_texts import field_texts
from .outcomes import Outcomes
from .score_sql import ShownScores
from .score_validity import CHANGED, EXPIRED, FRESH, HIGH, LOW, MIDDLE
from .score_words import help_text, score_text, stale_text
from .waiting_reviews import my_reviews_sql, open_reviews

WHAT_IS_SHOWN = "shown"  # beside the lines that are known: the `Shown` that they were read by


class AiDeploymentScorableMixin(models.AbstractModel):
    _name = "ai.deployment.scorable.mixin"
    _description = "Document That Can Be Scored"

    _ai_scorable = True
    _ai_comes_in_order = True  # whether no record comes after one whose own date (`_ai_moment_sql`) is later
    _ai_responsible_field = None  # a stored field of the record: the person whose record it is
    _ai_shows_chance = True  # whether the figure is a chance that people read; else only its band is shown
    _ai_list_action = ""  # XML id of Odoo's own action that lists them: where they are entered and imported
    _ai_stage_field = ""  # a many2one field of the record: the stage that it is in
    _ai_may_hold_out = False  # whether scores of some of them may be hidden on purpose, to learn what scores do

    # Figures are those that hold now: none of records that are closed, whose inputs changed or whose time is over.
    ai_score = fields.Float(
        "Score",
        compute="_compute_ai_score",
        search="_search_ai_score",
        aggregator="avg",
        copy=False,
        help="Empty where there is no score, where an input was changed since it was made, and where the time that it "
        "is about is over.",
    )
    ai_confidence = fields.Float(
        "Confidence",
        compute="_compute_ai_score",
        search="_search_ai_confidence",
        aggregator="avg",
        copy=False,
        help="How clearly the score lies on one side, as routing uses it.",
    )
    ai_score_date = fields.Datetime(
        "Scored On",
        compute="_compute_ai_score",
        search="_search_ai_score_date",
        copy=False,
        help="When the inputs last gave another score. Unchanged inputs are not scored again.",
    )
    ai_score_state = fields.Selection(
        [(FRESH, "Current"), (CHANGED, "Changed since the score"), (EXPIRED, "Expired")],
        "Score Status",
        compute="_compute_ai_score",
        search="_search_ai_score_state",
        copy=False,
        help="Changed: an input is another since the score was made. Expired: the outcome window is over.",
    )
    ai_band = fields.Selection(
        [(HIGH, "High"), (MIDDLE, "Middle"), (LOW, "Low")],
        "Band",
        compute="_compute_ai_score",
        search="_search_ai_band",
        copy=False,
        help="The score in one word. The owner of the deployment sets the limits.",
    )
    ai_score_text = fields.Char("Score in Words", compute="_compute_ai_score", copy=False)
    ai_score_help = fields.Char("About the Score", compute="_compute_ai_score_help", copy=False)
    ai_missing_text = fields.Char("Missing Inputs", compute="_compute_ai_missing_text", copy=False)
    ai_is_fallback = fields.Boolean(
        "Fallback",
        compute="_compute_ai_score",
        search="_search_ai_is_fallback",
        copy=False,
        help="Not a score but the configured fallback. The reasons name its kind and cause.",
    )
    ai_reasons = fields.Text("Reasons", compute="_compute_ai_reasons", copy=False)
    ai_change_text = fields.Text(
        "What Would Change It",
        compute="_compute_ai_change_text",
        copy=False,
        help="How records end that differ in one thing that can be acted on. What differs is not always the cause.",
    )
    ai_needs_review = fields.Boolean(
        "Needs Review", compute="_compute_ai_needs_review", search="_search_ai_needs_review", copy=False
    )
    # For reviewers: these cost nothing where nobody reads them, and the views show them to reviewers only.
    ai_needs_my_review = fields.Boolean(
        "Needs My Review",
        compute="_compute_ai_needs_my_review",
        search="_search_ai_needs_my_review",
        copy=False,
        groups="ai_deployment.group_reviewer",
    )
    ai_review_text = fields.Char(
        "Waiting for Review", compute="_compute_ai_review_text", copy=False, groups="ai_deployment.group_reviewer"
    )

    # Hooks per kind of document

    @api.model
    def _ai_has_outcome(self):
        """Return whether the document has an outcome of its own that a scorecard can learn from."""
        return False

    @api.model
    def _ai_fields_known_too_late(self):
        """Names of fields whose value often comes with, or after, the outcome."""
        return set()

    @api.model
    def _ai_known_by_tracking(self):
        """Return the names of those of them that can be an input where they are read as they were."""
        return set()

    @api.model
    def _ai_course(self):
        """Return how the course of records is read (see `lead_course`); None where there is none."""
        return None

    @api.model
    def _ai_no_start_fields(self):
        """Names of dates that cannot say when a record began."""
        return self._ai_fields_known_too_late()

    @api.model
    def _ai_usual_inputs(self):
        """Return the inputs to start with when looking for unusual records, as values of `ai.deployment.feature`.

        `together` in place of `together_id` is the name of the other input. Empty where nothing is known to help.
        """
        return []

    @api.model
    def _ai_incumbent_inputs(self):
        """Return the names of the fields that Odoo's own estimate is computed from; empty where there is none."""
        return []

    @api.model
    def _ai_base_domain(self):
        """Records of this model that a deployment may score at all."""
        return Domain.TRUE

    @api.model
    @ormcache("alias", "text")
    def _ai_plain_sql(self, alias, text, domain):
        """Return the SQL of `domain`, which reads `text`, None where it is not plain; see `conditions`."""
        return plain_sql(self, alias, domain)

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
    def _ai_expires_sql(self, alias, deployment, score):
        """SQL of the moment from which a score of the record is about nothing that can still happen; None if never.

        :param score: alias of the score
        """
        return None

    @api.model
    def _ai_band_names(self):
        """Return the words for the bands of a score: {band: word}."""
        return dict(self._fields["ai_band"]._description_selection(self.env))

    @api.model
    def _ai_directions(self):
        """Return what a reason does to the score: (the words where it raises it, where it lowers it)."""
        return self.env._("raises the score"), self.env._("lowers the score")

    def _ai_score_meaning(self, score):
        """Return what `score`, a current score in sudo, says of the record, in a sentence."""
        return self.env._("How likely this record ends well.")

    def _ai_changes(self, score):
        """Return what would change `score`, a current score of this record in sudo, in sentences; "" where nothing."""
        return ""

    @api.model
    def _ai_keep_outcomes(self):
        """Hook: keep the end of records that ended past the ORM, before anything rewrites it."""

    @api.model
    def _ai_outcomes(self, deployment):
        """Return the outcomes of the records of `deployment`, as `Outcomes`."""
        return Outcomes(self, deployment)

    @api.model
    def _ai_training_rows(self, deployment, now):
        """Rows to learn from, oldest first: list of (id, moment, label), label None without outcomes."""
        raise NotImplementedError

    @api.model
    def _ai_came_true(self, deployment, landmarks, from_score=False):
        """Return the outcomes of records: {id: True or False}, for `landmarks` ({id: moment of the score}).

        True is won within the horizon, which begins with the record, or with the score where `from_score`. Left out is
        what is gone, was closed before its score, or was too old for it. What was merged counts as its survivor does.
        """
        return {}

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
        """Return the fields used by review reasons: {reason: names of the fields that hold it}."""
        return {}

    def _ai_incumbent(self):
        """Return Odoo's own estimate at this moment, per record id: a number from 0 to 1, or nothing.

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
        """Return the fields a reviewer reads first, limited to those the user may read: [(label, text)] in reading
        order."""
        return field_texts(self, ("create_date", "create_uid"))

    def _ai_endings(self):
        """Return how records ended: {id: (label, whether that is the positive side)}."""
        return {}

    def _ai_answer_effects(self):
        """Return what a reviewer's answer does to this record, beside teaching: {"positive" or "negative": values}.

        The values are `label`, which says what happens, and `confirm`, a question to be asked first.
        """
        return {}

    @api.model
    def _ai_incumbent_text(self, value):
        """Return Odoo's own estimate, a number from 0 to 1, in words."""
        return percent(self.env, value)

    def _ai_makers(self):
        """Return the makers of each record, who may not judge it: {id: set of user ids}."""
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
        """Return a hash of the judged data of each record: {id: text}; nothing without a gate."""
        return {}

    @api.model
    def _ai_obsolete_domain(self):
        """Records about which no question makes sense any more."""
        return Domain.FALSE

    @api.model
    def _ai_answers(self):
        """Reasons that reviewers choose from, as a new deployment begins: {code: (name, decision, asks for words)}."""
        return {
            "checked": (self.env._("I checked it"), "confirmed", False),
            "record_wrong": (self.env._("The record is wrong or incomplete"), "any", False),
            "know_more": (self.env._("I have more information than the record"), "overridden", True),
            "other": (self.env._("Something else"), "any", True),
        }

    @api.model
    def _ai_words(self):
        """Return the words for scores and documents of this kind: see the overrides."""
        return {
            "records": self.env._("records"),
            "positive": self.env._("yes"),
            "negative": self.env._("no"),
        }

    @api.model
    def _ai_value_measures(self, deployment, alias):
        """Return the measures of business value, per record of the table `alias`: {code: Measure}; nothing by
        default."""
        return {}

    @api.model
    def _ai_value_domain(self):
        """Records that these measures are about, of those that the deployment is for."""
        return Domain.TRUE

    # Scored by itself, see `models/scoring/ai_deployment.py`

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        noting.note_created(records)
        return records

    def write(self, vals):
        result = super().write(vals)
        noting.note_changes(self, [vals] * len(self))
        return result

    def _write_multi(self, vals_list):
        """Note also what is computed and stored, whatever it was computed from."""
        result = super()._write_multi(vals_list)
        noting.note_changes(self, vals_list)
        return result

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
        """Return the labels of the levels of a category at the end of `path`: {level: name}; ids become names.

        :param learned: what a version keeps of `path` (see `describe_path`): options that are gone have their label
        """
        return LevelNames(self, path, learned).of(levels)

    # The score on the record

    def _field_to_sql(self, alias, field_expr, query=None):
        if not field_expr.startswith("ai_"):  # nearly all: each column that is read asks
            return super()._field_to_sql(alias, field_expr, query)
        if field_expr == "ai_needs_my_review":
            return SQL("(%s IN %s)", SQL.identifier(alias, "id"), my_reviews_sql(self))
        if field_expr == "ai_needs_review" and query is not None:
            return SQL("(%s IS NOT NULL)", SQL.identifier(ShownScores(self).join_review(alias, query), "id"))
        if field_expr in SHOWN and query is not None:
            return ShownScores(self).value(alias, field_expr, query)
        return super()._field_to_sql(alias, field_expr, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name in SHOWN:
            nulls = SQL("NULLS LAST")  # unscored records come last, whichever way the list is sorted
        if field_name == "ai_score":
            place = ShownScores(self).place(alias, query, direction.code.upper() == "DESC")
            return SQL("%s %s %s", place, direction, nulls)
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

    def _search_ai_score_state(self, operator, value):
        return self._search_by_score_column("ai_score_state", operator, value)

    def _search_ai_band(self, operator, value):
        return self._search_by_score_column("ai_band", operator, value)

    def _search_ai_is_fallback(self, operator, value):
        return self._search_by_score_column("ai_is_fallback", operator, value)

    def _search_ai_needs_review(self, operator, value):
        return self._search_by_score_column("ai_needs_review", operator, value)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_needs_review(self):
        self._ai_shown_scores()  # what is shown has been asked for then, and what was noted is scored
        waiting = ShownScores(self).waiting(self._ai_known_lines().get(WHAT_IS_SHOWN))
        fill(self, "ai_needs_review", dict.fromkeys(waiting, True))

    def _ai_read_shown_scores(self):
        """Return `ShownScores.lines`, made now where somebody asks before the end of the transaction.

        To be called before anything is assigned: a new score empties the cache. A score whose inputs are others now is
        made again where one record is looked at, and so is one that has expired where one of today says something;
        in a list it only says so.
        """
        noting.score_noted(self)
        shown, scores, instead = ShownScores(self).lines()
        if len(self) == 1 and self.id and self.id in scores and scores[self.id].standing in (CHANGED, EXPIRED):
            line = scores[self.id]
            deployment = self.env["ai.deployment"].sudo().browse(line.deployment_id)
            if (line.standing == CHANGED or deployment.landmarks) and deployment._refresh_score(self):
                shown, scores, instead = ShownScores(self).lines()
        known = self._ai_known_lines()
        known.update((one, (scores.get(one), instead.get(one))) for one in self._origin.ids)
        known[WHAT_IS_SHOWN] = shown
        return scores, instead

    def _ai_known_lines(self):
        """Return what was read for `ai_score`, by record id: as new as that field in the cache."""
        key = ("ai_deployment_lines", self._name, self.env.uid, self.env.su, self.env.companies._ids)
        return self.env.cr.cache.setdefault(key, {})

    def _ai_shown_scores(self):
        """Return what `ShownScores.lines` says, read once for all the columns of a list.

        To be called before anything is assigned, as `ai_score` may not have been read yet.
        """
        self.mapped("ai_score_state")
        known, ids = self._ai_known_lines(), self._origin.ids
        if not all(res_id in known for res_id in ids):
            return self._ai_read_shown_scores()
        found = {res_id: known[res_id] for res_id in ids}
        scores = {res_id: line for res_id, (line, _fallback) in found.items() if line}
        return scores, {res_id: fallback for res_id, (_line, fallback) in found.items() if fallback}

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_score(self):
        """Figures and words together: a list that shows both asks once."""
        scores, instead = self._ai_read_shown_scores()
        told = {one: line for one, line in scores.items() if line.standing and one not in instead}
        fresh = {one: line for one, line in told.items() if line.standing == FRESH}
        words = {one: score_text(self, each.predicted_value, each.standing, each.band) for one, each in told.items()}
        figures = {one: line.predicted_value for one, line in fresh.items()}
        for one, (figure, _sentence) in instead.items():
            figures[one] = figure
            words[one] = self.env._("%s · not a score", percent(self.env, figure))
        fill(self, "ai_score", figures)
        fill(self, "ai_score_text", words)
        fill(self, "ai_score_date", {one: line.date for one, line in told.items()})
        fill(self, "ai_score_state", {one: line.standing for one, line in told.items()})
        fill(self, "ai_confidence", {one: line.confidence for one, line in fresh.items()})
        fill(self, "ai_band", {one: line.band for one, line in fresh.items()})
        fill(self, "ai_is_fallback", dict.fromkeys(instead, True))

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_score_help(self):
        scores, instead = self._ai_shown_scores()
        told = {one: line for one, line in scores.items() if line.standing and one not in instead}
        known = self._ai_scores_by_id({one: line for one, line in told.items() if line.standing == FRESH})
        texts = {one: self._ai_stale_text(line) for one, line in told.items() if line.standing != FRESH}
        for record in self:
            if (line := told.get(record._origin.id)) and line.id in known:
                texts[record._origin.id] = help_text(record, known[line.id])
        fill(self, "ai_score_help", texts)

    def _ai_stale_text(self, line):
        """Return why the score of a line of `ShownScores` no longer holds."""
        return stale_text(line, self.env["ai.deployment"].sudo().browse(line.deployment_id), line.standing)

    def _ai_scores_by_id(self, lines):
        """Return the scores that `lines` of `ShownScores` are about, in sudo and read together: {id: score}."""
        found = self.env["ai.deployment.score"].sudo().browse(line.id for line in lines.values())
        return {score.id: score for score in found}

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_reasons(self):
        """By itself: a list without reasons does not pay for their words.

        The reasons of a score that no longer holds would contradict the record: what is wrong with it is said instead.
        """
        scores, instead = self._ai_shown_scores()
        stale = (CHANGED, EXPIRED)
        fresh = [line.id for res_id, line in scores.items() if res_id not in instead and line.standing not in stale]
        told = self.env["ai.deployment.score"].sudo().browse(fresh)._told_on_records()
        reasons = {
            res_id: told[line.id] if line.id in told else self._ai_stale_text(line)
            for res_id, line in scores.items()
            if res_id not in instead
        }
        fill(self, "ai_reasons", {**reasons, **{res_id: sentence for res_id, (_figure, sentence) in instead.items()}})

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_change_text(self):
        scores, instead = self._ai_shown_scores()
        known = self._ai_scores_by_id(scores)
        for record in self:
            line = scores.get(record._origin.id)
            is_told = line and line.standing == FRESH and record._origin.id not in instead
            record.ai_change_text = is_told and record._origin._ai_changes(known[line.id])

    # Completing what could not be scored

    def _ai_missing_inputs(self):
        """Return what keeps each record from being scored: {id: {field name: label of the input}}."""
        scores, _instead = self._ai_shown_scores()
        deployments, found = self.env["ai.deployment"].sudo(), {}
        for res_id, line in scores.items():
            version = line.state == "failed" and deployments.browse(line.deployment_id).champion_id
            if version:
                found[res_id] = missing_inputs(self.browse(res_id), version._specs())
        return found

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_missing_text(self):
        missing = self._ai_missing_inputs()
        for record in self:  # for who may fill it in: the reasons say to all that something is missing
            names = ", ".join(missing.get(record._origin.id, {}).values())
            record.ai_missing_text = bool(names) and record._origin.has_access("write") and names

    def action_ai_complete(self):
        """Open a small form with what the record lacks to be scored; it is scored when that is saved."""
        self.ensure_one()
        self.check_access("write")
        missing = self._ai_missing_inputs().get(self.id)
        if not missing:
            raise UserError(self.env._("Nothing is missing here any more."))
        return completion_action(self, list(missing))

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        form = completion_form(self) if view_type == "form" else None
        return (arch if form is None else form), view

    # Waiting for a review

    def _search_ai_needs_my_review(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = Domain("id", "in", my_reviews_sql(self))
        if set(value) == {True}:
            return mine
        return ~mine if True not in value else Domain.TRUE

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_needs_my_review(self):
        reviews = open_reviews(self)
        for record in self:
            record.ai_needs_my_review = self.env.user in reviews[record._origin.id].reviewer_id

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_review_text(self):
        reviews, (scores, _instead) = open_reviews(self), self._ai_shown_scores()
        for record in self:
            review = reviews[record._origin.id][:1]
            record.ai_review_text = review.why_text if review else False
            line = scores.get(record._origin.id)
            # The figures in it are those of when it was opened.
            if review and line and line.standing in (CHANGED, EXPIRED):
                record.ai_review_text = self.env._(
                    "%(why)s (as of %(date)s)", why=review.why_text, date=format_date(self.env, review.opened_date)
                )

    def action_ai_review(self):
        """Open the desk at the case of this record."""
        self.ensure_one()
        self.check_access("read")
        return open_reviews(self)[self.id][:1].action_open_desk()
