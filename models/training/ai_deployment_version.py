"""Questions about a version that hold it back, and the inputs that could not be judged; see `questions`."""

from odoo import api, fields, models

from .questions import open_questions, question_texts


class AiDeploymentVersion(models.Model):
    _inherit = "ai.deployment.version"

    questions = fields.Json(readonly=True)
    not_judged = fields.Json("Inputs Not Judged", readonly=True)
    not_judged_text = fields.Char("Not Judged", compute="_compute_not_judged_text", compute_sudo=True)
    questions_text = fields.Text("Open Questions", compute="_compute_questions_text", compute_sudo=True)
    answer_ids = fields.One2many("ai.deployment.version.answer", "version_id", "Explanations", readonly=True)

    @api.depends("not_judged")
    def _compute_not_judged_text(self):
        for version in self:
            specs = version._specs() if version.not_judged else {}
            version.not_judged_text = ", ".join(specs[key]["name"] for key in version.not_judged or [] if key in specs)

    @api.depends("questions", "answer_ids", "deployment_id.feature_ids.leak_override")
    @api.depends_context("lang")
    def _compute_questions_text(self):
        for version in self:
            version.questions_text = "\n".join(question_texts(version, open_questions(version)))

    def action_answer(self):
        """Open the dialog in which the owner answers the open questions."""
        self.ensure_one()
        self.deployment_id._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain"),
            "res_model": "ai.deployment.answer",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_version_id": self.id},
        }
