"""Asks for a reason before a deployment is suspended, and says what users will see from then on."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AiDeploymentSuspend(models.TransientModel):
    _name = "ai.deployment.suspend"
    _description = "Suspend a Deployment"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    reason = fields.Char(required=True)
    consequence = fields.Text("What Users See", compute="_compute_consequence", unsaved=True)

    @api.depends("deployment_id")
    @api.depends_context("lang")
    def _compute_consequence(self):
        for wizard in self:
            wizard.consequence = "\n".join(wizard._consequences()) if wizard.deployment_id else False

    def _consequences(self):
        """Return what changes for users, one sentence each."""
        deployment = self.deployment_id
        words = self.env[deployment.res_model]._ai_words()["records"] if deployment.res_model in self.env else ""
        if deployment.state == "shadow":
            yield self.env._("Users see no change: in shadow, scores are shown to nobody.")
        elif deployment.fallback == "none":
            yield self.env._("Scores disappear from %s at once; nothing is shown instead.", words)
        else:
            label = dict(deployment._fields["fallback"]._description_selection(self.env))[deployment.fallback]
            yield self.env._(
                "Scores disappear from %(records)s at once; shown instead: %(fallback)s.", records=words, fallback=label
            )
        yield self.env._("Nothing is scored. Open reviews stay; records requested meanwhile wait until it is resumed.")
        if deployment.gate != "off":
            yield (
                self.env._("The posting gate holds every bill that it would have checked.")
                if deployment.gate_unavailable == "closed"
                else self.env._("The posting gate lets bills pass with a note.")
            )

    def action_suspend(self):
        """Suspend, and store the reason in the history."""
        self.ensure_one()
        if not self.reason.strip():
            raise UserError(self.env._("Enter a reason."))
        self.deployment_id._suspend(self.reason.strip())
        return {"type": "ir.actions.client", "tag": "soft_reload"}
