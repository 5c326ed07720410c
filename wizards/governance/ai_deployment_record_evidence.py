"""Asks of which record and which day, and prints why it had the score that it had then."""

from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ...models.tools import clock


class AiDeploymentRecordEvidence(models.TransientModel):
    _name = "ai.deployment.record.evidence"
    _description = "Record Evidence"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True, ondelete="cascade")
    res_model = fields.Char(related="deployment_id.res_model", related_sudo=False, unsaved=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    date = fields.Date(required=True, default=lambda self: clock.today())
    inference_id = fields.Many2one(
        "ai.deployment.inference", compute="_compute_inference_id", compute_sudo=False, unsaved=True
    )
    found = fields.Char("Score of", compute="_compute_inference_id", compute_sudo=False, unsaved=True)

    @api.depends("deployment_id", "res_id", "date")
    def _compute_inference_id(self):
        """The score that stood at the end of that day: searched with the rights of who asks."""
        for wizard in self:
            wizard.inference_id, wizard.found = False, False
            if not wizard.res_id or not wizard.date:
                continue
            line = self.env["ai.deployment.inference"].search(
                Domain("deployment_id", "=", wizard.deployment_id.id)
                & Domain("res_id", "=", wizard.res_id)
                & Domain("date", "<=", datetime.combine(wizard.date, time.max)),
                order="id desc",
                limit=1,
            )
            wizard.inference_id = line
            wizard.found = (
                format_datetime(self.env, line.date) if line else self.env._("There is no score that you may see.")
            )

    def action_print(self):
        self.ensure_one()
        if not self.inference_id:
            raise UserError(self.env._("This record had no score on that day, or none that you may see."))
        return self.inference_id.action_print_evidence()
