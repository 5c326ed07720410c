"""Reasons for an answer: the short list from which a reviewer of this deployment says why.

One that was used is archived, never deleted: answers refer to it.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .vocabulary import ANY


class AiDeploymentReviewAnswer(models.Model):
    _name = "ai.deployment.review.answer"
    _description = "Answer Reason"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.named.mixin"]
    _order = "deployment_id, sequence, id"
    _ai_most = 100
    _ai_named_by = ("code", "deployment_id.model_id")

    name = fields.Char("Reason")
    own_name = fields.Char(translate=True)
    code = fields.Char(help="Of a reason that a new deployment begins with: its words are the addon's.")
    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    decision = fields.Selection(
        [
            ("confirmed", "The score is right"),
            ("overridden", "The score is wrong"),
            ("unsure", "Cannot tell"),
            (ANY, "Any answer"),
        ],
        string="Applies To",
        required=True,
        default=ANY,
    )
    asks_text = fields.Boolean("Note Required", help="A note is mandatory with this answer.")

    def _proposed_name(self):
        documents = self.env.get(self.deployment_id.sudo().res_model or "")
        known = {} if documents is None else documents._ai_answers()
        return known[self.code][0] if self.code in known else self.code or ""

    def write(self, vals):
        if "deployment_id" in vals and any(answer.deployment_id.id != vals["deployment_id"] for answer in self):
            raise UserError(self.env._("An answer reason cannot be moved to another deployment: create a new one."))
        return super().write(vals)

    def unlink(self):
        self.check_access("unlink")
        used = self.env["ai.deployment.review"].sudo().search([("answer_id", "in", self.ids)]).answer_id.ids
        kept = self.filtered(lambda answer: answer.id in used)
        kept.active = False
        return super(AiDeploymentReviewAnswer, self - kept).unlink()

    def _check_fits(self, deployment, decision, note):
        """Raise unless this reason may be given for an answer of `deployment`; `decision` None: for either side."""
        self.ensure_one()
        reason = self.sudo()
        if reason.deployment_id != deployment:
            raise UserError(
                self.env._("This answer reason belongs to another deployment: choose one of this deployment.")
            )
        if not reason.active:
            raise UserError(self.env._("“%s” is archived: choose another reason.", reason.name))
        if reason.decision not in ((ANY, decision) if decision else (ANY, "confirmed", "overridden")):
            raise UserError(self.env._("“%s” is not a reason for this answer: choose another one.", reason.name))
        if reason.asks_text and not (note or "").strip():
            raise UserError(self.env._("“%s” requires a note.", reason.name))

    @api.model
    def _default_values(self, deployment):
        """Create the default answer reasons of a new deployment, by kind of document."""
        if deployment.is_task or deployment.res_model not in self.env:
            return []  # what is wrong with a value, the right value says
        reasons = self.env[deployment.res_model]._ai_answers()
        return [
            {
                "deployment_id": deployment.id,
                "code": code,
                "decision": decision,
                "asks_text": asks_text,
                "sequence": 10 * n,
            }
            for n, (code, (_name, decision, asks_text)) in enumerate(reasons.items(), 1)
        ]
