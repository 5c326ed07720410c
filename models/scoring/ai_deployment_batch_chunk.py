"""A piece of a batch: the records that one transaction scores, taken by whichever lane is free.

Several crons of the same kind run as lanes, as one cron row runs in one worker only. Each takes the next open piece
that nobody else has locked. What it does and that the piece is done are committed together: killed at any moment, it
leaves the piece open and nothing else behind but the count of its start. A piece whose process ended twice is set
aside: the batch goes on without it, and a person is told.
"""

import logging
import time
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from ..endpoints import breakers
from ..tools import clock, faults
from ..tools.told import told
from ..tools.wording import for_reader
from . import job_backend
from .remote_asking import ask_before

_logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # after which a piece that fails by itself stops its batch and asks a person
MOST_INTERRUPTIONS = 2  # starts whose process ended, after which a piece is set aside
JUST_TAKEN = timedelta(seconds=10)  # between the count of a start and the lock of the work, nobody else takes it
SERVER_FAULT = "server:"  # of the cause of an alert, before the kind of the fault
MOST_COLLISIONS = 20  # serialization failures in one run, after which the lane rests until it is called again


class AiDeploymentBatchChunk(models.Model):
    _name = "ai.deployment.batch.chunk"
    _description = "Chunk of a Scoring Batch"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id"
    _log_access = False

    batch_id = fields.Many2one("ai.deployment.batch", required=True, readonly=True, index=True, ondelete="cascade")
    record_ids = fields.Json(required=True, readonly=True, prefetch=False)
    record_count = fields.Integer(required=True, readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")], required=True, readonly=True
    )
    outcome = fields.Json(readonly=True)
    attempts = fields.Integer(readonly=True)
    interruptions = fields.Integer(readonly=True, help="Started attempts that did not end: the process was killed.")
    taken_date = fields.Datetime("Started On", readonly=True)
    job_date = fields.Datetime("Done by Job On", readonly=True)

    _open_idx = models.Index("(id) WHERE state = 'open'")

    @api.model
    def _cron_work(self):
        """Work off open pieces until there are none or the time is over."""
        cron, collisions = self.env["ir.cron"], 0
        while True:
            chunk = self.browse()
            try:
                # In a transaction of its own, after the last piece was committed: the lane that is last sees all.
                self.env["ai.deployment.batch"]._finish()
                if not cron._commit_progress(remaining=self._open_count()):
                    break
                chunk = self._take()
                if not chunk:
                    cron._commit_progress(remaining=0)  # the other lanes have what is left
                    break
                if not (chunk._begin() and chunk._ask_remote()):
                    continue
                chunk._work()
                chunk._end()
                cron._commit_progress(1)
            except Exception as error:
                kind = faults.kind_of(error)
                if kind == faults.LOST_CONNECTION:
                    chunk._end_elsewhere()
                    raise
                self.env.cr.rollback()
                if not chunk:
                    if kind != faults.COLLISION:
                        raise
                else:
                    chunk._end_after(error)
                if kind == faults.COLLISION:  # somebody wrote the same rows: done again, by this lane or another
                    collisions += 1
                    if collisions > MOST_COLLISIONS:
                        raise
                    self.env["ir.cron"]._commit_progress()
                    time.sleep(0.05 * collisions)
                    continue
                faults.log_fault(_logger, f"A piece of batch {chunk.batch_id.id} could not be scored", error)
                chunk._failed(kind)
                if kind in (faults.DISK_FULL, faults.OUT_OF_MEMORY, faults.SERVER):
                    cron._commit_progress(remaining=0)  # the next piece would meet the same: at the next call
                    break
                cron._commit_progress(1)

    @api.model
    def _open_count(self):
        return self.sudo().search_count(
            Domain("state", "=", "open")
            & Domain("batch_id.state", "=", "running")
            & Domain("batch_id", "not in", job_backend.left_to_jobs(self.env))
            & Domain("batch_id.deployment_id", "not in", list(breakers.blocked(self.env)))
            & ~self._set_aside_domain()
        )

    @api.model
    def _set_aside_domain(self):
        """Pieces whose process ended as often as is allowed (or does its last allowed start at this moment)."""
        return Domain("state", "=", "open") & Domain("interruptions", ">=", MOST_INTERRUPTIONS)

    @api.model
    def _take(self):
        """The next open piece, locked for this transaction; empty where there is none, or others have them all."""
        return self._lock_open(
            SQL(
                "batch.id <> ALL(%s) AND batch.deployment_id <> ALL(%s) AND COALESCE(chunk.interruptions, 0) < %s"
                " AND (chunk.taken_date IS NULL OR chunk.taken_date NOT BETWEEN %s AND %s)",
                job_backend.left_to_jobs(self.env),
                list(breakers.blocked(self.env)),
                MOST_INTERRUPTIONS,
                clock.now() - JUST_TAKEN,
                clock.now() + JUST_TAKEN,
            )
        )

    @api.model
    def _lock_open(self, which):
        rows = self.env.execute_query(
            SQL(
                "SELECT chunk.id FROM ai_deployment_batch_chunk chunk JOIN ai_deployment_batch batch"
                " ON batch.id = chunk.batch_id WHERE chunk.state = 'open' AND batch.state = 'running' AND %s"
                " ORDER BY chunk.id LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED",
                which,
            )
        )
        return self.sudo().browse(row[0] for row in rows)

    def _begin(self):
        """Count the start, committed before the work; return whether the piece is still this lane's."""
        self.write({"interruptions": self.interruptions + 1, "taken_date": clock.now()})
        self.env["ir.cron"]._commit_progress()
        return bool(self._lock_open(SQL("chunk.id = %s", self.id)))

    def _ask_remote(self):
        """Ask a remote model about the records of one piece first, without a lock; return whether it can be scored.

        Where answers are missing still, the piece stays open, as if it had not begun: those that came are kept.
        """
        batch, deployment = self.batch_id, self.batch_id.deployment_id
        if deployment._serves_from_outside() != "remote" or deployment.state not in deployment._at_work_states():
            return True
        documents = self.env[deployment.res_model].with_user(batch.user_id).sudo(False).browse(self.record_ids)
        if not documents.browse().has_access("read"):
            return True
        run = deployment._scoring_run(documents, day=batch.requested_date.date(), again=batch.again)
        left = ask_before(run, self._hold)
        if not self._lock_open(SQL("chunk.id = %s", self.id)):
            return False
        if left:
            self._end()
            self.env["ir.cron"]._commit_progress()
        return not left

    def _hold(self):
        """Say that a worker is at it: for some seconds nobody else takes this piece."""
        self.env.cr.execute(
            SQL("UPDATE ai_deployment_batch_chunk SET taken_date = %s WHERE id = %s", clock.now(), self.id)
        )
        self.invalidate_recordset(["taken_date"], flush=False)

    def _end(self):
        """Take the count of the start back: it ended in order, well or not."""
        self.invalidate_recordset(["interruptions"])
        self.write({"interruptions": max(self.interruptions - 1, 0), "taken_date": False})

    def _end_after(self, error):
        """`_end` after an error; where this code cannot read pieces at all, raise that error, as nothing was begun."""
        try:
            with mute_logger("odoo.sql_db"):  # it says what the log has just said
                self._end()
                self.flush_recordset()
        except faults.OF_THE_SCHEMA:
            raise error from None

    def _end_elsewhere(self):
        """`_end` through a connection of its own, as that of the work is lost; where there is none, it counts."""
        if not self:
            return
        try:
            with self.env.registry.cursor() as cr:
                self.with_env(self.env(cr=cr))._end()
        except faults.OF_THE_MOMENT as error:
            faults.log_fault(_logger, f"The start of a piece of batch {self.id} stays counted", error)

    def _work(self):
        """Score the records of one piece, with the rights of who asked."""
        self.ensure_one()
        batch, deployment = self.batch_id, self.batch_id.deployment_id
        if deployment.state == "retired":
            batch._cancel()
            return
        if deployment.state not in deployment._at_work_states():
            batch._pause(self.env._("The deployment is suspended."), waits_for_switch=True)
            return
        documents = self.env[deployment.res_model].with_user(batch.user_id).sudo(False).browse(self.record_ids)
        if documents.browse().has_access("read"):
            outcome = deployment._scoring_run(documents, day=batch.requested_date.date(), again=batch.again).run()
        else:  # who asked has lost the right to these records since
            outcome = {"outside": self.record_count}
            self.env["ai.deployment.ledger"]._settled(
                deployment, batch.requested_date.date(), cancelled=self.record_count
            )
        self.write({"state": "done", "outcome": dict(outcome)})
        self.flush_recordset()
        alerts = self.env["ai.deployment.alert"]
        over = Domain("deployment_id", "=", deployment.id) & Domain("cause", "=like", f"{SERVER_FAULT}%")
        for alert in alerts.sudo().search(over & Domain("state", "!=", "resolved")):
            alerts._resolve(deployment, alert.cause)

    def _failed(self, kind=""):
        """Count the attempt and tell; after some, pause the batch, so that the other batches go on.

        :param kind: what `faults.kind_of` says; a fault of the database server is told at once and pauses nothing
        """
        deployment = for_reader(self.batch_id.deployment_id)
        alerts, words = deployment.env["ai.deployment.alert"], deployment.env
        if kind in faults.OF_THE_SERVER - {faults.TOO_SLOW}:
            what = told(words, partial(_server_fault, kind=kind, name=deployment.name))
            try:
                with self.env.cr.savepoint():
                    alerts._raise(
                        deployment,
                        f"{SERVER_FAULT}{kind}",
                        name=what,
                        suggestion=told(
                            words,
                            lambda there: there._(
                                "Ask an administrator to check the server. Scoring resumes automatically."
                            ),
                        ),
                    )
            except faults.OF_THE_MOMENT as error:  # not even this can be written
                faults.log_fault(_logger, f"{what}. Nobody could be told", error)
            return
        self.attempts += 1
        if self.attempts >= MOST_ATTEMPTS:
            batch = self.batch_id
            batch._pause(words._("It failed several times for an unexpected reason."))
            alerts._raise(
                deployment,
                "batch",
                name=told(words, lambda there: there._("Scoring of %s stopped", batch.name)),
                suggestion=told(
                    words,
                    lambda there: there._("Ask an administrator to check the server log, then resume the batch."),
                ),
            )
        self.flush_recordset()

    def _run_job(self):
        """Do the work of one piece as a job of `queue_job`; return the sentence that is kept on the job."""
        return job_backend.run(self)


def _server_fault(env, kind, name):
    if kind == faults.DISK_FULL:
        return env._("The database disk is full: “%s” cannot score", name)
    if kind == faults.OUT_OF_MEMORY:
        return env._("Out of memory while scoring “%s”", name)
    return env._("The database failed while scoring “%s”", name)
