"""A go or no-go, signed by the named approver, with the evidence as it stood. Written once, never changed."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .duties import builders

OUTCOMES = [("go", "Go"), ("conditions", "Go with conditions"), ("no_go", "No-go")]


class AiDeploymentApproval(models.Model):
    _name = "ai.deployment.approval"
    _description = "Approval"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "outcome"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="deployment_id.company_id")
    is_demonstration = fields.Boolean(related="deployment_id.is_demonstration")
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [("first", "Initial approval"), ("review", "Periodic review")], required=True, readonly=True, default="first"
    )
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    conditions = fields.Text(readonly=True)
    minutes = fields.Text("Reason for the Decision", required=True, readonly=True)
    next_review_date = fields.Date("Next Review", required=True, readonly=True)
    evidence = fields.Json("Checklist at Approval", readonly=True)
    evidence_html = fields.Html("Checklist", compute="_compute_evidence_html", sanitize=False)
    by_builder = fields.Boolean(
        readonly=True,
        help="The approver is also a builder, owner or deputy: the checklist template permits one person for all "
        "roles.",
    )

    @api.depends("outcome", "date", "deployment_id")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for decision in self:
            decision.display_name = self.env._(
                "%(outcome)s: %(what)s, %(day)s",
                outcome=outcomes.get(decision.outcome, ""),
                what=decision.deployment_id.sudo().name,
                day=format_date(self.env, decision.date),
            )

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_html(self):
        for decision in self:
            decision.evidence_html = self.env["ir.qweb"]._render(
                "ai_deployment.decision_evidence", {"groups": self._by_dimension(decision.evidence or [])}
            )

    @api.model
    def _by_dimension(self, rows):
        """The frozen `rows` of a checklist by dimension: [(label, rows, number of those that do not block)]."""
        states = dict(self.env["ai.deployment.check"]._fields["state"]._description_selection(self.env))
        groups = []
        for dimension, label in self.env["ai.deployment.check"]._fields["dimension"]._description_selection(self.env):
            own = [
                {
                    **row,
                    **(row.get("words") or {}).get(self.env.lang or "en_US", {}),
                    "state_name": states.get(row["state"], row["state"]),
                    "waived_until": format_date(self.env, row.get("waived_until")),
                }
                for row in rows
                if row["dimension"] == dimension
            ]
            if own:
                groups.append((label, own, sum(row["state"] in ("met", "waived") for row in own)))
        return groups

    @api.constrains("user_id", "deployment_id")
    def _check_apart(self):
        for decision in self:
            deployment = decision.deployment_id.sudo()
            if decision.user_id in builders(deployment) and not deployment.check_template_id.one_person:
                raise ValidationError(
                    self.env._("%s built it, so another person has to approve.", decision.user_id.name)
                )

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("An approval cannot be changed: record a new one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Approvals cannot be deleted."))
