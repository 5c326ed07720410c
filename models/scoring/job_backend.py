"""Batches as jobs, where OCA's `queue_job` is installed in this database.

It is found, never required: nothing here imports it. Where it is, a batch that is asked for or goes on gives one job
per chunk to it, and the lanes stand by: they take such a batch over when no job has done a chunk for a while. That a
chunk is done and that its job is done are committed together by `queue_job`. A worker that is killed leaves both as
they were; the job runner notices and calls the job again.
"""

import logging
from collections import Counter
from datetime import timedelta

import psycopg2

from odoo.api import SUPERUSER_ID, Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock, faults
from ..tools.wording import number

_logger = logging.getLogger(__name__)

CHANNEL = "root.ai_deployment"
AGAIN_AFTER = 10  # seconds, after a failure that is not a collision
QUIET = timedelta(minutes=15)  # without a chunk done by a job: the runner is off, or its jobs died


def is_installed(env: Environment) -> bool:
    """Return whether `queue_job` is installed here, not only somewhere on the disk."""
    return "queue.job" in env and hasattr(env["ai.deployment.batch"], "with_delay")


def give(batches: BaseModel) -> None:
    """Give the open chunks of the running ones of `batches` to jobs."""
    running = batches.filtered(lambda batch: batch.state == "running")
    running.jobs_since = clock.now()
    delay(running.chunk_ids.filtered(lambda chunk: chunk.state == "open"))


def left_to_jobs(env: Environment) -> list[int]:
    """Return the ids of the running batches that the lanes leave alone at this moment."""
    carried = env["ai.deployment.batch"].sudo().search([("state", "=", "running"), ("jobs_since", "!=", False)])
    if not carried or not is_installed(env):
        return []
    since, now = clock.now() - QUIET, clock.now()
    chunks = env["ai.deployment.batch.chunk"].sudo()
    moving = chunks._read_group(
        [("batch_id", "in", carried.ids), ("job_date", ">", since), ("job_date", "<=", now)], ["batch_id"]
    )
    fresh = carried.filtered(lambda batch: since < batch.jobs_since <= now)
    return fresh.union(*(batch for (batch,) in moving)).ids


def delay(chunks: BaseModel, eta: int | None = None) -> None:
    """Make one job for each of `chunks`. A chunk whose job still waits gets no second one.

    :param eta: seconds until it may run
    """
    # As a lane works: as the superuser, who turns into the asker for the records, without the asker's context.
    chunks = chunks.with_env(chunks.env(user=SUPERUSER_ID, context={"lang": chunks.env.lang}))
    for chunk in chunks:
        chunk.with_delay(
            channel=CHANNEL,
            eta=eta,
            identity_key=f"ai.deployment.batch.chunk:{chunk.id}",
            description=chunk.env._(
                "Score %(count)s records of batch %(batch)s for %(deployment)s",
                count=number(chunk.env, chunk.record_count),
                batch=chunk.batch_id.id,
                deployment=chunk.batch_id.deployment_id.name,
            ),
        )._run_job()


def run(chunk: BaseModel) -> str:
    """Do the work of one chunk within the transaction of its job; return the sentence that is kept on the job.

    :raise psycopg2.OperationalError: after a collision; `queue_job` rolls back and calls the job again
    """
    chunk.ensure_one()
    env, batch = chunk.env, chunk.batch_id
    batch.flush_recordset()  # where queue_job is told to run jobs at once, in the asker's transaction
    if not chunk._lock_open(SQL("chunk.id = %s", chunk.id)):
        return _why_not(chunk)
    try:
        with env.cr.savepoint():
            chunk._work()
    except psycopg2.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - counted, tried again, and in the end an alert
        faults.log_fault(_logger, f"A chunk of batch {batch.id} could not be scored", error)
        chunk._failed()
        if batch.state != "running":
            return env._("It failed for an unexpected reason, and the batch is paused.")
        delay(chunk, eta=AGAIN_AFTER)
        return env._("It failed for an unexpected reason. Another job tries again.")
    if chunk.state != "done":
        return _why_not(chunk)
    chunk.job_date = clock.now()
    _finish_afterwards(env)
    return env["ir.actions.server"]._ai_outcome_text(Counter(chunk.outcome))


def _why_not(chunk: BaseModel) -> str:
    """Return why a job leaves its chunk alone, in words."""
    chunk.invalidate_recordset()
    state, env = chunk.batch_id.state, chunk.env
    if state == "cancelled" or chunk.state == "cancelled":
        return env._("Nothing was done: the batch was cancelled.")
    if state == "paused":
        return env._("Nothing was done: the batch is paused. A new job is created when it resumes.")
    if chunk.state == "done":
        return env._("Nothing was done: this chunk was already processed.")
    return env._("Nothing was done: a worker is processing this chunk.")


def _finish_afterwards(env: Environment) -> None:
    """Close the batch in a transaction after this one: the job that ends last sees that all is done."""
    registry = env.registry

    def finish() -> None:
        # This chunk is committed. What goes wrong here is put right by the next job or lane that ends.
        try:
            with registry.cursor() as cr:
                env(cr=cr)["ai.deployment.batch"]._finish()
        except psycopg2.OperationalError:
            _logger.info("Another worker is closing the batch")

    env.cr.postcommit.add(finish)
