"""History of assignments: version, role, period and responsible user. Evidence and "as of" questions read it."""

from odoo import fields, models


class AiDeploymentAssignment(models.Model):
    _name = "ai.deployment.assignment"
    _description = "Serving History"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "start_date desc, id desc"
    _rec_name = "version_id"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, ondelete="cascade")
    role = fields.Selection([("champion", "Serving"), ("challenger", "Challenger")], required=True, readonly=True)
    start_date = fields.Datetime("From", required=True, readonly=True)
    end_date = fields.Datetime("Until", readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True)
    reason = fields.Char(readonly=True)
    way = fields.Selection(
        [("promotion", "Promotion"), ("rollback", "Rollback"), ("automatic_rollback", "Automatic rollback")],
        "How",
        required=True,
        readonly=True,
        default="promotion",
    )
    end_reason = fields.Char("Ended Because", readonly=True)
    # Of a challenger: chunks that failed within a day, and when the last one did.
    failure_count = fields.Integer("Failed Chunks", readonly=True)
    failure_date = fields.Datetime("Last Failure", readonly=True)

    _one_champion = models.UniqueIndex(
        "(deployment_id) WHERE role = 'champion' AND end_date IS NULL", "Another version serves already."
    )
    _one_challenger = models.UniqueIndex(
        "(deployment_id) WHERE role = 'challenger' AND end_date IS NULL", "Another version is the challenger already."
    )
    _ends_after_start = models.Constraint(
        "CHECK(end_date IS NULL OR end_date >= start_date)", "The end of an assignment must be after its start."
    )
