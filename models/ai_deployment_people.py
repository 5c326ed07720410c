"""Who answers for a deployment: the owner accepts in person."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from . import clock
from .ai_deployment_checklist import Evidence


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    accepted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    accepted_date = fields.Datetime("Accepted On", readonly=True, copy=False)
    has_accepted = fields.Boolean(compute="_compute_has_accepted")
    lesson = fields.Text("What Was Learned", readonly=True, copy=False, tracking=True)

    @api.depends("accepted_by_id", "user_id")
    def _compute_has_accepted(self):
        for deployment in self:
            deployment.has_accepted = bool(deployment.user_id) and deployment.accepted_by_id == deployment.user_id

    def action_accept(self):
        """The owner takes it on, in person: nobody accepts for somebody else."""
        for deployment in self:
            deployment.check_access("read")
            if self.env.user != deployment.user_id:
                raise AccessError(self.env._("Only %s accepts this, in person.", deployment.user_id.name))
            deployment.sudo().write({"accepted_by_id": self.env.uid, "accepted_date": clock.now()})
            deployment.sudo()._message_log(
                body=self.env._("%s answers for this deployment.", self.env.user.name),
                author_id=self.env.user.partner_id.id,
            )
        return True

    def _retire(self, lesson):
        """Retire for good, with what was learned."""
        self.ensure_one()
        if not (lesson or "").strip():
            raise UserError(self.env._("Write down what was learned: the next one begins with it."))
        self._check_decides()
        self.sudo().lesson = lesson.strip()
        self._move("retired", lesson.strip())

    def _missing_for(self, target):
        if target == "retired" and not self.lesson:
            return self.env._("write down what was learned first.")
        return super()._missing_for(target)

    def _evidence_owner_accepted(self, check):
        if not self.user_id.active:
            return Evidence(False, self.env._("%s is not active any more.", self.user_id.name))
        if not self.has_accepted:
            return Evidence(False, self.env._("%s has not accepted yet.", self.user_id.name))
        return Evidence(True, self.env._("%s has accepted.", self.user_id.name), self.accepted_date)

    def _satisfy_owner_accepted(self, check):
        return self.action_accept()
