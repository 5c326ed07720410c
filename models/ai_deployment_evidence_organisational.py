"""Evidence that people stand behind a deployment: an owner who accepted, and somebody else who decides."""

from odoo import models

from .ai_deployment_checklist import Evidence


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _evidence_decider(self, check):
        person = self.decider_id
        if not person or not person.active:
            return Evidence(False, self.env._("Nobody is named who decides."))
        if person in self._builders() and not self.check_template_id.one_person:
            return Evidence(False, self.env._("%s built it, so somebody else has to decide.", person.name))
        return Evidence(True, self.env._("%s decides.", person.name))

    def _satisfy_decider(self, check):
        return self._open_form()

    def _open_form(self):
        return {
            "type": "ir.actions.act_window", "res_model": "ai.deployment", "res_id": self.id,
            "views": [(False, "form")],
        }  # fmt: skip
