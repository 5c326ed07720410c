"""Asks the named decider for a go or no-go, and shows the checklist as it stands."""

from datetime import timedelta

from odoo import api, fields, models

from ..models import clock
from ..models.ai_deployment_decision import LEAST_DAYS, OUTCOMES


class AiDeploymentDecide(models.TransientModel):
    _name = "ai.deployment.decide"
    _description = "Go or No-Go"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    outcome = fields.Selection(OUTCOMES, required=True)
    conditions = fields.Text()
    minutes = fields.Text("Why You Decide So", required=True)
    next_review_date = fields.Date(
        "Next Review", required=True, default=lambda self: clock.today() + timedelta(days=LEAST_DAYS)
    )
    checklist_html = fields.Html(compute="_compute_checklist_html", sanitize=False)

    @api.depends("deployment_id")
    def _compute_checklist_html(self):
        for wizard in self:
            wizard.deployment_id.check_access("read")
            wizard.deployment_id.sudo().check_ids._refresh()
            wizard.checklist_html = self.env["ir.qweb"]._render(
                "ai_deployment.decision_evidence", {"rows": wizard.deployment_id._frozen_checklist()}
            )

    def action_decide(self):
        self.ensure_one()
        self.deployment_id._decide(self.outcome, self.minutes, self.next_review_date, self.conditions or "")
        return {"type": "ir.actions.client", "tag": "soft_reload"}
