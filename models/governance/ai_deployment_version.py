"""The button that prints how a version differs from another one."""

from odoo import models
from odoo.exceptions import UserError


class AiDeploymentVersion(models.Model):
    _inherit = "ai.deployment.version"

    def action_print_difference(self):
        """Against the version that serves; from there against the one before, or the only one after."""
        self.ensure_one()
        self.check_access("read")
        other = self.deployment_id.champion_id
        if other == self:
            others = (self.deployment_id.version_ids - self).sorted("number")
            other = others.filtered(lambda one: one.number < self.number)[-1:] or others[-1:]
        if not other:
            raise UserError(self.env._("There is no other version to compare with."))
        return (
            self.env.ref("ai_deployment.action_report_version_difference")
            .sudo()
            .report_action(self | other, config=False)
        )
