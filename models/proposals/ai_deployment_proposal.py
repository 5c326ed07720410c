"""Proposed values: one row per line of the log and answer field, with what became of it.

What the model said stands in it from the beginning and is never changed. Later come what a person said about it
(`verdict`, `label`), and what was written on the record (`written_value`), with what stood there before.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..scoring.ai_deployment_inference import FAILURE_TYPES
from ..scoring.hiding import hidden_domain
from ..tools import clock
from ..tools.shipped import wake
from ..tools.unchecked_many2one import UncheckedMany2one
from .agreement import record_curves, watch
from .book import ProposalBook
from .values import text_of
from .writing import check_may_undo, undo, write_due

VERDICTS = [("right", "Right"), ("wrong", "Wrong"), ("undone", "Undone")]


class AiDeploymentProposal(models.Model):
    _name = "ai.deployment.proposal"
    _description = "Proposed Value"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "id desc"
    _log_access = False
    _rec_name = "label_text"
    _rec_names_search = ("key",)

    date = fields.Datetime(required=True, readonly=True)
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    company_id = UncheckedMany2one("res.company", required=True, readonly=True)
    inference_id = UncheckedMany2one("ai.deployment.inference", "Log Line", readonly=True, index=True)
    version_id = UncheckedMany2one("ai.deployment.version", readonly=True)
    key = fields.Char("Field", required=True, readonly=True)
    label_text = fields.Char("Answer", compute="_compute_texts", compute_sudo=False)

    # What the model said
    value = fields.Char(readonly=True, groups=NO_ACCESS)
    said = fields.Char(readonly=True, groups=NO_ACCESS)
    value_text = fields.Char("Proposed", compute="_compute_texts", compute_sudo=False)
    confidence = fields.Float(readonly=True, aggregator="avg", digits=(16, 4))
    stood_value = fields.Char("Value When Proposed", readonly=True, groups=NO_ACCESS)  # of the record
    failure_type = fields.Selection(FAILURE_TYPES, "Cannot Be Used", readonly=True)

    # What a person said
    verdict = fields.Selection(VERDICTS, readonly=True)
    label = fields.Char(readonly=True, groups=NO_ACCESS)
    answer_text = fields.Char("Right Value", compute="_compute_texts", compute_sudo=False)
    review_id = UncheckedMany2one("ai.deployment.review", readonly=True)
    judged_by_id = UncheckedMany2one("res.users", "Reviewed By", readonly=True)
    judged_date = fields.Datetime("Reviewed On", readonly=True)

    # What was written
    written_value = fields.Char(readonly=True, groups=NO_ACCESS)
    old_value = fields.Char(readonly=True, groups=NO_ACCESS)
    written_text = fields.Char("Written", compute="_compute_texts", compute_sudo=False)
    old_text = fields.Char("Value Before", compute="_compute_texts", compute_sudo=False)
    written_date = fields.Datetime("Written On", readonly=True)
    written_by_id = UncheckedMany2one("res.users", "Written By", readonly=True)
    undone_date = fields.Datetime("Undone On", readonly=True)
    undone_by_id = UncheckedMany2one("res.users", "Undone By", readonly=True)
    left_reason = fields.Char("Not Written", readonly=True, help="Why the value was not written, if it was due.")
    may_undo = fields.Boolean(compute="_compute_may_undo", compute_sudo=False)

    _record_idx = models.Index("(deployment_id, res_id, key)")
    _judged_idx = models.Index("(version_id, key, date) WHERE verdict IS NOT NULL")

    @api.depends("res_model", "key")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_texts(self):
        ids = {model: proposals.mapped("res_id") for model, proposals in self.grouped("res_model").items()}
        for proposal in self:
            documents, stored = self.env[proposal.res_model], proposal.sudo()
            record = documents.browse(proposal.res_id).with_prefetch(ids[proposal.res_model])
            field = documents._fields.get(stored.key)
            named = stored.deployment_id.answer_field_ids.filtered(lambda each, key=stored.key: each.key == key)
            proposal.label_text = named.name or (field and field._description_string(self.env)) or stored.key
            for name, source in (
                ("value_text", "value"),
                ("answer_text", "label"),
                ("written_text", "written_value"),
                ("old_text", "old_value"),
            ):
                proposal[name] = text_of(record, stored.key, stored[source])

    @api.depends("written_date", "undone_date")
    @api.depends_context("uid")
    def _compute_may_undo(self):
        for proposal in self:
            try:
                check_may_undo(proposal)
            except (AccessError, UserError):
                proposal.may_undo = False
            else:
                proposal.may_undo = True

    @api.model
    def _hidden_domain(self):
        return hidden_domain(self)

    # What a deployment proposes; each is handed records of `ai.deployment`

    @api.model
    def _book(self, deployment, version):
        """Return the `ProposalBook` for a run of `version`, None where it proposes no values."""
        return ProposalBook(deployment.sudo(), version) if version._answer_fields() else None

    @api.model
    def _record_curves(self, deployment):
        """Return what reviews say of whole records by confidence, as the test of a version does."""
        return record_curves(deployment.sudo())

    @api.model
    def _watch(self, deployments):
        """Alert where people agree with the values of a field less than they did."""
        for deployment in deployments.filtered(lambda deployment: deployment.is_task and deployment.champion_id):
            watch(deployment.sudo())

    @api.model
    def _wake_writing(self, deployment):
        """Let proved values be written soon, where the owner wants that."""
        if any(answer.writing == "proved" for answer in deployment.answer_field_ids):
            wake(self.env, "ir_cron_write_proposals")

    @api.model
    def _write_due(self, deployment, records):
        """Write the proved values of `records`, with the rights of the user; return {"written", "same", "left"}."""
        return write_due(deployment.sudo(), self.env.user, records.ids)

    @api.model
    def _cron_write(self):
        """Write the proved values of all deployments that are in production, with the rights of their owners.

        An owner who has left writes nothing: the values wait for the next one.
        """
        cron = self.env["ir.cron"]
        wanted = Domain("state", "=", "production") & Domain("answer_field_ids.writing", "=", "proved")
        wanted &= Domain("user_id.active", "=", True)
        deployments = self.env["ai.deployment"].sudo().search(wanted)
        cron._commit_progress(remaining=len(deployments))
        for deployment in deployments:
            write_due(deployment, deployment.user_id)
            if not cron._commit_progress(1):
                break

    @api.autovacuum
    def _gc_expired(self):
        """Delete what is older than its deployment keeps its log."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ai_deployment_proposal WHERE id IN (SELECT proposal.id"
                " FROM ai_deployment_proposal proposal"
                " JOIN ai_deployment deployment ON deployment.id = proposal.deployment_id"
                " WHERE proposal.date < %s - deployment.retention_days * interval '1 day' LIMIT %s)",
                clock.now(),
                GC_UNLINK_LIMIT,
            )
        )
        self.env.invalidate_all(flush=False)
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_UNLINK_LIMIT

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise AccessError(self.env._("Proposed values cannot be deleted."))

    def action_undo(self):
        """Write the old value back, where nothing has changed the field since."""
        self.ensure_one()
        self.check_access("read")
        undo(self)
        return True
