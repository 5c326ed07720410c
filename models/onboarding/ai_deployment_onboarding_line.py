"""One input that the guided start suggests, with what the records say of it."""

from odoo import api, fields, models

from ..features.input_names import declaration_key, proposed_name
from ..tools.optional_float import OptionalFloat
from ..training.ai_deployment_feature import LEAK_REASONS, LEAK_VERDICTS


class AiDeploymentOnboardingLine(models.Model):
    _name = "ai.deployment.onboarding.line"
    _description = "Input of a Guided Start"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id"

    onboarding_id = fields.Many2one(
        "ai.deployment.onboarding", required=True, readonly=True, index=True, ondelete="cascade"
    )
    is_chosen = fields.Boolean("Use")
    name = fields.Char("Input", compute="_compute_name")
    declaration = fields.Json(readonly=True)
    fill_share = OptionalFloat("Filled", readonly=True, digits=(4, 2))
    example = fields.Char("Common Value", readonly=True)
    auc = OptionalFloat(
        "AUC Alone",
        readonly=True,
        digits=(4, 3),
        help="Probability that this input alone ranks a won record above one not won. 0.5 is random, 1 is perfect.",
    )
    leak_verdict = fields.Selection(LEAK_VERDICTS, "Availability Check", readonly=True)
    leak_reason = fields.Selection(LEAK_REASONS, "Findings", readonly=True)

    @api.depends("declaration", "onboarding_id.template_id.model_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for line in self:
            documents = self.env.get(line.onboarding_id.template_id.sudo().model_id.model or "")
            declared = line.declaration or {}
            proposed = "" if documents is None else proposed_name(documents, declared)
            line.name = proposed or declaration_key(declared)
