"""Asks the named approver for a go or no-go, and shows the checklist as it stands."""

from datetime import timedelta

from odoo import api, fields, models

from ...models.governance.ai_deployment_approval import OUTCOMES
from ...models.governance.approval import LEAST_DAYS, Approval
from ...models.governance.checklist import Checklist
from ...models.governance.duties import conflicted_users
from ...models.tools import clock


class AiDeploymentApprove(models.TransientModel):
    _name = "ai.deployment.approve"
    _description = "Approval"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    is_demonstration = fields.Boolean(related="deployment_id.is_demonstration", related_sudo=False, unsaved=True)
    outcome = fields.Selection(OUTCOMES, required=True)
    conditions = fields.Text()
    minutes = fields.Text("Reason for the Decision", required=True)
    next_review_date = fields.Date(
        "Next Review", required=True, default=lambda self: clock.today() + timedelta(days=LEAST_DAYS)
    )
    # What the approver saw when this was opened
    version_id = fields.Many2one("ai.deployment.version")
    approval_id = fields.Many2one("ai.deployment.approval")
    by_builder = fields.Boolean(compute="_compute_by_builder", unsaved=True)
    gap = fields.Char(compute="_compute_checklist_html", unsaved=True)
    checklist_html = fields.Html("Checklist", compute="_compute_checklist_html", sanitize=False, unsaved=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        deployment = self.env["ai.deployment"].browse(values.get("deployment_id")).exists()
        if deployment:
            deployment.check_access("read")
            latest = deployment.sudo().latest_approval_id
            values |= {"version_id": deployment.sudo().champion_id.id, "approval_id": latest.id}
        return values

    @api.depends("deployment_id")
    @api.depends_context("uid")
    def _compute_by_builder(self):
        self.by_builder = False
        for wizard in self.filtered("deployment_id"):
            wizard.deployment_id.check_access("read")
            wizard.by_builder = self.env.user in conflicted_users(wizard.deployment_id)

    @api.depends("deployment_id")
    def _compute_checklist_html(self):
        decisions = self.env["ai.deployment.approval"]
        self.gap = self.checklist_html = False
        for wizard in self.filtered("deployment_id"):
            wizard.deployment_id.check_access("read")
            checklist = Checklist(wizard.deployment_id.sudo())
            wizard.gap = checklist.gap()
            wizard.checklist_html = self.env["ir.qweb"]._render(
                "ai_deployment.decision_evidence",
                {"groups": decisions._by_dimension(checklist.frozen())},
            )

    def action_decide(self):
        self.ensure_one()
        Approval(self.deployment_id).sign(
            self.outcome,
            self.minutes,
            self.next_review_date,
            self.conditions or "",
            seen=(self.version_id.sudo(), self.approval_id.sudo()),
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
