"""Answer of an owner to the questions about a version: what was asked, why it is in order, by whom and when."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import clock
from .questions import question_texts


class AiDeploymentVersionAnswer(models.Model):
    _name = "ai.deployment.version.answer"
    _description = "Explanation of a Version"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "date"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, index=True, ondelete="cascade")
    questions = fields.Json("Questions as Stored", required=True, readonly=True)
    questions_text = fields.Text("Questions", compute="_compute_questions_text", compute_sudo=True)
    reason = fields.Text("Explanation", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True)

    @api.depends("questions")
    @api.depends_context("lang")
    def _compute_questions_text(self):
        for answer in self:
            answer.questions_text = "\n".join(question_texts(answer.version_id, answer.questions or []))

    @api.model
    def _store(self, version, questions, reason):
        """Keep what the current user answered."""
        return self.sudo().create(
            {
                "deployment_id": version.deployment_id.id,
                "version_id": version.id,
                "questions": questions,
                "reason": reason,
                "user_id": self.env.uid,
                "date": clock.now(),
            }
        )

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("An explanation cannot be changed: give a new one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An explanation cannot be deleted."))
