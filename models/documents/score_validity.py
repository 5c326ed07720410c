"""Whether a score is still about now, in SQL: a part of the one join (`score_sql`).

A score is *fresh*, *changed* (an input was written since, or time alone has changed one) or *expired* (its outcome
window is over). A figure is shown of fresh ones only; of the others, texts say what they were and why they no longer
hold. Records that are closed, and those that left the filter of the deployment, show no score at all.
"""

from datetime import timedelta

from odoo.models import BaseModel
from odoo.tools import SQL, Query

from ..tools import clock
from .conditions import condition_sql

FRESH, CHANGED, EXPIRED, CLOSED, OUTSIDE = "fresh", "changed", "expired", "closed", "outside"
HIGH, MIDDLE, LOW = "high", "middle", "low"
UNUSABLE = (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError)  # what a filter ends in
CLOCKS_DIFFER = timedelta(hours=1)  # a score from beyond was made by a clock that ran ahead: its days are wrong
FAR = 2.0  # beyond every score: what an expired one is moved by when a list is sorted


class ScoreValidity:
    """Expressions about the scores of some deployments.

    :param documents: records of a model that can be scored
    :param deployments: whose scores are shown, in sudo
    """

    def __init__(self, documents: BaseModel, deployments: BaseModel):
        self.documents = documents
        self.deployments = deployments

    def is_open(self, alias: str, query: Query) -> SQL:
        """Return SQL of whether the record is open: only then its score is about something that can still happen."""
        documents = self.documents.sudo().with_context(active_test=False)
        return condition_sql(documents, alias, query, documents._ai_open_domain())

    def is_for(self, alias: str, score: str, query: Query) -> SQL:
        """Return SQL of whether the deployment of the score is still for the record, by its filter.

        A filter that cannot be used any more hides nothing: scoring tells of it.
        """
        documents = self.documents.sudo().with_context(active_test=False)
        conditions = []
        for deployment in self.deployments:
            try:
                wanted = deployment._record_domain()
                own = condition_sql(documents, alias, query, wanted)
            except UNUSABLE:
                continue
            if not wanted.is_true():
                conditions.append(SQL("(NOT %s OR (%s))", _of(score, deployment), own))
        return SQL(" AND ").join(conditions) if conditions else SQL("TRUE")

    def is_expired(self, alias: str, score: str) -> SQL | None:
        """Return SQL of whether the outcome window of the record is over; None where no score expires."""
        conditions = []
        for deployment in self.deployments:
            expires = self.documents._ai_expires_sql(alias, deployment, score)
            if expires is not None:
                own = SQL("%s <= %s", expires, clock.now())
                conditions.append(own if len(self.deployments) == 1 else SQL("%s AND %s", _of(score, deployment), own))
        return SQL("(%s)", SQL(" OR ").join(conditions)) if conditions else None

    def standing(self, alias: str, score: str) -> SQL:
        """Return SQL of `FRESH`, `CHANGED` or `EXPIRED`; NULL where there is no figure."""
        expired = self.is_expired(alias, score)
        return SQL(
            "CASE WHEN %s IS DISTINCT FROM 'scored' THEN NULL %s WHEN %s THEN %s ELSE %s END",
            SQL.identifier(score, "state"),
            SQL("WHEN %s THEN %s", expired, EXPIRED) if expired is not None else SQL(),
            self.is_changed(score),
            CHANGED,
            FRESH,
        )

    def is_changed(self, score: str) -> SQL:
        """Return SQL of whether inputs are others than those of the score; no record is read for it."""
        until = SQL("LEAST(%s, %s)", SQL.identifier(score, "holds_until"), SQL.identifier(score, "next_meeting"))
        return SQL(
            "(%s OR COALESCE(%s <= %s, FALSE) OR %s > %s)",
            SQL.identifier(score, "is_changed"),
            until,
            clock.now(),
            SQL.identifier(score, "date"),
            clock.now() + CLOCKS_DIFFER,
        )

    def if_fresh(self, alias: str, score: str, value: SQL) -> SQL:
        """Return `value`, a column of the score, where the score is fresh; else NULL."""
        stale, expired = self.is_changed(score), self.is_expired(alias, score)
        if expired is not None:
            stale = SQL("(%s OR %s)", stale, expired)
        return SQL("CASE WHEN %s THEN NULL ELSE %s END", stale, value)

    def band(self, alias: str, score: str) -> SQL:
        """Return SQL of the band of a score, fresh or not: `HIGH`, `MIDDLE` or `LOW`, by its deployment's limits."""
        value, cases = SQL.identifier(score, "predicted_value"), []
        for deployment in self.deployments:
            if deployment.method == "anomaly":  # unusual is what the card flags
                middle = SQL.identifier(score, "prediction")
                high = SQL("%s AND %s >= %s", middle, value, deployment.band_high)
            else:
                middle, high = SQL("%s >= %s", value, deployment.band_low), SQL("%s >= %s", value, deployment.band_high)
            cases.append(
                SQL(
                    "WHEN %s THEN CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END",
                    _of(score, deployment),
                    high,
                    HIGH,
                    middle,
                    MIDDLE,
                    LOW,
                )
            )
        known = SQL("CASE %s END", SQL(" ").join(cases)) if cases else SQL("NULL::varchar")
        return SQL("CASE WHEN %s = 'scored' THEN %s END", SQL.identifier(score, "state"), known)

    def place(self, alias: str, score: str, value: SQL, descending: bool) -> SQL:
        """Return SQL by which a list is sorted: `value`, the expired ones behind the others, either way."""
        expired = self.is_expired(alias, score)
        if expired is None:
            return value
        # Only those behind are calculated with: arithmetic on each of a long list costs as much as sorting it.
        return SQL("CASE WHEN %s THEN %s + %s ELSE %s END", expired, value, -FAR if descending else FAR, value)


