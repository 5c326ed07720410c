"""A wish to score many records: kept, with their ids, before any of the work, and worked off in pieces.

The pieces (`ai.deployment.batch.chunk`) are taken by lane crons, each in a transaction of its own; a process that is
killed leaves its piece as it was. The batch itself is never locked by the work: its progress is what its pieces say.
"""

from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ..tools import batch_insert as bulk
from ..tools import clock
from ..tools.told import told
from ..tools.unchecked_many2one import UncheckedMany2one
from ..tools.wording import for_reader, number
from . import job_backend
from .scoring_run import chunk_size

CHUNK = 5000  # records per piece: what one statement writes, and half a second of work that a kill can cost
REMOTE_CHUNK = 4000  # of those that a remote model is asked about, many a call
SINGLE_CHUNK = 500  # one a call: a piece is logged once all its answers are there
FORGOTTEN_AT_ONCE = 1000
FLOOD = "flood"  # cause of the alert about a batch that waits for a confirmation
OUTCOMES = ("automatic", "review", "failed", "waiting", "unchanged", "outside")


class AiDeploymentBatch(models.Model):
    _name = "ai.deployment.batch"
    _description = "Scoring Batch"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    user_id = fields.Many2one("res.users", "Requested By", required=True, readonly=True, ondelete="restrict")
    requested_date = fields.Datetime("Requested On", required=True, readonly=True)
    end_date = fields.Datetime("Ended On", readonly=True)
    action_id = UncheckedMany2one("ir.actions.server", "Server Action", readonly=True)
    again = fields.Boolean("Include Unchanged Records", readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="running",
        index=True,
    )
    waits_for_switch = fields.Boolean(readonly=True, help="Resumes automatically when the deployment is live again.")
    paused_reason = fields.Char("Pause Reason", readonly=True)
    record_count = fields.Integer("Records", required=True, readonly=True)
    expected_reviews = fields.Integer(readonly=True, aggregator=None, help="Estimated number of human reviews.")
    forecast_text = fields.Char("Forecast of Reviews", readonly=True)
    jobs_since = fields.Datetime("Given to Jobs On", readonly=True, help="Empty if the workers score the batch.")
    may_steer = fields.Boolean(compute="_compute_may_steer", compute_sudo=False)
    chunk_ids = fields.One2many("ai.deployment.batch.chunk", "batch_id", readonly=True)
    completed_count = fields.Integer("Completed", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="In percent.")
    outcome_text = fields.Char("Result", compute="_compute_progress")

    @api.depends("record_count", "requested_date", "deployment_id")
    @api.depends_context("lang", "tz")
    def _compute_name(self):
        for batch in self:
            words = self.env[batch.sudo().deployment_id.res_model]._ai_words()
            batch.name = self.env._(
                "%(count)s %(records)s, %(date)s",
                count=number(self.env, batch.record_count),
                records=words["records"],
                date=format_datetime(self.env, batch.requested_date, dt_format="short") if batch.requested_date else "",
            )

    @api.depends("chunk_ids.state", "chunk_ids.outcome")
    def _compute_progress(self):
        for batch in self:
            outcome, say = batch._outcome(), self.env["ir.actions.server"]._ai_outcome_text
            batch.completed_count = sum(chunk.record_count for chunk in batch.sudo().chunk_ids if chunk.state != "open")
            batch.progress = 100 * batch.completed_count / batch.record_count if batch.record_count else 100.0
            batch.outcome_text = say(outcome) if any(outcome.values()) else ""

    def _outcome(self):
        """Return the outcomes of the completed chunks: {outcome: records}."""
        chunks = self.sudo().chunk_ids
        return {name: sum((chunk.outcome or {}).get(name, 0) for chunk in chunks) for name in OUTCOMES}

    # Asking

    @api.model
    def _ask(self, deployment, ids, again=False, action=None, *, confirms_floods=False):
        """Keep the wish to score `ids`; the lanes begin as soon as the transaction is committed.

        :param confirms_floods: let somebody confirm, before it begins, what asks far more of people than they can do
        """
        now = clock.now()
        waiting, waiting_ids = self._waiting(deployment, again)
        new = set(ids) - waiting_ids
        if waiting and ids and not new:
            waiting._begin()  # looking at its pieces has kept the lanes from them for a moment
            return waiting
        ids = sorted(new)
        expected = deployment.sudo()._review_forecast(ids, again)
        batch = self.sudo().create(
            {
                "deployment_id": deployment.id,
                "user_id": self.env.uid,
                "requested_date": now,
                "again": again,
                "action_id": action.id if action else False,
                "record_count": len(ids),
                "state": "running" if ids else "done",
                "end_date": False if ids else now,
                "expected_reviews": expected.reviews if expected else 0,
                "forecast_text": expected.sentence(self.env) if expected else False,
            }
        )
        size = chunk_size(deployment.champion_id._specs() if deployment.champion_id else {}, CHUNK)
        if deployment.sudo()._serves_from_outside():
            is_single = deployment.sudo().champion_id.endpoint_id.protocol == "chat"
            size = min(size, SINGLE_CHUNK if is_single else REMOTE_CHUNK)
        pieces = [ids[start : start + size] for start in range(0, len(ids), size)]
        bulk.insert(
            self.env,
            "ai_deployment_batch_chunk",
            {
                "batch_id": ("int4", batch.id),
                "record_ids": ("jsonb", [str(piece) for piece in pieces]),
                "record_count": ("int4", [len(piece) for piece in pieces]),
                "state": ("varchar", "open"),
                "attempts": ("int4", 0),
            },
        )
        self.env["ai.deployment.ledger"]._asked(deployment, now.date(), len(ids), self.env.user)
        batch.invalidate_recordset(["chunk_ids"])
        if confirms_floods and expected and expected.is_far_beyond:
            batch._wait_for_confirmation(expected)
        else:
            batch._begin()
        return batch

    def _wait_for_confirmation(self, expected):
        """Pause a batch that would flood the reviewers; whoever asked or the owner lets it go on."""
        self._pause(self.env._("It waits for confirmation: %s", self.forecast_text))
        deployment = for_reader(self.deployment_id)
        words = deployment.env
        self.env["ai.deployment.alert"]._raise(
            deployment,
            FLOOD,
            name=told(
                words,
                lambda there: there._(
                    "A batch would create far more reviews than the reviewers can answer. %s", expected.sentence(there)
                ),
            ),
            suggestion=told(
                words,
                lambda there: there._(
                    "Open it under Batches: click “Resume” to score it anyway, or cancel it and change the review "
                    "settings."
                ),
            ),
        )

    @api.model
    def _waiting(self, deployment, again):
        """(the latest batch of the current user that has open pieces, ids of the records that wait in such batches).

        Asking for them once more would only make the queue longer. Others' batches are worked off with others' rights,
        and a piece that a lane has in hands may have been read before the records changed: neither counts.
        """
        batches = self.sudo().search(
            Domain("deployment_id", "=", deployment.id)
            & Domain("user_id", "=", self.env.uid)
            & Domain("state", "in", ("running", "paused"))
            & (Domain("again", "=", True) if again else Domain.TRUE),
            order="id",
        )
        if not batches:
            return batches, set()
        rows = self.env.execute_query(
            SQL(
                "SELECT batch_id, record_ids FROM ai_deployment_batch_chunk WHERE state = 'open' AND batch_id = ANY(%s)"
                " ORDER BY batch_id FOR KEY SHARE SKIP LOCKED",
                batches.ids,
            )
        )
        latest = self.browse(row[0] for row in rows[-1:])
        return latest.sudo(), {record_id for _batch_id, ids in rows for record_id in ids}

    def _begin(self):
        """Call those who do the work; what is done on the spot is only the call."""
        # A job has one transaction, and a remote model is asked between two: the lanes work that off.
        for_lanes = self.filtered(lambda batch: batch.deployment_id._serves_from_outside())
        if job_backend.is_installed(self.env):
            job_backend.give(self - for_lanes)
        else:
            for_lanes = self
        if for_lanes:
            for_lanes.filtered("jobs_since").jobs_since = False  # uninstalled since, or another version serves
            for_lanes._wake_workers()

    @api.model
    def _wake_workers(self):
        for lane in self.env["ir.cron"].sudo().search(Domain("cron_name", "=like", "AI Deployment: worker%")):
            lane._trigger()

    # Buttons

    def action_pause(self):
        self._check_may_steer()
        for batch in self.sudo().filtered(lambda batch: batch.state == "running"):
            batch._pause(self.env._("Paused by %s", self.env.user.name))

    def _pause(self, reason, waits_for_switch=False):
        self.write({"state": "paused", "paused_reason": reason, "waits_for_switch": waits_for_switch})

    def _resume(self):
        """Go on: with those of `self` that are paused."""
        for batch in self.filtered(lambda batch: batch.state == "paused"):
            batch.write({"state": "running", "paused_reason": False})
            self.env["ai.deployment.alert"]._resolve(batch.deployment_id, FLOOD)
            batch.chunk_ids.filtered(lambda chunk: chunk.state == "open").write(
                {"attempts": 0, "interruptions": 0, "taken_date": False}
            )
            batch._begin()

    def action_resume(self):
        self._check_may_steer()
        self.sudo()._resume()

    def action_cancel(self):
        """Cancel the open chunks. Chunks already being processed are completed."""
        self._check_may_steer()
        for batch in self.sudo().filtered(lambda batch: batch.state in ("running", "paused")):
            batch._cancel()

    def _cancel(self):
        self.ensure_one()
        self.write({"state": "cancelled", "end_date": clock.now(), "paused_reason": False})
        self._cancel_pieces()
        for cause in ("batch", FLOOD):
            self.env["ai.deployment.alert"]._resolve(self.deployment_id, cause)

    def _cancel_pieces(self):
        """Cancel the chunks that no worker holds at this moment."""
        rows = self.env.execute_query(
            SQL(
                "UPDATE ai_deployment_batch_chunk SET state = 'cancelled' WHERE id IN (SELECT id FROM"
                " ai_deployment_batch_chunk WHERE batch_id = %s AND state = 'open' FOR UPDATE SKIP LOCKED)"
                " RETURNING record_count",
                self.id,
            )
        )
        self.chunk_ids.invalidate_recordset()
        cancelled = sum(row[0] for row in rows)
        self.env["ai.deployment.ledger"]._settled(self.deployment_id, self.requested_date.date(), cancelled=cancelled)

    @api.depends("user_id", "deployment_id")
    @api.depends_context("uid")
    def _compute_may_steer(self):
        for batch in self:
            batch.may_steer = batch.user_id == self.env.user or batch.sudo(False).deployment_id._may_decide()

    def _check_may_steer(self):
        self.check_access("read")
        for batch in self:
            if not batch.may_steer:
                raise AccessError(self.env._("Only the requester, the owner or an administrator may do this."))

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Batches cannot be deleted: requests belong to the log."))

    @api.autovacuum
    def _gc_expired(self):
        """Forget batches that ended longer ago than the log is kept; what did not end is never forgotten."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM ai_deployment_batch WHERE id IN (SELECT batch.id FROM ai_deployment_batch batch"
                " JOIN ai_deployment deployment ON deployment.id = batch.deployment_id"
                " WHERE batch.end_date < %s - deployment.retention_days * interval '1 day'"
                " ORDER BY batch.id LIMIT %s) RETURNING id",
                clock.now(),
                FORGOTTEN_AT_ONCE,
            )
        )
        self.invalidate_model(flush=False)
        self.env["ai.deployment.batch.chunk"].invalidate_model(flush=False)
        return len(rows), len(rows) == FORGOTTEN_AT_ONCE

    # The end

    @api.model
    def _pause_where_set_aside(self):
        """Tell of pieces that were set aside; pause the batches that have only such pieces left."""
        chunks = self.env["ai.deployment.batch.chunk"].sudo()
        aside = chunks.search(chunks._set_aside_domain() & Domain("batch_id.state", "=", "running"))
        for chunk in aside.try_lock_for_update() if aside else ():  # what a lane works on is locked by it
            batch = chunk.batch_id
            deployment = for_reader(batch.deployment_id)
            words = deployment.env
            words["ai.deployment.alert"]._raise(
                deployment,
                "aside",
                name=told(words, partial(_skipped, count=chunk.record_count, batch=batch.name)),
                suggestion=told(
                    words,
                    lambda there: there._(
                        "The process was killed twice while scoring them. Ask an administrator to check the "
                        "server log, then resume the batch."
                    ),
                ),
            )
            if all(piece in aside for piece in batch.chunk_ids if piece.state == "open"):
                batch._pause(self.env._("The process was killed twice while scoring its last records."))

    @api.model
    def _finish(self):
        """Close the batches without open pieces and tell who asked. Called between pieces, by any lane."""
        open_pieces = Domain("chunk_ids", "any", [("state", "=", "open")])
        for batch in self.sudo().search(Domain("state", "=", "cancelled") & open_pieces):
            batch._cancel_pieces()  # a lane held them when the batch was cancelled, and could not finish
        self._pause_where_set_aside()
        batches = self.sudo().search(Domain("state", "=", "running") & ~open_pieces)
        for batch in batches.try_lock_for_update():
            batch.write({"state": "done", "end_date": clock.now()})
            self.env["ai.deployment.alert"]._resolve(batch.deployment_id, "batch")
            batch.user_id._bus_send(
                "simple_notification",
                {
                    "type": "success",
                    "title": batch.deployment_id.name,
                    "message": batch.with_user(batch.user_id).sudo().outcome_text or self.env._("Nothing to score."),
                },
            )


def _skipped(env, count, batch):
    return env._(
        "%(count)s records of %(batch)s were skipped after repeated failures", count=number(env, count), batch=batch
    )
