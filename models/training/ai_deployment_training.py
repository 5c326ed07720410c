"""One run from the records to a version with a verdict, carried out by a cron and a child process of it.

It is asked for by a person, a trigger or a schedule, and waits until a worker is free. At most one of a deployment is
open. What came of each step is stored as soon as it is known (`training_run`); the version, its verdict and what
follows are stored together at the end.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ..tools import clock
from ..tools.shipped import shipped
from . import training_wording as wording
from .ai_deployment_training_step import STEPS
from .training_run import OPEN, TrainingRun

WORKERS = ("ir_cron_train_1", "ir_cron_train_2")


class AiDeploymentTraining(models.Model):
    _name = "ai.deployment.training"
    _description = "Training"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    user_id = fields.Many2one("res.users", "Requested By", required=True, readonly=True, ondelete="restrict")
    reason = fields.Char("Requested Because", readonly=True)
    is_automatic = fields.Boolean("Automatic", readonly=True, help="Started by a trigger, within the monthly budget.")
    requested_date = fields.Datetime("Requested On", required=True, readonly=True)
    data_date = fields.Datetime("Data As Of", readonly=True, help="Moment up to which outcomes count.")
    end_date = fields.Datetime("Ended On", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("unchanged", "Nothing New"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    step_ids = fields.One2many("ai.deployment.training.step", "training_id", "Steps", readonly=True)
    step = fields.Selection(STEPS, "Current Step", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="In percent.")
    elapsed = fields.Float("Seconds", compute="_compute_progress", digits=(16, 1), help="Seconds that its steps took.")
    interruptions = fields.Integer(readonly=True, help="Starts of the current step whose process ended too early.")
    failure = fields.Selection(wording.FAILURES, readonly=True)
    result_text = fields.Char("Result", readonly=True)
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="set null", index="btree_not_null")
    verdict = fields.Selection(related="version_id.verdict")
    attempt = fields.Integer(readonly=True, help="Which attempt at replacing the serving version this is.")
    decision = fields.Selection(
        [("promoted", "Promoted"), ("proposed", "Proposed to the owner"), ("kept", "Not promoted")],
        readonly=True,
    )
    # What makes it reproducible
    data_digest = fields.Char("Data Fingerprint", readonly=True)
    row_count = fields.Integer("Records", readonly=True)
    positive_count = fields.Integer("Positive Records", readonly=True)
    seed = fields.Integer(readonly=True)
    libraries = fields.Json("Versions of Libraries", readonly=True)
    libraries_text = fields.Char("Libraries", compute="_compute_texts")
    parameters = fields.Json("Stored Parameters", readonly=True)
    parameters_text = fields.Char("Parameters", compute="_compute_texts")
    child_seconds = fields.Float("Seconds in the Child Process", readonly=True, digits=(16, 1))
    child_megabytes = fields.Integer("Memory of the Child Process (MB)", readonly=True)
    dropped = fields.Json("Not Learned From", readonly=True)
    dropped_html = fields.Html("Left Out", compute="_compute_dropped_html", sanitize=False)
    may_steer = fields.Boolean(compute="_compute_may_steer", compute_sudo=False)

    _one_open = models.UniqueIndex(
        "(deployment_id) WHERE state IN ('waiting', 'running')", "A training of this deployment is open already."
    )

    @api.depends("deployment_id", "requested_date")
    @api.depends_context("lang", "tz")
    def _compute_name(self):
        for training in self:
            date = format_datetime(self.env, training.requested_date, dt_format="short")
            training.name = self.env._("Training on %s", date) if training.requested_date else ""

    @api.depends("step_ids.state", "step_ids.seconds", "state")
    def _compute_progress(self):
        for training in self:
            steps = training.sudo().step_ids
            running = steps.filtered(lambda step: step.state == "running")[:1]
            done = steps.filtered(lambda step: step.state == "done")
            training.step = running.code or done[-1:].code
            training.progress = 100 * len(done) / len(steps) if steps else 0.0
            since = clock.now() - running.started_date if running.started_date else timedelta()
            going = max(since.total_seconds(), 0.0) if training.state == "running" else 0.0
            training.elapsed = sum(steps.mapped("seconds")) + going

    @api.depends("libraries", "parameters")
    def _compute_texts(self):
        for training in self:
            training.libraries_text = ", ".join(f"{name} {text}" for name, text in (training.libraries or {}).items())
            training.parameters_text = ", ".join(
                f"{name}: {text}" for name, text in (training.parameters or {}).items()
            )

    @api.depends("dropped")
    @api.depends_context("uid", "lang")
    def _compute_dropped_html(self):
        for training in self:
            rows = wording.dropped_rows(training) if training.dropped else []
            training.dropped_html = (
                self.env["ir.qweb"]._render("ai_deployment.training_dropped", {"rows": rows}) if rows else False
            )

    @api.depends("deployment_id")
    @api.depends_context("uid")
    def _compute_may_steer(self):
        for training in self:
            training.may_steer = training.sudo(False).deployment_id._may_decide()

    @api.model
    def _ask(self, deployment, reason="", *, is_automatic=False):
        """Keep the wish to train `deployment`; a worker begins as soon as the transaction is committed.

        :return: the open training of it, a new one where there is none
        """
        waiting = self.sudo().search(Domain("deployment_id", "=", deployment.id) & Domain("state", "in", OPEN), limit=1)
        if waiting:
            return waiting
        training = self.sudo().create(
            {
                "deployment_id": deployment.id,
                "user_id": self.env.uid,
                "reason": reason[:500] or False,
                "is_automatic": is_automatic,
                "requested_date": clock.now(),
                "step_ids": [
                    fields.Command.create({"code": code, "sequence": place})
                    for place, (code, _name) in enumerate(STEPS)
                ],
            }
        )
        training._wake_workers()
        return training

    @api.model
    def _wake_workers(self):
        for worker in filter(None, (shipped(self.env, name) for name in WORKERS)):
            worker._trigger()

    # Work

    @api.model
    def _cron_train(self):
        """Carry out open trainings until there are none or the time is over."""
        cron, left = self.env["ir.cron"], set()
        while True:
            waiting = self.sudo().search_count(Domain("state", "in", OPEN) & Domain("id", "not in", list(left)))
            if not cron._commit_progress(remaining=waiting) or not waiting:
                break
            training = self._take(left)
            if not training:
                cron._commit_progress(remaining=0)  # other workers have what is left
                break
            try:
                TrainingRun(training).carry_out()
            finally:
                training._give_back()
            left.add(training.id)
            if training.exists() and training.state in OPEN:  # interrupted: it goes on in the next run of a cron
                self._wake_workers()
            cron._commit_progress(1)

    @api.model
    def _take(self, but=()):
        """Return the oldest open training that no other worker has, locked for this session; empty if none.

        The lock is advisory and outlives commits: each step is committed, and a person who cancels a training must not
        wait for it. A worker that is killed loses its session, and the lock with it.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ai_deployment_training WHERE state IN ('waiting', 'running') AND id <> ALL(%s)"
                " ORDER BY id",
                list(but),
            )
        )
        for (training_id,) in rows:
            training = self.sudo().browse(training_id)
            [[is_free]] = self.env.execute_query(SQL("SELECT pg_try_advisory_lock(%s)", training._lock_key()))
            if not is_free:
                continue
            self.env["ir.cron"]._commit_progress()  # what is read from now on is newer than the lock
            training.invalidate_recordset()
            if training.exists() and training.state in OPEN:
                return training
            training._give_back()
        return self.browse()

    def _give_back(self):
        self.env.execute_query(SQL("SELECT pg_advisory_unlock(%s)", self._lock_key()))

    def _lock_key(self):
        return SQL("hashtextextended(%s, 0)", f"ai.deployment.training,{self.id}")

    # Buttons

    def action_cancel(self):
        """Stop an open training; nothing of it is kept."""
        for training in self:
            if not training.may_steer:
                raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        for training in self.sudo().filtered(lambda training: training.state in OPEN):
            training.write(
                {
                    "state": "cancelled",
                    "end_date": clock.now(),
                    "result_text": self.env._("Cancelled by %s", self.env.user.name),
                }
            )
            training.step_ids.write({"answers": False})

    def action_view_version(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.version",
            "res_id": self.version_id.id,
            "views": [(False, "form")],
        }

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Trainings cannot be deleted: they prove how a version came about."))