def standings(documents: BaseModel, deployment: BaseModel, ids: list[int]) -> dict[int, str]:
    """Return where the scores of `deployment` (in sudo) on records of the model of `documents` stand: {id: standing}.

    `CLOSED` where the record is, `OUTSIDE` where it left the filter; records that are gone, and those without a figure,
    are left out.
    """
    documents = documents.sudo().with_context(active_test=False)
    query = documents.browse(ids)._as_query(ordered=False)
    score = query.make_alias(documents._table, "ai_score")
    line = SQL("%s = %s", SQL.identifier(score, "res_id"), SQL.identifier(documents._table, "id"))
    query.add_join("JOIN", score, "ai_deployment_score", SQL("%s AND %s", line, _of(score, deployment)))
    standing = _whole_standing(documents, deployment, score, query)
    rows = documents.env.execute_query(query.select(SQL.identifier(documents._table, "id"), standing))
    return {res_id: standing for res_id, standing in rows if standing}


def standing_of_scores(deployments: BaseModel, score: str) -> SQL:
    """Return SQL of what `standings` says, for the scores `score` (an alias) of `deployments` (in sudo)."""
    whens = []
    for res_model, own in deployments.grouped("res_model").items():
        if res_model not in deployments.env:
            continue
        documents = deployments.env[res_model].with_context(active_test=False)
        query = Query(documents.env, documents._table)
        query.add_where(SQL("%s = %s", SQL.identifier(documents._table, "id"), SQL.identifier(score, "res_id")))
        standing = query.subselect(_whole_standing(documents, own, score, query))
        whens.append(SQL("WHEN %s = ANY(%s) THEN %s", SQL.identifier(score, "deployment_id"), own.ids, standing))
    return SQL("CASE %s END", SQL(" ").join(whens)) if whens else SQL("NULL::varchar")


def _whole_standing(documents: BaseModel, deployments: BaseModel, score: str, query: Query) -> SQL:
    validity, table = ScoreValidity(documents, deployments), documents._table
    return SQL(
        "CASE WHEN NOT (%s) THEN %s WHEN NOT (%s) THEN %s ELSE %s END",
        validity.is_open(table, query),
        CLOSED,
        validity.is_for(table, score, query),
        OUTSIDE,
        validity.standing(table, score),
    )


def _of(score: str, deployment: BaseModel) -> SQL:
    return SQL("%s = %s", SQL.identifier(score, "deployment_id"), deployment.id)
