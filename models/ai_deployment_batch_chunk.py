"""A piece of a batch: the records that one transaction scores, taken by whichever lane is free.

Several crons of the same kind run as lanes, as one cron row runs in one worker only. Each takes the next open piece
that nobody else has locked. What it does and that the piece is done are committed together: killed at any moment, it
leaves the piece open and nothing else behind.
"""

import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # after which a piece that fails by itself stops its batch and asks a person
MOST_COLLISIONS = 20  # serialization failures in one run, after which the lane rests until it is called again


class AiDeploymentBatchChunk(models.Model):
    _name = "ai.deployment.batch.chunk"
    _description = "Piece of a Scoring Batch"
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
                chunk._work()
                cron._commit_progress(1)
            except psycopg2.errors.QueryCanceled:
                self.env.cr.rollback()  # no collision: the same will take as long again, so a person has to know
                if not chunk:
                    raise
                _logger.warning("A piece of batch %s took longer than the database allows", chunk.batch_id.id)
                chunk._failed()
                cron._commit_progress(1)
            except psycopg2.OperationalError:
                self.env.cr.rollback()  # somebody wrote the same rows: it is done again, by this lane or another
                collisions += 1
                if collisions > MOST_COLLISIONS:
                    raise
                time.sleep(0.05 * collisions)
            except Exception:
                self.env.cr.rollback()
                if not chunk:
                    raise
                _logger.exception("A piece of batch %s could not be scored", chunk.batch_id.id)
                chunk._failed()
                cron._commit_progress(1)

    @api.model
    def _open_count(self):
        return self.sudo().search_count(
            [
                ("state", "=", "open"),
                ("batch_id.state", "=", "running"),
                ("batch_id", "not in", self.env["ai.deployment.batch"]._left_to_jobs()),
            ]
        )

    @api.model
    def _take(self):
        """The next open piece, locked for this transaction; empty where there is none, or others have them all."""
        return self._lock_open(SQL("batch.id <> ALL(%s)", self.env["ai.deployment.batch"]._left_to_jobs()))

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

    def _work(self):
        """Score the records of one piece, with the rights of who asked."""
        self.ensure_one()
        batch, deployment = self.batch_id, self.batch_id.deployment_id
        if deployment.state == "retired":
            batch._cancel()
            return
        if deployment.state not in deployment._at_work_states():
            batch._pause(self.env._("The deployment is switched off."), waits_for_switch=True)
            return
        documents = self.env[deployment.res_model].with_user(batch.user_id).sudo(False).browse(self.record_ids)
        if documents.browse().has_access("read"):
            outcome = deployment._settle(documents, batch.asked_date.date(), again=batch.again)
        else:  # who asked has lost the right to these records since
            outcome = {"outside": self.record_count}
            self.env["ai.deployment.sum"]._settled(deployment, batch.asked_date.date(), cancelled=self.record_count)
        self.write({"state": "done", "outcome": dict(outcome)})
        self.flush_recordset()

    def _failed(self):
        """Count the attempt; after some, pause the batch and tell the owner, so that the other batches go on."""
        self.attempts += 1
        if self.attempts >= MOST_ATTEMPTS:
            batch = self.batch_id
            batch._pause(self.env._("It failed several times for an unexpected reason."))
            self.env["ai.deployment.alert"]._raise(
                batch.deployment_id, "batch",
                name=self.env._("Scoring of %s stopped", batch.name),
                suggestion=self.env._("Ask an administrator to look at the server log, then resume the batch."),
            )  # fmt: skip
        self.flush_recordset()
