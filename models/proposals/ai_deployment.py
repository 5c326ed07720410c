"""Tasks beside won and lost: a deployment that chooses a value or extracts fields proposes them for each record."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..deployment.ai_deployment import TASKS
from ..tools.shipped import wake
from .agreement import record_curves, watch
from .book import ProposalBook
from .declared import declared_fields
from .writing import write_due


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    answer_field_ids = fields.One2many("ai.deployment.answer.field", "deployment_id", "Answer Fields", copy=True)
    proposal_count = fields.Integer("Proposed Values", compute="_compute_proposal_count")
    is_task = fields.Boolean(compute="_compute_is_task", unsaved=True)

    @api.depends("method")
    def _compute_is_task(self):
        for deployment in self:
            deployment.is_task = deployment.method in TASKS

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_proposal_count(self):
        counts = self.env["ai.deployment.proposal"]._read_group(
            Domain("deployment_id", "in", self.ids), ["deployment_id"], ["__count"]
        )
        found = {deployment.id: count for deployment, count in counts}
        for deployment in self:
            deployment.proposal_count = found.get(deployment.id, 0)

    @api.constrains("method", "is_primary")
    def _check_task_not_shown(self):
        if any(deployment.method in TASKS and deployment.is_primary for deployment in self):
            raise ValidationError(
                self.env._("Proposed values are no score: switch “Shown on Records” off for such a deployment.")
            )

    def _check_answer_fields(self):
        """Return the declared answer fields for a contract; raise where they do not fit the method."""
        self.ensure_one()
        if self.method not in TASKS:
            return []
        answers = self.answer_field_ids
        if not answers:
            raise UserError(self.env._("Add the fields that values are proposed for under “Answers” first."))
        if self.method == "classify" and (len(answers) > 1 or answers.ttype not in ("many2one", "selection")):
            raise UserError(
                self.env._("A deployment that classifies has one answer, a field with values to choose from.")
            )
        return declared_fields(self.sudo())

    def _proposal_book(self, version):
        """Return the `ProposalBook` for a run of `version`, None where it proposes no values."""
        return ProposalBook(self.sudo(), version) if version._answer_fields() else None

    def _record_curves(self):
        """Return what reviews say of whole records by confidence, as the test of a version does."""
        return record_curves(self.sudo())

    def _wake_writing(self):
        """Let proved values be written soon, where the owner wants that."""
        if any(answer.writing == "proved" for answer in self.answer_field_ids):
            wake(self.env, "ir_cron_write_proposals")

    def _write_proposals(self, records):
        """Write the proved values of `records`, with the rights of the user; return {"written", "same", "left"}."""
        self.ensure_one()
        return write_due(self.sudo(), self.env.user, records.ids)

    @api.model
    def _cron_write_proposals(self):
        """Write the proved values of all deployments that are in production, with the rights of their owners."""
        cron = self.env["ir.cron"]
        wanted = Domain("state", "=", "production") & Domain("answer_field_ids.writing", "=", "proved")
        deployments = self.sudo().search(wanted)
        cron._commit_progress(remaining=len(deployments))
        for deployment in deployments:
            write_due(deployment, deployment.user_id)
            if not cron._commit_progress(1):
                break

    def _watch_agreement(self):
        """Alert where people agree with the values of a field less than they did."""
        for deployment in self.filtered(lambda deployment: deployment.method in TASKS and deployment.champion_id):
            watch(deployment.sudo())

    def action_view_proposals(self):
        return self._action_lines("ai.deployment.proposal", self.env._("Proposed Values"))
