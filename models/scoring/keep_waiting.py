"""Records that were saved though scoring them failed wait as requests, which a transaction of their own keeps."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from odoo.api import SUPERUSER_ID, Environment
from odoo.models import BaseModel
from odoo.modules.registry import Registry

from ...ml.errors import InferenceError, TookTooLong, Unexpected
from ..tools import clock, faults
from .scoring_alerts import alert_too_slow

_logger = logging.getLogger(__name__)


def keep_waiting(
    deployment: BaseModel,
    ids: Sequence[int],
    uid: int,
    failure: InferenceError,
    *,
    action_id: int | None = None,
    try_first: Callable[[BaseModel, Sequence[int], int], None] | None = None,
) -> None:
    """Keep `ids` as requests of `deployment`, once the transaction that saves them is committed.

    :param uid: id of the user who asked
    :param failure: what went wrong, without values of records
    :param action_id: id of the server action that asked
    :param try_first: function that scores them once more then, in the new transaction, called with the deployment, the
        ids and `uid`: after a collision that transaction sees what the others wrote
    """
    cr, registry = deployment.env.cr, deployment.env.registry
    cr.postcommit.add(partial(_keep, registry, deployment.id, uid, tuple(ids), action_id, failure, try_first))


def failure_of(error: Exception) -> InferenceError:
    """Return the InferenceError that says how the exception `error` ended the scoring of records."""
    if faults.kind_of(error) == faults.TOO_SLOW:
        return TookTooLong()
    return Unexpected(faults.how_it_failed(error))


def _keep(
    registry: Registry,
    deployment_id: int,
    uid: int,
    ids: tuple[int, ...],
    action_id: int | None,
    failure: InferenceError,
    try_first: Callable | None,
) -> None:
    try:
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            deployment = env["ai.deployment"].browse(deployment_id).exists()
            if not deployment or deployment.state == "retired":
                return
            if try_first and _is_scored(try_first, deployment, ids, uid):
                return
            there = env[deployment.res_model].browse(ids).exists().ids
            user, action = env["res.users"].browse(uid), env["ir.actions.server"].browse(action_id or ())
            day = clock.today()
            if not there:
                return
            env["ai.deployment.ledger"]._asked(deployment, day, len(there), user, action)
            values = env["ai.deployment.inference"]._failure_values(failure)
            env["ai.deployment.request"]._add(deployment, day, there, [values] * len(there), {})
            if isinstance(failure, TookTooLong):
                alert_too_slow(deployment)
    except Exception as error:  # noqa: BLE001 - what the user saved is committed, so nobody is told of an error
        faults.log_fault(_logger, f"{len(ids)} records of deployment {deployment_id} wait for nobody", error)


def _is_scored(try_first: Callable, deployment: BaseModel, ids: Sequence[int], uid: int) -> bool:
    try:
        try_first(deployment, ids, uid)
    except Exception as error:
        if faults.kind_of(error) == faults.LOST_CONNECTION:
            raise
        return False
    return True
