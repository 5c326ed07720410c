"""Evidence that somebody decides on a deployment who neither built it nor answers for it.

More of what people stand for: `ai_deployment_people` (an owner who accepted), `ai_deployment_explanation` (read and
signed) and `ai_deployment_agenda` (training again is paid for).
"""

from odoo import models

from ..checklist import Evidence


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _evidence_decider(self, check):
        person = self.decider_id
        if not person:
            return Evidence(False, self.env._("Nobody is named who decides."))
        if not person.active:
            return Evidence(False, self.env._("%s, who decides, is not active any more.", person.name))
        if not person.has_group("ai_deployment.group_reviewer"):
            return Evidence(False, self.env._("%s has no part in AI deployments any more.", person.name))
        if self.check_template_id.one_person:
            return Evidence(True, self.env._("%s decides; this company lets one person do it all.", person.name))
        if person in self._builders():
            return Evidence(False, self.env._("%s built it, so somebody else has to decide.", person.name))
        if person in self.user_id | self.deputy_id:
            return Evidence(False, self.env._("%s answers for it, so somebody else has to decide.", person.name))
        if self.reviewer_ids and not self.reviewer_ids - self._builders() - person:
            return Evidence(
                False, self.env._("All who answer its questions built it or decide on it: name one more reviewer.")
            )
        return Evidence(True, self.env._("%s decides, and neither built it nor answers for it.", person.name))

    def _satisfy_decider(self, check):
        return self._open_form()

    def _open_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment",
            "res_id": self.id,
            "views": [(False, "form")],
        }
