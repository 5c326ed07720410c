"""Run the work of a cron for one deployment after the other, each in a transaction of its own.

One deployment that fails becomes an alert and stops no other. One that takes its process along keeps no other from
being reached: that it had its turn is committed before the work.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2

from odoo.models import BaseModel
from odoo.tools import SQL

from . import faults
from .told import told
from .wording import for_reader

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TurnWork:
    """Work that is done for one deployment at a time.

    :param cause: of the alert about a failed turn
    :param run: does the work for one deployment
    :param describe: returns the text of that alert, given the deployment and the fault in one line
    :param taken: Boolean field of the deployment: it had its turn in a pass that is not complete yet
    """

    cause: str
    run: Callable[[BaseModel], object]
    describe: Callable[[BaseModel, str], str]
    taken: str = ""


def take_turns(work: TurnWork, deployments: BaseModel) -> None:
    """Do `work` for each of `deployments`, at most once in a pass; an interrupted pass is continued by the next run.

    After a collision with another transaction a deployment is tried once more, when all others are through.
    """
    cron, cr = deployments.env["ir.cron"], deployments.env.cr
    due = deployments.filtered(lambda deployment: not deployment[work.taken])
    if not due:  # the last pass was interrupted at its very end
        _end_pass(work, deployments)
        due = deployments
    cron._commit_progress(remaining=len(due))
    collided, goes_on = deployments.browse(), True
    for deployment in due:
        try:
            _take_turn(work, deployment)
        except psycopg2.OperationalError:
            cr.rollback()
            collided |= deployment
        goes_on = cron._commit_progress(1)
        if not goes_on:
            break
    for deployment in collided:
        try:
            _take_turn(work, deployment)
        except psycopg2.OperationalError as error:
            cr.rollback()
            _raise_alert(work, deployment, error)
        cron._commit_progress()
    if goes_on:
        _end_pass(work, deployments)


def run_or_alert(work: TurnWork, deployment: BaseModel) -> bool:
    """Do `work` for one deployment and return whether it succeeded; a fault opens an alert, which a success resolves.

    :raises psycopg2.OperationalError: where no deployment is to blame and the work may be repeated
    """
    deployment.ensure_one()
    try:
        with deployment.env.cr.savepoint():
            work.run(for_reader(deployment))
    except faults.OF_THE_MOMENT:
        raise
    except Exception as error:  # noqa: BLE001 - it becomes an alert, and stops no other
        _logger.info("Work of deployment %s failed: %s", deployment.id, work.cause, exc_info=True)
        _raise_alert(work, deployment, error)
        return False
    deployment.env["ai.deployment.alert"]._resolve(deployment, work.cause)
    return True


def lock_turn(deployment: BaseModel) -> bool:
    """Return whether no other transaction works on this deployment, and keep it so until this one ends.

    The lock is advisory, not one on the row: the work takes its time, and a person who suspends the deployment
    meanwhile must not wait for it.
    """
    deployment.ensure_one()
    [[is_free]] = deployment.env.execute_query(
        SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", f"ai.deployment.turn,{deployment.id}")
    )
    return is_free and bool(deployment.exists())


def _take_turn(work: TurnWork, deployment: BaseModel) -> None:
    deployment[work.taken] = True
    deployment.env["ir.cron"]._commit_progress()
    if lock_turn(deployment):
        run_or_alert(work, deployment)


def _end_pass(work: TurnWork, deployments: BaseModel) -> None:
    try:
        deployments[work.taken] = False
        deployments.env["ir.cron"]._commit_progress()
    except psycopg2.OperationalError:  # somebody writes one of them: the next pass begins with this
        deployments.env.cr.rollback()


def _raise_alert(work: TurnWork, deployment: BaseModel, error: BaseException) -> None:
    """Open the alert of a failed turn; the traceback is in the server log, as information."""
    deployment.env["ai.deployment.alert"]._raise(
        deployment,
        work.cause,
        name=told(deployment.env, lambda env: work.describe(deployment.with_env(env), faults.fault_text(error))),
        suggestion=told(
            deployment.env,
            lambda env: env._("Ask an administrator to check the server log. Until then, drift is not detected."),
        ),
    )
