"""Lists inputs that the records suggest, and adds those that are ticked."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AiDeploymentSuggest(models.TransientModel):
    _name = "ai.deployment.suggest"
    _description = "Suggested Inputs"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    method = fields.Selection(related="deployment_id.method", related_sudo=False, unsaved=True)
    line_ids = fields.One2many("ai.deployment.suggest.line", "wizard_id", "Suggestions")

    @api.model
    def _open(self, deployment, found):
        """Return a row of the current user with the suggestions `found` of `deployment`.

        :raise UserError: where there are none
        """
        if not found:
            raise UserError(
                self.env._(
                    "“%s” has no records from which more inputs could be suggested: each field is an input already, is "
                    "empty, or always the same.",
                    deployment.name,
                )
            )
        return (
            self.sudo()
            .create(
                {
                    "deployment_id": deployment.id,
                    "line_ids": [
                        fields.Command.create(
                            {
                                "is_chosen": one.is_chosen,
                                "name": one.name,
                                "declaration": one.declaration,
                                "fill_share": one.fill_share,
                                "example": one.example,
                                "tells": one.tells,
                                "auc": one.auc,
                                "leak_verdict": one.verdict or False,
                                "leak_reason": one.reason or False,
                            }
                        )
                        for one in found
                    ],
                }
            )
            .sudo(False)
        )

    def action_add(self):
        """Add the ticked inputs, with the rights of the user."""
        self.ensure_one()
        self.deployment_id._check_decides()
        chosen = self.line_ids.filtered("is_chosen")
        if not chosen:
            raise UserError(self.env._("Tick at least one input."))
        self.env["ai.deployment.feature"].create(
            [{"deployment_id": self.deployment_id.id, **line.declaration} for line in chosen]
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
