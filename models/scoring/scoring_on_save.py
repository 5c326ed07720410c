"""Score what a transaction created or changed, before it is committed.

Documents note what was created or changed (`tools/noted.py`); the end of the transaction scores it here, one chunk per
deployment, whoever created it and by whichever way. It is scored as the deployment, with all rights. Nothing of that
refuses what a user saves or changes which error a user sees: where scoring fails, the records wait.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from psycopg2 import errors

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, Query

from ..documents.conditions import condition_sql
from ..tools import clock, faults
from ..tools.bounded import bounded_savepoint
from ..tools.shipped import wake
from .keep_waiting import failure_of, keep_waiting

_logger = logging.getLogger(__name__)

MOST_AT_ONCE = 2000  # records; what a transaction has more of is scored in the background
LONGEST_LOCK, LONGEST_STATEMENT = "2s", "10s"  # that the user who saves waits for


def score_saved(deployment: BaseModel, ids: Sequence[int], uid: int) -> None:
    """Score records as `deployment` (in sudo), in the name of the user `uid`; let them wait where that fails.

    First all at once. Only where a record or the version is to blame, they are tried again in ever smaller chunks.
    """
    for one_try in (True, False):
        try:
            _score_bounded(deployment, ids, uid, one_try)
            return
        except Exception as error:
            kind = faults.kind_of(error)
            if kind == faults.LOST_CONNECTION:
                raise error.with_traceback(None) from None  # nothing can be saved; where we were tells nobody anything
            if faults.is_aborted(deployment.env.cr):
                raise
            if kind or not one_try:
                _let_wait(deployment, ids, uid, kind, error)
                return


def score_at_once(deployment: BaseModel, ids: Sequence[int], uid: int) -> None:
    """Score records in one chunk, in the name of the user `uid`; raise what fails."""
    _score_bounded(deployment, sorted(ids), uid, one_try=True)


def _score_bounded(deployment: BaseModel, ids: Sequence[int], uid: int, one_try: bool) -> None:
    """Score records in the name of the user `uid`, in a savepoint with limits; raise what fails."""
    own = deployment.env(user=uid, su=True)
    with bounded_savepoint(deployment.env.cr, LONGEST_LOCK, LONGEST_STATEMENT):
        score_found(deployment.with_env(own), own[deployment.res_model].browse(ids), one_try)


def mark_changed(deployment: BaseModel, ids: Sequence[int], uid: int) -> None:
    """Mark the scores of records whose inputs the user `uid` wrote; score those that could not be scored so far."""
    states = _marked(deployment, ids, uid, deployment.env["ai.deployment.score"]._mark_changed)
    failed = sorted(res_id for res_id, state in (states or {}).items() if state == "failed")
    if failed:
        score_saved(deployment, failed, uid)


def mark_planned(deployment: BaseModel, ids: Sequence[int], uid: int) -> None:
    """Note on the scores of records for which the user `uid` planned a meeting when the next one begins."""
    _marked(deployment, ids, uid, deployment.env["ai.deployment.score"]._mark_planned)


def _marked(deployment: BaseModel, ids: Sequence[int], uid: int, mark: Callable[..., Any]) -> Any:
    """Return what `mark` does, None where it failed.

    Where that is because others write the same score at this moment, the records are scored after the commit.
    """
    try:
        with bounded_savepoint(deployment.env.cr, LONGEST_LOCK, LONGEST_STATEMENT):
            return mark(deployment, sorted(ids))
    except Exception as error:
        kind = faults.kind_of(error)
        if kind == faults.LOST_CONNECTION:
            raise error.with_traceback(None) from None
        if faults.is_aborted(deployment.env.cr):
            raise
        _let_wait(deployment, ids, uid, kind, error)
        return None


def refresh(deployment: BaseModel, record: BaseModel) -> bool:
    """Score a record that somebody looks at, whose score is marked; return whether that was possible."""
    record.env.flush_all()  # what the caller wrote outlives a score that fails
    try:
        score_at_once(deployment, record.ids, record.env.uid)
    except Exception as error:
        if isinstance(error, errors.ReadOnlySqlTransaction) or faults.is_aborted(deployment.env.cr):
            raise  # Odoo reads again, in a transaction that may write
        _logger.info("Deployment %s could not refresh a score: %s", deployment.id, type(error).__name__)
        return False
    return True


def _let_wait(deployment: BaseModel, ids: Sequence[int], uid: int, kind: str, error: Exception) -> None:
    is_collision = kind == faults.COLLISION
    if is_collision:
        _logger.info("Deployment %s scores %s records after the commit: others are at it", deployment.id, len(ids))
    else:
        faults.log_fault(_logger, f"Deployment {deployment.id} could not score what was saved", error)
    keep_waiting(deployment, ids, uid, failure_of(error), try_first=score_at_once if is_collision else None)


def score_found(deployment: BaseModel, records: BaseModel, one_try: bool) -> None:
    """Score those of `records` that `deployment` is for; many of them in the background."""
    if where := deployment._serves_from_outside():
        if where == "remote":
            ask_after_commit(deployment, records)
        return
    only = partial(_worth_scoring, deployment, records.browse())
    most = min(deployment.batch_above, MOST_AT_ONCE)
    if len(records) > most:
        records = _those_worth_scoring(deployment, records)
    if len(records) > most:
        # With all rights, as the cron of the night does: a visitor of a website may read no record.
        batches = deployment.with_user(api.SUPERUSER_ID).env["ai.deployment.batch"]
        batches._ask(deployment, records.ids)
        return
    day, asked = clock.today(), deployment.env["ai.deployment.requested"]
    requested = partial(asked._statement, deployment, day, user=deployment.env.user)
    deployment._scoring_run(records, day=day, only=only, requested=requested).run(one_try=one_try)


def _worth_scoring(deployment: BaseModel, documents: BaseModel, alias: str, query: Query) -> SQL:
    """Return the SQL of the records that are scored by themselves: open ones, and closed ones without a score.

    One that is closed as it comes is scored once, for what watches the deployment.
    """
    return SQL(
        "(%s) AND ((%s) OR NOT EXISTS (SELECT FROM ai_deployment_score WHERE deployment_id = %s AND res_id = %s"
        " AND state = 'scored'))",
        condition_sql(documents, alias, query, ~documents._ai_obsolete_domain()),
        condition_sql(documents, alias, query, documents._ai_open_domain()),
        deployment.id,
        SQL.identifier(alias, "id"),
    )


def _those_worth_scoring(deployment: BaseModel, records: BaseModel) -> BaseModel:
    """Return those of `records` that `deployment` is for and that are scored by themselves."""
    documents = records.browse().with_context(active_test=False)
    worth = Domain.custom(to_sql=lambda _model, alias, query: _worth_scoring(deployment, documents, alias, query))
    domain = Domain("id", "in", records.ids) & deployment._record_domain() & documents._ai_base_domain()
    return documents.search(domain & worth & deployment._company_domain())


def ask_after_commit(deployment: BaseModel, records: BaseModel) -> None:
    """Let `records` wait for a remote model that is asked after the commit; many of them as a batch."""
    found = _those_worth_scoring(deployment, records)
    if len(found) > min(deployment.batch_above, MOST_AT_ONCE):
        batches = deployment.with_user(api.SUPERUSER_ID).env["ai.deployment.batch"]
        batches._ask(deployment, found.ids)
    elif found:
        env, day = deployment.env, clock.today()
        env["ai.deployment.ledger"]._asked(deployment, day, len(found), env.user)
        env["ai.deployment.request"]._add_due(deployment, day, found.ids)
        wake(env, "ir_cron_retry")
