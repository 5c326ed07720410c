"""One row of a checklist template: what it asks for, and the rule that proves it."""

from odoo import api, fields, models

from .ai_deployment_check_template import BY_HAND, DIMENSIONS

RULE_NAMES = [  # of `evidence.RULES`
    (BY_HAND, "Signature of a person"),
    ("later_and_segments", "Test on later records and segments"),
    ("inputs_in_time", "Inputs known in time"),
    ("runs_here", "Records scored in this database"),
    ("faults_handled", "Fault drill"),
    ("log_complete", "Complete log"),
    ("credentials", "Stored credentials"),
    ("watched", "Monitoring jobs"),
    ("alert_drill", "Alert drill"),
    ("retrained", "Repeated training"),
    ("read", "Alert or report read"),
    ("audience", "Recipients of the scores"),
    ("reader", "Recipients of alerts"),
    ("owner_accepted", "Accepted ownership"),
    ("approver", "Assigned approver"),
    ("explained", "Signed explanation"),
    ("budget", "Retraining budget"),
    ("baseline", "Measured baseline"),
    ("edge_cases", "Tested edge cases"),
    ("stop_rule", "Stop rule"),
    ("review_ahead", "Scheduled review"),
]


class AiDeploymentCheckTemplateLine(models.Model):
    _name = "ai.deployment.check.template.line"
    _description = "Row of a Checklist Template"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "template_id, sequence, id"

    template_id = fields.Many2one("ai.deployment.check.template", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=100)
    dimension = fields.Selection(DIMENSIONS, required=True)
    code = fields.Char(required=True, help="Identical in all checklists, so that rows can be compared.")
    name = fields.Char(required=True, translate=True)
    requirement = fields.Text(required=True, translate=True)
    rule = fields.Selection(
        RULE_NAMES,
        "Evidence Rule",
        required=True,
        default=BY_HAND,
        help="How the row is proved: by evidence in the records, or by the signature of a person.",
    )
    minimum = fields.Float(help="Comparison value of the rule: a number of records, days or a share.")
    valid_days = fields.Integer("Valid for Days", help="Older evidence does not count. 0: no limit.")

    _code_uniq = models.UniqueIndex("(template_id, code)", "This code is already used by another row.")
    _valid_days_not_negative = models.Constraint("CHECK(valid_days >= 0)", "A number of days is not negative.")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.template_id._check_shared()
        return lines

    def write(self, vals):
        self.template_id._check_shared()
        result = super().write(vals)
        self.template_id._check_shared()
        return result

    def unlink(self):
        self.template_id._check_shared()
        return super().unlink()
