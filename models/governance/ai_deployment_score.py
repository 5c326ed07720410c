"""The button that prints why one record has its score, on current scores."""

from odoo import models
from odoo.exceptions import UserError


class AiDeploymentScore(models.Model):
    _inherit = "ai.deployment.score"

    def action_print_evidence(self):
        """Of the line that this score stands on, for who may read the log."""
        self.ensure_one()
        self.check_access("read")
        line = self._latest_inferences()[self.id].with_env(self.env)
        if not line:
            raise UserError(self.env._("The log line of this score has been deleted."))
        return line.action_print_evidence()
