"""Settings of the gate on posting: what a deployment holds before it is posted, and when its gate is bypassed."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

GATES = [("off", "Off"), ("warn", "Warn and post"), ("block", "Hold the bill")]
GATE_FIELDS = {
    "gate",
    "gate_from_amount",
    "gate_risk",
    "gate_score",
    "gate_unavailable",
    "gate_stale_days",
    "gate_maker_may_pass",
}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    gate = fields.Selection(
        GATES,
        "Posting Gate",
        required=True,
        default="off",
        tracking=True,
        copy=False,
        help="Applies when a risky bill that has not been reviewed is posted, by a user or automatically.",
    )
    gate_from_amount = fields.Float(
        "Minimum Amount",
        tracking=True,
        copy=False,
        help="In the currency of the company. Smaller bills are posted without a check. 0: any amount.",
    )
    gate_risk = fields.Selection(
        [
            ("flagged", "Flagged records"),
            ("score", "Score from"),
            ("review", "Records sent to human review, except random checks"),
        ],
        "Risk Criterion",
        required=True,
        default="flagged",
        tracking=True,
        copy=False,
        help="In addition, a bill that a reviewer has marked as unusual in its current state is always held.",
    )
    gate_score = fields.Float("Score", default=0.99, tracking=True, copy=False)
    gate_unavailable = fields.Selection(
        [("open", "Post it with a note"), ("closed", "Hold the bill")],
        "If Scoring Fails",
        required=True,
        default="open",
        tracking=True,
        copy=False,
    )
    gate_stale_days = fields.Integer(
        "Bypass After Days Without Supervision",
        default=28,
        tracking=True,
        copy=False,
        help="If its review is overdue, its reports are missing, or monitoring fails for longer than this, the "
        "gate is bypassed and the owner is notified. 0: never bypassed.",
    )
    gate_maker_may_pass = fields.Boolean(
        "Creators May Pass Own Bills",
        tracking=True,
        copy=False,
        help="For companies of one person. Otherwise, the creator of a bill cannot pass it. Set by an administrator.",
    )
    waiver_ids = fields.One2many("ai.deployment.waiver", "deployment_id", "Waivers")

    _gate_amount_not_negative = models.Constraint(
        "CHECK(gate_from_amount >= 0)", "The amount from which bills are held cannot be negative."
    )
    _gate_score_is_share = models.Constraint(
        "CHECK(gate_score BETWEEN 0 AND 1)", "The gate score must be between 0 and 100 %."
    )
    _gate_stale_not_negative = models.Constraint("CHECK(gate_stale_days >= 0)", "A number of days is not negative.")

    @api.constrains("gate", "model_id")
    def _check_gate(self):
        for deployment in self:
            if deployment.gate != "off" and deployment.res_model != "account.move":
                raise ValidationError(self.env._("Only bills can be held before posting."))

    def _follow_written_gate(self, vals):
        asked = GATE_FIELDS & vals.keys()
        if asked and not self.env.su and not self.env.user.has_group("ai_deployment.group_manager"):
            for deployment in self:
                changed = any(vals[name] != deployment[name] for name in asked)
                if changed and deployment.user_id != self.env.user:
                    raise AccessError(self.env._("Only the owner or an administrator may change the gate."))
        yield
