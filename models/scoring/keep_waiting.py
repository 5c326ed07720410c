"""Records that were saved though scoring them failed wait as requests, which a transaction of their own keeps."""

import logging
from functools import partial

from odoo.api import SUPERUSER_ID, Environment

from ...ml.errors import TookTooLong, Unexpected
from ..tools import clock, faults
from .scoring_alerts import alert_too_slow

_logger = logging.getLogger(__name__)


def keep_waiting(deployment, ids, uid, failure, *, action_id=None, scores_first=False):
    """Keep `ids` as requests of `deployment`, once the transaction that saves them is committed.

    :param uid: id of the user who asked
    :param failure: InferenceError, what went wrong, without values of records
    :param action_id: id of the server action that asked
    :param scores_first: try them once more then; after a collision the new transaction sees what the others wrote
    """
    cr, registry = deployment.env.cr, deployment.env.registry
    cr.postcommit.add(partial(_keep, registry, deployment.id, uid, tuple(ids), action_id, failure, scores_first))


def failure_of(error):
    """Return the InferenceError that says how the exception `error` ended the scoring of records."""
    if faults.kind_of(error) == faults.TOO_SLOW:
        return TookTooLong()
    return Unexpected(f"{type(error).__name__} at {faults.place_of(error)}")


def _keep(registry, deployment_id, uid, ids, action_id, failure, scores_first):
    try:
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            deployment = env["ai.deployment"].browse(deployment_id).exists()
            if not deployment or deployment.state == "retired":
                return
            if scores_first and _scored(deployment, ids, uid):
                return
            there = env[deployment.res_model].browse(ids).exists().ids
            user, action = env["res.users"].browse(uid), env["ir.actions.server"].browse(action_id or ())
            day = clock.today()
            if not there:
                return
            env["ai.deployment.sum"]._asked(deployment, day, len(there), user, action)
            values = env["ai.deployment.inference"]._failure_values(failure, {}, ())
            env["ai.deployment.request"]._add(deployment, day, there, [values] * len(there), {})
            if isinstance(failure, TookTooLong):
                alert_too_slow(deployment)
    except Exception as error:  # noqa: BLE001 - what the user saved is committed, so nobody is told of an error
        faults.log_fault(_logger, f"{len(ids)} records of deployment {deployment_id} wait for nobody", error)


def _scored(deployment, ids, uid):
    try:
        deployment._score_bounded(sorted(ids), uid, one_try=True)
    except Exception as error:
        if faults.kind_of(error) == faults.LOST_CONNECTION:
            raise
        return False
    return True
