"""Where records stand before they are scored: which of them a deployment is for, and what is known of each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL
from odoo.tools.query import Query

from ..documents.conditions import condition_sql
from ..documents.score_validity import CLOCKS_DIFFER
from ..tools import clock, faults
from ..tools.quiet_sql import quiet_sql
from .reasons import MAY_RETURN

if TYPE_CHECKING:
    from ..routing.router import Router


# What is read of a deployment to score one record, at once.
READ_TO_SCORE = (
    "audit_share",
    "band_high",
    "band_low",
    "batch_above",
    "challenger_id",
    "champion_id",
    "company_id",
    "domain",
    "has_edge_cases",
    "holdout_share",
    "horizon_days",
    "landmarks",
    "method",
    "min_confidence",
    "model_id",
    "res_model",
    "routing",
    "routing_thresholds",
    "routing_rules",
    "state",
)
BEFORE_IT_EXPIRES = timedelta(days=1)  # a score is made again, also of the same inputs: nights are a day apart


class Standing(NamedTuple):
    """What is known of a record before it is scored."""

    codes: str | None  # of its current score by this version
    is_known: bool  # this version has scored it before
    incumbent: float | None  # what Odoo itself says, where a column says it
    came: datetime | None  # when the record was created
    person: float | None  # what a person estimated by hand, where that is not logged yet
    amount: float | None  # the money at stake in it, in the company's currency, where that may be a reason to ask
    is_new_partner: bool | None  # no earlier document of its partner, where that may be a reason to ask
    amount_before: float | None  # what was at stake when it was scored last
    company_id: int  # whose record it is: the deployment's company or one of its branches

    def has_reached(self, amount: float) -> bool:
        """Return whether there is so much at stake now, and was not when it was scored last."""
        now, before = self.amount, self.amount_before
        return now is not None and before is not None and before < amount <= now


def read_standings(
    deployment: BaseModel,
    version: BaseModel,
    router: "Router",
    records: BaseModel,
    only: Callable[[str, Query], SQL] | None = None,
) -> dict[int, Standing]:
    """Return where those of `records` stand that the deployment is for: {record id: Standing}, ids ascending.

    Only the first time that a version scores a record counts for drift.

    :param deployment: record of `ai.deployment`, in sudo
    :param records: with the rights of who asks; what that user may not read is left out
    :param only: the SQL of a further condition, of the alias of the records' table in a query
    :raise UserError: where these are records of another model
    """
    env = deployment.env
    if records._name != deployment.res_model:
        raise UserError(env._("“%s” scores other records.", deployment.name))
    records.flush_model()  # at once: what the search needs, and what the reader needs, would be two updates
    env["ai.deployment.review"].flush_model(["expired_date", "expired_reason", "previous_id", "state"])
    documents = records.browse().with_context(active_test=False)
    query = documents._search(Domain("id", "in", records.ids))
    query.order = None
    for domain in (deployment._record_domain(), documents._ai_base_domain(), deployment._company_domain()):
        if not domain.is_true():
            query.add_where(condition_sql(documents, documents._table, query, domain))
    if only:
        query.add_where(only(documents._table, query))
    rows = env.execute_query(_statement(deployment, version, router, records, query))
    return {res_id: Standing(*row) for res_id, *row in rows}


def _statement(deployment: BaseModel, version: BaseModel, router: "Router", records: BaseModel, query: Query) -> SQL:
    """Return the SQL of (id, one column for each of `Standing`).

    Each is looked up by itself, in an index: a join, or EXISTS, may as well read the whole log for every chunk, and
    takes longer to plan than to run for one record. What has a current score by this version was scored by it; only
    the others are looked up in the log.
    """
    company = SQL("COALESCE(%s, %s)", SQL.identifier(records._table, "company_id"), deployment.company_id.id)
    logged = SQL(
        "ai_deployment_inference WHERE deployment_id = %s AND res_id = stands.id AND version_id = %s",
        deployment.id,
        version.id,
    )
    found = query.select(
        SQL.identifier(records._table, "id"),
        _current_codes(deployment, version, records, company),
        records._ai_incumbent_sql(records._table) or SQL("NULL::float8"),
        SQL.identifier(records._table, "create_date"),
        records._ai_person_sql(records._table) or SQL("NULL::float8"),
        *router.columns_read(records),
        company,
    )
    return SQL(
        "SELECT id, codes, codes IS NOT NULL OR (SELECT TRUE FROM %s LIMIT 1) IS NOT NULL, incumbent, came,"
        " CASE WHEN person IS NOT NULL AND"
        " (SELECT TRUE FROM %s AND person_value IS NOT NULL LIMIT 1) IS NULL THEN person END,"
        " amount, is_new, amount_before, company_id FROM (%s OFFSET 0)"
        " AS stands (id, codes, incumbent, came, person, amount, is_new, amount_before, company_id)"
        " ORDER BY id",
        logged,
        logged,
        found,
    )


def _current_codes(deployment: BaseModel, version: BaseModel, records: BaseModel, company: SQL) -> SQL:
    """Return the SQL of the codes of a record's current score by `version`.

    A record whose review expired because it had left, and that is back, counts as new: it is reviewed again. So does
    one that has gone to another branch: its score would not be seen there. And so does one whose score, about the days
    after it, is about to expire (the next night might be too late), or was made by a clock that ran ahead.
    """
    holds = SQL(" AND score.date <= %s", clock.now() + CLOCKS_DIFFER)
    if deployment.landmarks:
        window = timedelta(days=deployment.horizon_days)
        due = clock.now() - window + min(BEFORE_IT_EXPIRES, window / 2)
        holds = SQL("%s AND score.date > %s", holds, due)
    return SQL(
        "(SELECT codes FROM ai_deployment_score score WHERE deployment_id = %s AND res_id = %s AND version_id = %s"
        " AND state = 'scored' AND score.company_id = %s%s AND (SELECT TRUE FROM ai_deployment_review closed"
        " WHERE closed.deployment_id = %s AND closed.res_id = score.res_id"
        " AND closed.state = 'expired' AND closed.expired_reason IN %s AND closed.expired_date >= score.date"
        " AND (SELECT TRUE FROM ai_deployment_review later WHERE later.previous_id = closed.id LIMIT 1) IS NULL"
        " LIMIT 1) IS NULL LIMIT 1)",
        deployment.id,
        SQL.identifier(records._table, "id"),
        version.id,
        company,
        holds,
        deployment.id,
        MAY_RETURN,
    )


def filter_works(deployment: BaseModel) -> bool:
    """Return whether "Only Records" can be used at this moment.

    :raise psycopg2.Error: a fault of the moment, which tells nothing of the filter
    """
    try:
        with deployment.env.cr.savepoint(), quiet_sql("The filter of a deployment"):
            deployment.env[deployment.res_model].search(deployment._record_domain(), limit=1)
    except Exception as error:
        if faults.is_of_the_moment(error):
            raise
        return False
    return True
