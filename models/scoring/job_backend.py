"""A piece of a batch as a job: the same work as in a lane, within the transaction of the job.

That the piece is done and that the job is done are committed together by `queue_job`. A worker that is killed leaves
both as they were; the job runner notices and calls the job again.
"""

import logging
from collections import Counter

import psycopg2

from odoo import SUPERUSER_ID, fields, models
from odoo.tools import SQL

from ..tools import clock

_logger = logging.getLogger(__name__)

CHANNEL = "root.ai_deployment"
AGAIN_AFTER = 10  # seconds, after a failure that is not a collision


class AiDeploymentBatchChunk(models.Model):
    _inherit = "ai.deployment.batch.chunk"

    job_date = fields.Datetime("Done by a Job On", readonly=True)

    def _delay(self, eta=None):
        """One job for each piece. A piece whose job still waits gets no second one."""
        # As a lane works: as the superuser, who turns into the asker for the records, without the asker's context.
        pieces = self.with_env(self.env(user=SUPERUSER_ID, context={"lang": self.env.lang}))
        for piece in pieces:
            piece.with_delay(
                channel=CHANNEL,
                eta=eta,
                identity_key=f"ai.deployment.batch.chunk:{piece.id}",
                description=self.env._(
                    "Score %(count)s records of batch %(batch)s for %(deployment)s",
                    count=piece.record_count,
                    batch=piece.batch_id.id,
                    deployment=piece.batch_id.deployment_id.name,
                ),
            )._carry()

    def _carry(self):
        """What the job does; the sentence is kept on the job."""
        self.ensure_one()
        self.batch_id.flush_recordset()  # where queue_job is told to run jobs at once, in the asker's transaction
        if not self._lock_open(SQL("chunk.id = %s", self.id)):
            return self._why_not()
        try:
            with self.env.cr.savepoint():
                self._work()
        except psycopg2.OperationalError:
            raise  # somebody wrote the same rows: queue_job rolls back and calls the job again
        except Exception:
            _logger.exception("A piece of batch %s could not be scored", self.batch_id.id)
            self._failed()
            if self.batch_id.state != "running":
                return self.env._("It failed for an unexpected reason, and the batch is paused.")
            self._delay(eta=AGAIN_AFTER)
            return self.env._("It failed for an unexpected reason. Another job tries again.")
        if self.state != "done":
            return self._why_not()
        self.job_date = clock.now()
        self._finish_afterwards()
        return self.env["ir.actions.server"]._ai_outcome_text(Counter(self.outcome))

    def _why_not(self):
        """Why a job leaves its piece alone, in words."""
        self.invalidate_recordset()
        state = self.batch_id.state
        if state == "cancelled" or self.state == "cancelled":
            return self.env._("Nothing was done: the batch was cancelled.")
        if state == "paused":
            return self.env._("Nothing was done: the batch is paused. When it goes on, there is a new job.")
        if self.state == "done":
            return self.env._("Nothing was done: this piece was done before.")
        return self.env._("Nothing was done: a lane is at work on this piece.")

    def _finish_afterwards(self):
        """Close the batch in a transaction after this one: the job that ends last sees that all is done."""
        registry = self.env.registry

        def finish():
            # This piece is committed. What goes wrong here is put right by the next job or lane that ends.
            try:
                with registry.cursor() as cr:
                    self.env(cr=cr)["ai.deployment.batch"]._finish()
            except psycopg2.OperationalError:
                _logger.info("Another worker is closing the batch")

        self.env.cr.postcommit.add(finish)
