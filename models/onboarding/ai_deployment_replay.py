"""A replay of the company's own last year: what a version trained before each month would have said in it.

It is asked for with the first training, waits until that is over, and is carried out by a cron and a child process of
it. Each month is stored as soon as it is known.
"""

import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..tools import clock, faults
from ..tools.existence import has_any
from ..tools.shipped import shipped
from . import replay_wording as wording
from .replay_run import ReplayRun

_logger = logging.getLogger(__name__)

OPEN = ("waiting", "running")


class AiDeploymentReplay(models.Model):
    _name = "ai.deployment.replay"
    _description = "Replay of the Last Year"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    user_id = fields.Many2one("res.users", "Requested By", required=True, readonly=True, ondelete="restrict")
    requested_date = fields.Datetime("Requested On", required=True, readonly=True)
    end_date = fields.Datetime("Ended On", readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    starts = fields.Integer(readonly=True)
    progress = fields.Float(readonly=True, help="In percent.")
    seconds = fields.Float(readonly=True, digits=(16, 1))
    result = fields.Json("Figures", readonly=True)
    verdict = fields.Selection(wording.VERDICTS, readonly=True)
    failure_message = fields.Char("Error Details", readonly=True)
    result_html = fields.Html("Result", compute="_compute_result_html", sanitize=False)
    verdict_text = fields.Char("Conclusion", compute="_compute_result_html")

    _one_open = models.UniqueIndex(
        "(deployment_id) WHERE state IN ('waiting', 'running')", "A replay of this deployment is open already."
    )

    @api.depends("requested_date")
    @api.depends_context("lang", "tz")
    def _compute_name(self):
        for replay in self:
            date = format_datetime(self.env, replay.requested_date, dt_format="short")
            replay.name = self.env._("Replay on %s", date) if replay.requested_date else ""

    @api.depends("result", "verdict", "state", "failure_message")
    @api.depends_context("uid", "lang")
    def _compute_result_html(self):
        for replay in self:
            shown = wording.shown(replay)
            replay.verdict_text = shown["verdict"]
            replay.result_html = (
                self.env["ir.qweb"]._render("ai_deployment.replay_result", shown)
                if replay.state in ("done", "failed")
                else False
            )

    @api.model
    def _ask(self, deployment):
        """Keep the wish to replay the last year of `deployment`, as who answers for it; return the open replay."""
        deployment._check_decides()
        waiting = self.sudo().search(Domain("deployment_id", "=", deployment.id) & Domain("state", "in", OPEN), limit=1)
        if waiting:
            return waiting
        replay = self.sudo().create(
            {"deployment_id": deployment.id, "user_id": self.env.uid, "requested_date": clock.now()}
        )
        self._wake(deployment)
        return replay

    @api.model
    def _wake(self, deployments):
        """Let the cron begin, if replays of `deployments` wait."""
        cron = shipped(self.env, "ir_cron_replay")
        waiting = Domain("deployment_id", "in", deployments.ids) & Domain("state", "in", OPEN)
        if cron and has_any(self.sudo(), waiting):
            cron._trigger()

    @api.model
    def _cron_replay(self):
        """Carry out replays whose deployment is not being trained, one after the other."""
        cron, done = self.env["ir.cron"], set()
        while True:
            waiting = self.sudo().search(
                Domain("state", "in", OPEN)
                & Domain("id", "not in", list(done))
                & ~Domain("deployment_id.training_ids.state", "in", OPEN),
                order="id",
            )
            if not cron._commit_progress(remaining=len(waiting)) or not waiting:
                return
            replay = waiting[0]
            done.add(replay.id)
            replay._carry_out()
            cron._commit_progress(1)

    def _carry_out(self):
        """Replay, and store the result or why there is none; a replay that ends its process twice is given up."""
        self.ensure_one()
        if self.starts >= 2:
            self._fail(self.env._("The process ended before its time."))
            return
        self.write({"state": "running", "starts": self.starts + 1, "progress": 0.0})
        self.env["ir.cron"]._commit_progress()
        try:
            result = ReplayRun(self).replay()
        except UserError as error:
            self.env.cr.rollback()
            self._fail(str(error))
            return
        except Exception as error:
            if faults.kind_of(error) == faults.LOST_CONNECTION:
                raise
            self.env.cr.rollback()
            if faults.is_of_the_moment(error):  # nobody's: the next run does it again
                self.write({"state": "waiting", "starts": self.starts - 1})
                return
            faults.log_fault(_logger, f"Replay {self.id} failed", error)
            self._fail(faults.how_it_failed(error))
            return
        self.write(
            {
                "state": "done",
                "end_date": clock.now(),
                "progress": 100.0,
                "result": result,
                "seconds": result["seconds"],
                "verdict": result["verdict"],
            }
        )

    def _fail(self, why):
        self.write({"state": "failed", "end_date": clock.now(), "failure_message": why[:500]})

    # Buttons

    def action_replay_again(self):
        """Ask for a new replay of the same deployment."""
        self.ensure_one()
        replay = self._ask(self.deployment_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": replay.id,
            "views": [(False, "form")],
        }

    def unlink(self):
        # pylint: disable=no-raise-unlink
        if not self.env.su:
            raise AccessError(self.env._("Replays are kept."))
        return super().unlink()
