"""Going back to a version, and scoring again what a withdrawn one wrote; see `rollback`."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from .rollback import Rollback


class AiDeploymentVersion(models.Model):
    _inherit = "ai.deployment.version"

    golden = fields.Json("Golden Set", readonly=True, groups=NO_ACCESS, prefetch=False)
    training_ids = fields.One2many("ai.deployment.training", "version_id", "Training", readonly=True)
    has_served = fields.Boolean(compute="_compute_has_served")
    left_behind_count = fields.Integer("Scores Left Behind", compute="_compute_left_behind_count")

    @api.depends("deployment_id.assignment_ids.version_id")
    def _compute_has_served(self):
        for version in self:
            version.has_served = version in version.deployment_id.assignment_ids.version_id

    @api.depends("deployment_id.champion_id")
    def _compute_left_behind_count(self):
        for version in self:
            is_withdrawn = version.has_served and not version.is_serving
            deployment = version.deployment_id.sudo()
            version.left_behind_count = len(Rollback(deployment).left_behind(version)) if is_withdrawn else 0

    def action_roll_back(self):
        """Let this version, which has served before, serve again."""
        self.ensure_one()
        self.deployment_id._check_decides()
        return Rollback(self.deployment_id.sudo()).to(self.sudo())

    def action_score_again(self):
        """Score the records again whose current score this withdrawn version wrote."""
        self.ensure_one()
        self.deployment_id._check_decides()
        deployment = self.deployment_id
        ids = Rollback(deployment.sudo()).left_behind(self)
        if not ids:
            raise UserError(self.env._("No record shows a score of this version any more."))
        deployment.sudo()._check_at_work()
        batch = self.env["ai.deployment.batch"]._ask(deployment.sudo(), ids, True, confirms_floods=True)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.batch",
            "res_id": batch.id,
            "views": [(False, "form")],
        }
