"""One suggested input, with what the records say of it."""

from odoo import fields, models

from ...models.tools.optional_float import OptionalFloat
from ...models.training.ai_deployment_feature import LEAK_REASONS, LEAK_VERDICTS


class AiDeploymentSuggestLine(models.TransientModel):
    _name = "ai.deployment.suggest.line"
    _description = "Suggested Input"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id"

    wizard_id = fields.Many2one("ai.deployment.suggest", required=True, ondelete="cascade", index=True)
    is_chosen = fields.Boolean("Add")
    name = fields.Char("Input", readonly=True)
    declaration = fields.Json(readonly=True)
    fill_share = OptionalFloat("Filled", readonly=True, digits=(4, 2))
    example = fields.Char("Common Value", readonly=True)
    tells = OptionalFloat(
        "Strength",
        readonly=True,
        digits=(8, 1),
        help="How surely the input tells of the outcome: about 0 is chance, from 3 on it rarely is.",
    )
    auc = OptionalFloat(
        "AUC Alone",
        readonly=True,
        digits=(4, 3),
        help="Probability that this input alone ranks a won record above one not won. 0.5 is random, 1 is perfect.",
    )
    leak_verdict = fields.Selection(LEAK_VERDICTS, "Availability Check", readonly=True)
    leak_reason = fields.Selection(LEAK_REASONS, "Findings", readonly=True)
