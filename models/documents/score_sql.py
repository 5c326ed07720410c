"""Visible scores on records, in SQL: the one join of the score fields, and its conditions.

It serves reading, searching, sorting, grouping and exporting. A score is shown where the deployment is the primary one
of the record's company, it is in production, and the user belongs to one of its viewer groups; the record is not held
out, and the user is not to judge it unseen. Closed records have none, nor have those that left the filter, and figures
are shown of those that are still about now (`score_validity`). Who cannot read the record never gets here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, Query

from ..tools import clock
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.score_fields import SCORE_COLUMNS
from .score_validity import FRESH, ScoreValidity

MOST_HIDDEN = 1000  # records to be judged without their score, up to which a statement names them
# What has to be known of a deployment to show a score, or what stands in its place.
READ_TO_SHOW = (
    "band_high",
    "band_low",
    "company_id",
    "domain",
    "fallback",
    "fallback_below",
    "fallback_reason",
    "fallback_since",
    "fallback_value",
    "horizon_days",
    "landmarks",
    "method",
    "res_model",
    "shown_until",
    "start_field_id",
    "state",
)


class Shown(NamedTuple):
    """Visible scores on records: one deployment per company, the nearest one above a branch."""

    deployments: BaseModel  # whose scores are shown, in sudo
    fallbacks: list  # what shows instead of some, as `Fallback`s
    nearest: dict  # {company id: id of the company whose deployment speaks of its records}

    def companies(self, deployment: BaseModel) -> list[int]:
        """Return the ids of the companies of whose records `deployment` speaks."""
        own = deployment.company_id.id
        return [own, *sorted(company for company, owner in self.nearest.items() if owner == own != company)]


class ShownLine(NamedTuple):
    """The shown score of one record."""

    id: int
    deployment_id: int
    state: str
    predicted_value: float
    confidence: float
    date: datetime
    is_changed: bool
    standing: str | None  # of `score_validity`; None where the record could not be scored
    band: str | None


class ShownScores:
    """The scores that the user of `documents` is shown.

    :param documents: records of a model that can be scored, with the rights of the user
    """

    def __init__(self, documents: BaseModel):
        self.documents = documents
        self.env = documents.env

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the stored records behind these; of records being edited, only those that the user may read."""
        return readable_origin(self.documents).ids

    def shown(self, beside: Iterable[int] = ()) -> Shown:
        """Return what this user sees on records, as `Shown`.

        One statement, whether there is a fallback or not. Where another deployment of the company is in production,
        nobody needs what one that is switched off would show. A branch without a deployment of its own is spoken for
        by that of the nearest company above it.

        :param beside: ids of deployments whose scores the user may see without belonging to a viewer group
        """
        companies, groups, beside = self.env.companies, set(self.env.user._get_group_ids()), set(beside)
        above = {company for own in companies._ids for company in companies._ai_above_ids(own)}
        deployments = self.env["ai.deployment"].sudo()
        deployments = deployments.browse(
            one.id
            for one in deployments._viewed(self.documents._name)
            if one.company_id in above and ((one.is_primary and one.group_ids & groups) or one.id in beside)
        )
        deployments.fetch(READ_TO_SHOW)
        today = clock.today()
        deployments = deployments.filtered(
            lambda one: (
                # days of grace, see `governance/ownership`; what shows when they are over is the fallback
                (one.state == "production" and one.shown_until and one.shown_until >= today)
                or (one.state in ("production", "suspended") and one.fallback_since)
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

    def shown_in(self, query: Query) -> Shown:
        """Return `shown`, asked once for each query: its condition, its order and its columns ask for the same."""
        asked = query.__dict__.setdefault("ai_shown", {})
        key = (self.documents._name, self.env.uid, self.env.companies._ids)
        if key not in asked:
            asked[key] = self.shown()
        return asked[key]

    def deployment_ids(self) -> tuple[int, ...]:
        """Return the ids of the deployments whose scores this user may see on records, sorted."""
        return tuple(sorted(self.shown().deployments.ids))

    def join_score(
        self,
        alias: str,
        query: Query,
        shown: Shown | None = None,
        ids: list[int] | None = None,
        whole: Iterable[int] = (),
    ) -> str:
        """Join the score that is shown on the record; return the alias of the joined table.

        :param shown: what the user sees, as `shown` says it, where that is known already
        :param ids: of the only records that the query is about, where these are few
        :param whole: ids of deployments whose scores of closed records, and of those outside of their filter, are
            joined as well
        """
        shown = self.shown_in(query) if shown is None else shown
        score = query.make_alias(alias, "ai_score")
        validity = self.validity(shown)
        is_open = SQL("%s AND %s", validity.is_open(alias, query), validity.is_for(alias, score, query))
        if whole:
            is_open = SQL("((%s) OR %s = ANY(%s))", is_open, SQL.identifier(score, "deployment_id"), list(whole))
        query.add_join(
            "LEFT JOIN",
            score,
            "ai_deployment_score",
            SQL(
                "%s AND %s%s%s",
                self._condition(alias, score, shown, query),
                is_open,
                self.not_held_out(alias, SQL.identifier(score, "deployment_id")),
                self.not_blind(
                    SQL.identifier(alias, "id"), SQL.identifier(score, "deployment_id"), shown.deployments.ids, ids
                ),
            ),
        )
        return score

    def join_review(self, alias: str, query: Query, shown: Shown | None = None) -> str:
        """Join the open review of the record, of the shown deployment; return the alias of the joined table.

        :param shown: as for `join_score`
        """
        shown = self.shown_in(query) if shown is None else shown
        review, state = query.make_alias(alias, "ai_review"), self.env["ai.deployment.review"]._fields["state"]
        query.add_join(
            "LEFT JOIN",
            review,
            "ai_deployment_review",
            SQL(
                "%s AND %s = 'open'",
                self._condition(alias, review, shown, query),
                SQL.identifier(review, "state", to_flush=state),
            ),
        )
        return review

    def value(self, alias: str, name: str, query: Query) -> SQL:
        """Return SQL of what the record shows in the field `name`: of the score, or of its fallback."""
        shown = self.shown_in(query)
        score = self.join_score(alias, query, shown)
        own = self._own_value(alias, name, score, shown)
        if not shown.fallbacks:
            return own
        whens = []
        for fallback in shown.fallbacks:
            value = SQL("TRUE") if name == "ai_is_fallback" else SQL("NULL")
            if name == "ai_score":
                value = fallback.deployment._fallback_sql(alias)
            condition = self._fallback_condition(fallback, alias, score, query, shown)
            whens.append(SQL("WHEN %s THEN %s", condition, value))
        return SQL("CASE %s ELSE %s END", SQL(" ").join(whens), own)

    def _own_value(self, alias: str, name: str, score: str, shown: Shown) -> SQL:
        validity = self.validity(shown)
        if name == "ai_is_fallback":
            return SQL("FALSE")
        if name == "ai_score_date":  # a record that could not be scored has a row too, without figures
            return SQL(
                "CASE WHEN %s = 'scored' THEN %s END", SQL.identifier(score, "state"), SQL.identifier(score, "date")
            )
        if name == "ai_score_state":
            return validity.standing(alias, score)
        if name == "ai_band":
            return validity.if_fresh(alias, score, validity.band(alias, score))
        return validity.if_fresh(alias, score, SQL.identifier(score, SCORE_COLUMNS[name]))

    def place(self, alias: str, query: Query, descending: bool) -> SQL:
        """Return SQL by which a list is sorted by score: best first, changed ones where they were, expired ones last.

        :param descending: whether the highest come first
        """
        shown = self.shown_in(query)
        score = self.join_score(alias, query, shown)
        value = SQL.identifier(score, "predicted_value")
        if shown.fallbacks:
            value = SQL("COALESCE(%s, %s)", self.value(alias, "ai_score", query), value)
        return self.validity(shown).place(alias, score, value, descending)

    def validity(self, shown: Shown) -> ScoreValidity:
        """Return the expressions about whether the shown scores are still about now."""
        return ScoreValidity(self.documents, shown.deployments)

    def score_ids(self, beside: Iterable[int] = ()) -> SQL:
        """Return SQL of the ids of all scores that the user is shown on records of this model that he may read.

        The conditions of the score fields, and so the one answer to what is shown: what a fallback shows instead of is
        left out, and so is what no longer holds.

        :param beside: as for `shown`; of these, what no longer holds is there as well, and `standing` says so
        """
        shown, beside = self.shown(beside), list(beside)
        query = self.documents.with_context(active_test=False)._search(Domain.TRUE)
        score = self.join_score(self.documents._table, query, shown, whole=beside)
        query.add_where(SQL("%s IS NOT NULL", SQL.identifier(score, "id")))
        standing = self.validity(shown).standing(self.documents._table, score)
        holds = SQL("COALESCE(%s, %s) = %s", standing, FRESH, FRESH)
        query.add_where(SQL("(%s OR %s = ANY(%s))", holds, SQL.identifier(score, "deployment_id"), beside))
        for fallback in shown.fallbacks:
            condition = self._fallback_condition(fallback, self.documents._table, score, query, shown)
            query.add_where(SQL("(%s) IS NOT TRUE", condition))
        query.order = None
        return query.subselect(SQL.identifier(score, "id"))

    def lines(self) -> tuple[Shown | None, dict[int, ShownLine], dict[int, tuple[float, str]]]:
        """Return (what is shown, {record id: its shown score}, {record id: (figure, sentence) of its fallback})."""
        shown = self.shown() if any(self.documents._origin.ids) else None
        scores = self._lines_of(shown) if shown and shown.deployments else {}
        instead = self.instead(shown) if shown and shown.fallbacks else {}
        return shown, scores, instead

    def waiting(self, shown: Shown | None = None) -> set[int]:
        """Return the ids of those of the records that wait for a review.

        :param shown: as for `join_score`
        """
        ids = list(self.ids)
        shown = (shown or self.shown()) if ids else None
        if not shown or not shown.deployments:
            return set()
        query = Query(self.env, self.documents._table)
        review = SQL.identifier(self.join_review(self.documents._table, query, shown), "res_id")
        query.add_where(SQL("%s = ANY(%s)", review, ids))
        return {res_id for (res_id,) in self.env.execute_query(query.select(review))}

    def instead(self, shown: Shown) -> dict[int, tuple[float, str]]:
        """Return the fallback of the records that show one: {record id: (figure, sentence)}."""
        ids, found = self.ids, {}
        for fallback in shown.fallbacks:
            query = self.documents.browse(ids)._as_query(ordered=False)
            score = self.join_score(self.documents._table, query, shown)
            query.add_where(self._fallback_condition(fallback, self.documents._table, score, query, shown))
            value = fallback.deployment._fallback_sql(self.documents._table)
            rows = self.env.execute_query(query.select(SQL.identifier(self.documents._table, "id"), value))
            found.update({res_id: (value or 0.0, fallback.sentence) for res_id, value in rows})
        return found

    def _lines_of(self, shown: Shown) -> dict[int, ShownLine]:
        """Return the shown score of each record that has one: {record id: line}."""
        ids, scores, table = self.ids, self.env["ai.deployment.score"], self.documents._table
        # The records are read first, behind a fence: PostgreSQL with statistics would read the whole of a small table
        # beside the scores, and without any walk through another index of the records for each score.
        records = SQL("(SELECT * FROM %s WHERE id = ANY(%s) OFFSET 0)", SQL.identifier(table), list(ids))
        query = Query(self.env, table, records)
        score = self.join_score(table, query, shown, list(ids))
        query.add_where(SQL("%s IS NOT NULL", SQL.identifier(score, "id")))
        validity = self.validity(shown)
        computed = {"standing": validity.standing, "band": validity.band}
        columns = (
            computed[name](table, score)
            if name in computed
            else SQL.identifier(score, name, to_flush=scores._fields[name])
            for name in ShownLine._fields
        )
        rows = self.env.execute_query(query.select(SQL.identifier(table, "id"), *columns))
        return {res_id: ShownLine(*values) for res_id, *values in rows}

    def not_held_out(self, alias: str, deployment: SQL) -> SQL:
        """Return what leaves out held-out records, to be added to a condition; mostly nothing."""
        holdouts = self.env["ai.deployment"]._holdouts(self.documents._name)
        if not holdouts:
            return SQL()
        return SQL(
            " AND NOT (%s)",
            SQL(" OR ").join(SQL("%s = %s AND %s", deployment, one.id, one.sql(alias)) for one in holdouts),
        )

    def not_blind(self, record: SQL, deployment: SQL, of: list[int] | None = None, ids: list[int] | None = None) -> SQL:
        """Return what leaves out records that a reviewer is to judge unseen; for other users, nothing.

        To be added to a condition. `of`, `ids`: of the only deployments that `deployment` can be, and records.
        """
        if not self.env.user.has_group("ai_deployment.group_reviewer"):
            return SQL()
        hidden = self.env["ai.deployment.review"]._blind_records_sql(of, ids)
        if ids is None:
            # Those of a long list are few, and known beforehand: with a query within, the database reads it in one
            # process instead of several.
            rows = self.env.execute_query(SQL("%s LIMIT %s", hidden, MOST_HIDDEN + 1))
            if not rows:
                return SQL()
            if len(rows) <= MOST_HIDDEN:
                hidden = SQL("VALUES %s", SQL(", ").join(SQL("%s", row) for row in rows))
        return SQL(" AND (%s, %s) NOT IN (%s)", deployment, record, hidden)

    def _condition(self, alias: str, line: str, shown: Shown, query: Query) -> SQL:
        """Return SQL of whether `line`, the alias of a table with a score or review, is what is shown of the record."""
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
            self._company(alias, shown, query),
            speaking,
        )

    def _company(self, alias: str, shown: Shown, query: Query) -> SQL:
        """Return SQL of the company whose deployment speaks of the record, where that belongs to none as well."""
        here = self.env.company.id
        return SQL(
            "COALESCE(%s, %s)", self.documents._field_to_sql(alias, "company_id", query), shown.nearest.get(here, here)
        )

    def _fallback_condition(self, fallback: Any, alias: str, score: str, query: Query, shown: Shown) -> SQL:
        """Return SQL of whether `fallback` shows on the record `alias`, whose score is joined as `score`."""
        deployment = fallback.deployment
        if fallback.below is not None:  # the joined score is one of an open record
            return SQL(
                "%s = %s AND %s = 'scored' AND %s < %s",
                SQL.identifier(score, "deployment_id"),
                deployment.id,
                SQL.identifier(score, "state"),
                SQL.identifier(score, "confidence"),
                fallback.below,
            )
        documents = self.documents.sudo().with_context(active_test=False)
        records = documents._search(deployment._record_domain() & documents._ai_base_domain(), bypass_access=True)
        return SQL(
            "%s = ANY(%s) AND %s AND %s IN %s",
            self._company(alias, shown, query),
            shown.companies(deployment),
            self.validity(shown).is_open(alias, query),
            SQL.identifier(alias, "id"),
            records.subselect(),
        )
