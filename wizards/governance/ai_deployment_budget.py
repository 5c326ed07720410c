"""Asks what training again takes, and keeps time for it in the owner's calendar."""

from datetime import timedelta

from odoo import api, fields, models

from ...models.governance.planning import Planning
from ...models.tools import clock


class AiDeploymentBudget(models.TransientModel):
    _name = "ai.deployment.budget"
    _description = "Plan Retraining"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="deployment_id.currency_id", related_sudo=False, unsaved=True)
    hours = fields.Float("Working Hours", required=True)
    cost = fields.Monetary("Computing Cost", help="0 if computed on your own server.")
    start = fields.Datetime("In Calendar Of Owner On", required=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        deployment = self.env["ai.deployment"].browse(values.get("deployment_id")).exists()
        if deployment:
            deployment.check_access("read")
            day = (clock.now() + timedelta(days=90)).replace(hour=9, minute=0, second=0)
            values |= {"hours": deployment.retrain_hours or 8, "cost": deployment.retrain_cost, "start": day}
        return values

    def action_plan(self):
        self.ensure_one()
        Planning(self.deployment_id).plan_training(self.hours, self.cost, self.start)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
