"""Values that were proposed with a line of the log."""

from odoo import fields, models

from ..tools.wording import labelled


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    proposal_ids = fields.One2many("ai.deployment.proposal", "inference_id", "Proposed Values", readonly=True)

    def _proposed_text(self):
        """Return the values that were proposed in one line, as the user may read them."""
        self.ensure_one()
        return ", ".join(
            labelled(self.env, one.label_text, one.value_text or "–") for one in self.proposal_ids.sorted("id")
        )
