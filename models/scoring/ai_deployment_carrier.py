"""Who carries a batch: the lanes, or jobs where OCA's `queue_job` is installed in this database.

It is found, never required: nothing here imports it. Where it is, a batch that is asked for or goes on gives one job
per piece to it, and the lanes stand by: they take a carried batch over when no job has done a piece for a while.
"""

from datetime import timedelta

from odoo import api, fields, models

from ..tools import clock

QUIET = timedelta(minutes=15)  # without a piece done by a job: the runner is off, or its jobs died


class AiDeploymentBatch(models.Model):
    _inherit = "ai.deployment.batch"

    carried_since = fields.Datetime("Given to Jobs On", readonly=True, help="Empty where the lanes do the work.")

    @api.model
    def _has_carrier(self):
        """Whether `queue_job` is installed here, not only somewhere on the disk."""
        return "queue.job" in self.env and hasattr(self, "with_delay")

    def _begin(self):
        if not self._has_carrier():
            self.filtered("carried_since").carried_since = False  # uninstalled since
            return super()._begin()
        running = self.filtered(lambda batch: batch.state == "running")
        running.carried_since = clock.now()
        return running.chunk_ids.filtered(lambda chunk: chunk.state == "open")._delay()

    @api.model
    def _left_to_jobs(self):
        """The ids of the running batches that the lanes leave alone at this moment."""
        carried = self.sudo().search([("state", "=", "running"), ("carried_since", "!=", False)])
        if not carried or not self._has_carrier():
            return []
        since, now = clock.now() - QUIET, clock.now()
        moving = (
            self.env["ai.deployment.batch.chunk"]
            .sudo()
            ._read_group(
                [("batch_id", "in", carried.ids), ("job_date", ">", since), ("job_date", "<=", now)], ["batch_id"]
            )
        )
        fresh = carried.filtered(lambda batch: since < batch.carried_since <= now)
        return fresh.union(*(batch for (batch,) in moving)).ids
