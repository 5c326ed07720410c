"""Asks for the period whose records say how things were before, and freezes what they say."""

from datetime import timedelta

from odoo import api, fields, models

from ...models.governance.measurement import Measurement
from ...models.tools import clock

YEAR = 365


class AiDeploymentBaseline(models.TransientModel):
    _name = "ai.deployment.baseline"
    _description = "Measure the Baseline"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    start_date = fields.Date(
        "From", required=True, compute="_compute_dates", store=True, precompute=True, readonly=False, unsaved=True
    )
    end_date = fields.Date(
        "Until", required=True, compute="_compute_dates", store=True, precompute=True, readonly=False, unsaved=True
    )

    @api.depends("deployment_id")
    def _compute_dates(self):
        for wizard in self:
            deployment = wizard.deployment_id
            wizard.end_date = Measurement(deployment).last_due_day() if deployment else clock.today()
            wizard.start_date = wizard.end_date - timedelta(days=YEAR - 1)

    def action_measure(self):
        self.ensure_one()
        self.deployment_id._measure_baseline(self.start_date, self.end_date)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
