"""Challenger and serving version on the same latest records: asked for, carried out by a cron, kept.

What is stored is a result, never a score of a record that a search could find. It ends without a result where the
serving version or the challenger changed meanwhile: a comparison with what does not serve any more says nothing.
"""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

from ..deployment.serving import challenging
from ..tools import clock, faults
from ..tools.shipped import wake
from ..tools.told import keep, told
from .comparison_page import ComparisonPage
from .replay import Replay

_logger = logging.getLogger(__name__)

OPEN = ("waiting", "running")
KEPT = 50  # comparisons of a deployment


class AiDeploymentComparison(models.Model):
    _name = "ai.deployment.comparison"
    _description = "Comparison with the Challenger"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    serving_id = fields.Many2one("ai.deployment.version", "Serving Version", required=True, readonly=True)
    challenger_id = fields.Many2one("ai.deployment.version", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Requested By", required=True, readonly=True, ondelete="restrict")
    requested_date = fields.Datetime("Requested On", required=True, readonly=True)
    end_date = fields.Datetime("Ended On", readonly=True)
    record_count = fields.Integer("Records", readonly=True, help="At most so many of the latest records are replayed.")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("promoted", "Promoted"),
            ("ended", "Ended"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        help="Promoted: the challenger serves already. Ended: another pair of versions scores now.",
    )
    result_text = fields.Char("Without a Result", readonly=True, translate=True)
    summary = fields.Char("Result", compute="_compute_summary")
    result = fields.Json("Figures", readonly=True, groups=NO_ACCESS)
    page_html = fields.Html("Side by Side", compute="_compute_page_html", sanitize=False)
    is_challenging = fields.Boolean("Challenger Now", compute="_compute_is_challenging")
    is_better = fields.Boolean("Better Challenger", compute="_compute_is_better")
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False)

    _one_open = models.UniqueIndex(
        "(deployment_id) WHERE state IN ('waiting', 'running')", "A comparison of this deployment is open already."
    )

    @api.depends("serving_id", "challenger_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for comparison in self:
            comparison.name = self.env._(
                "%(challenger)s beside %(serving)s",
                challenger=comparison.challenger_id.name,
                serving=comparison.serving_id.name,
            )

    @api.depends("deployment_id.challenger_id", "deployment_id.champion_id")
    def _compute_is_challenging(self):
        for comparison in self:
            deployment = comparison.deployment_id
            comparison.is_challenging = (comparison.serving_id, comparison.challenger_id) == (
                deployment.champion_id,
                deployment.challenger_id,
            )

    @api.depends("is_challenging", "deployment_id.assignment_ids.verdict")
    def _compute_is_better(self):
        for comparison in self:
            comparison.is_better = (
                comparison.is_challenging and challenging(comparison.deployment_id).verdict == "better"
            )

    @api.depends("state", "result")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_page_html(self):
        for comparison in self:
            comparison.page_html = comparison.state == "done" and self.env["ir.qweb"]._render(
                "ai_deployment.comparison_page", ComparisonPage(comparison).values()
            )

    @api.depends("state", "result", "result_text", "deployment_id.assignment_ids.verdict")
    @api.depends_context("lang")
    def _compute_summary(self):
        for comparison in self:
            is_done = comparison.state == "done"
            comparison.summary = ComparisonPage(comparison).summary() if is_done else comparison.result_text

    @api.model
    def _ask(self, deployment):
        """Keep the wish to compare; return the open comparison of this pair, a new one where there is none.

        :param deployment: ai.deployment with all rights, with a challenger
        """
        pair = Domain("serving_id", "=", deployment.champion_id.id)
        pair &= Domain("challenger_id", "=", deployment.challenger_id.id)
        mine = Domain("deployment_id", "=", deployment.id)
        waiting = self.sudo().search(mine & pair & Domain("state", "in", OPEN), limit=1)
        if waiting:
            return waiting
        self._end_open(deployment)
        self.sudo().search(mine, offset=KEPT - 1).unlink()
        made = self.sudo().create(
            {
                "deployment_id": deployment.id,
                "serving_id": deployment.champion_id.id,
                "challenger_id": deployment.challenger_id.id,
                "user_id": self.env.uid,
                "requested_date": clock.now(),
                "record_count": deployment.replay_count,
            }
        )
        wake(self.env, "ir_cron_compare")
        return made

    @api.model
    def _end_open(self, deployment):
        """End what is open and not of the pair that scores now."""
        for comparison in self.sudo().search(Domain("deployment_id", "=", deployment.id) & Domain("state", "in", OPEN)):
            if not comparison.is_challenging:
                comparison._end({**comparison._changed_values(), "end_date": clock.now()})

    def _changed_values(self):
        """Return the values of a comparison whose pair scores no more: nothing failed."""
        is_promoted = self.deployment_id.champion_id == self.challenger_id
        return {"state": "promoted" if is_promoted else "ended", "result_text": told(self.env, self._changed_text)}

    def _end(self, values):
        """Write `values`, and what they say in every language."""
        self.write(values)
        keep(self, values)

    def _changed_text(self, env):
        """Return why a comparison that was not carried out is of no use any more."""
        there = self.with_env(env)
        deployment = there.deployment_id
        if deployment.champion_id != there.serving_id:
            return env._(
                "Ended without a result: %s was made the serving version meanwhile.", deployment.champion_id.name
            )
        return env._("Ended without a result: %s is not the challenger any more.", there.challenger_id.name)

    @api.model
    def _cron_compare(self):
        """Carry out what is waiting, one after the other."""
        cron = self.env["ir.cron"]
        waiting = self.sudo().search(Domain("state", "in", OPEN), order="id")
        cron._commit_progress(remaining=len(waiting))
        for comparison in waiting:
            if comparison.try_lock_for_update():
                comparison._carry_out()
            if not cron._commit_progress(1):
                break

    def _carry_out(self):
        cron, person = self.env["ir.cron"], self.user_id
        self.state = "running"
        cron._commit_progress()
        there = self.with_context(lang=person.lang or self.env.lang)
        try:
            with self.env.cr.savepoint():
                if there.is_challenging:
                    result = Replay(there.deployment_id, there.challenger_id, there.record_count).run()
                    values = {"state": "done", "result": result, "result_text": False}
                else:
                    values = self._changed_values()
        except UserError as error:
            values = {"state": "failed", "result_text": str(error)[:500]}
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise
            faults.log_fault(_logger, f"Comparison {self.id} failed", error)
            how = faults.how_it_failed(error)
            why = told(self.env, lambda env: env._("The comparison failed: %s", how)[:500])
            values = {"state": "failed", "result_text": why}
        cron._commit_progress()  # what others decided meanwhile is seen from here on
        self.env.invalidate_all()
        found = self.env.execute_query(
            SQL("SELECT state FROM ai_deployment_comparison WHERE id = %s FOR NO KEY UPDATE", self.id)
        )
        if found and found[0][0] == "running":
            if values["state"] == "done" and not self.is_challenging:
                values = self._changed_values()
            self._end({**values, "end_date": clock.now()})

    # Buttons

    def action_compare_again(self):
        """Ask for a new comparison with the challenger of now."""
        self.ensure_one()
        return self.deployment_id.action_compare()

    def action_promote_challenger(self):
        """Let the challenger serve from now on; see `action_promote` of a version."""
        self.ensure_one()
        self.deployment_id._check_decides()
        self._check_challenging()
        return self.challenger_id.action_promote()

    def action_withdraw_challenger(self):
        """Let the challenger score no more."""
        self.ensure_one()
        self.deployment_id._check_decides()
        self._check_challenging()
        return self.deployment_id.action_withdraw_challenger()

    def _check_challenging(self):
        """Raise where another pair scores now: the button would be about a version that is not on this page."""
        if not self.is_challenging:
            raise UserError(self.env._("%s is not the challenger any more.", self.challenger_id.name))
