"""The way of a deployment to production on its page: where it stands, and one button that takes the next step."""

from odoo import api, fields, models

from ..training.request_outside import is_made_elsewhere
from .next_step import APPROVE, STEPS, TRAIN, next_step, take


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    replay_ids = fields.One2many("ai.deployment.replay", "deployment_id", "Replays", readonly=True)
    year_replay_count = fields.Integer("Number of Replays", compute="_compute_year_replay_count")
    stepper_html = fields.Html("Way to Production", compute="_compute_next_step", sanitize=False)
    next_step = fields.Char(compute="_compute_next_step")
    next_step_text = fields.Char("Next Step Needs", compute="_compute_next_step")

    @api.depends("replay_ids")
    def _compute_year_replay_count(self):
        groups = self.env["ai.deployment.replay"]._read_group(
            [("deployment_id", "in", self.ids)], ["deployment_id"], ["__count"]
        )
        counts = {deployment.id: count for deployment, count in groups}
        for deployment in self:
            deployment.year_replay_count = counts.get(deployment.id, 0)

    @api.depends("state", "champion_id", "feature_ids", "training_ids.state", "check_ids.state", "user_id")
    @api.depends_context("uid", "lang")
    def _compute_next_step(self):
        labels = {
            "describe": self.env._("Describe"),
            "inputs": self.env._("Inputs"),
            "train": self.env._("Train"),
            "shadow": self.env._("Shadow"),
            "approve": self.env._("Approve"),
            "live": self.env._("Live"),
        }
        for deployment in self:
            deployment.stepper_html = deployment.next_step = deployment.next_step_text = False
            if not deployment._origin or deployment.state in ("suspended", "retired"):
                continue
            found = next_step(deployment._origin)
            at = STEPS.index(found.step) + (deployment.state == "production")
            # What is made elsewhere is registered, bound or imported; nobody trains it here.
            own = {TRAIN: self.env._("Version")} if is_made_elsewhere(deployment._origin.sudo()) else {}
            steps = [
                {"label": own.get(code, labels[code]), "is_done": place < at, "is_current": place == at}
                for place, code in enumerate(STEPS)
            ]
            deployment.stepper_html = self.env["ir.qweb"]._render("ai_deployment.stepper", {"steps": steps})
            if deployment._may_decide() or (found.step == APPROVE and deployment.approver_id == self.env.user):
                deployment.next_step = found.label  # a button that can only fail is not shown
            if deployment.state != "production":
                deployment.next_step_text = found.sentence

    def _begin_replays(self):
        """Let the replays that waited for a training begin."""
        self.env["ai.deployment.replay"].sudo()._wake(self)

    def _open_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_next_step(self):
        """Take the next step on the way to production, or open the place where it is taken."""
        return take(self)

    def action_view_replays(self):
        return self._action_lines("ai.deployment.replay", self.env._("Replays"))
