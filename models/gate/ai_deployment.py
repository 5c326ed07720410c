"""Settings of the gate on posting: what a deployment holds before it is posted, and when its gate is bypassed."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

GATES = [("off", "Off"), ("warn", "Say so and let it pass"), ("block", "Hold it")]
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
        "Before a Bill Is Posted",
        required=True,
        default="off",
        tracking=True,
        copy=False,
        help="What happens when somebody, or something, posts a bill that is risky and that nobody has looked at.",
    )
    gate_from_amount = fields.Float(
        "From This Amount",
        tracking=True,
        copy=False,
        help="In the currency of the company. Smaller bills are posted without a look. 0: any amount.",
    )
    gate_risk = fields.Selection(
        [
            ("flagged", "What it finds unusual"),
            ("score", "A score from"),
            ("review", "Whatever it sends to a person, random checks aside"),
        ],
        "What Is Risky",
        required=True,
        default="flagged",
        tracking=True,
        copy=False,
        help="Beside this, a bill that a person has found unusual as it is now is always held.",
    )
    gate_score = fields.Float("Score", default=0.99, tracking=True, copy=False)
    gate_unavailable = fields.Selection(
        [("open", "Post it, and say so"), ("closed", "Hold it")],
        "If a Bill Cannot Be Scored",
        required=True,
        default="open",
        tracking=True,
        copy=False,
    )
    gate_stale_days = fields.Integer(
        "Opens When Not Looked After for Days",
        default=28,
        tracking=True,
        copy=False,
        help="When its review is overdue, its reports are missing, or watching it has failed for longer than this, the "
        "gate opens and the owner is told. 0: it stays closed.",
    )
    gate_maker_may_pass = fields.Boolean(
        "Makers May Pass Their Own Bills",
        tracking=True,
        copy=False,
        help="For companies of one person. Otherwise whoever made a bill cannot pass it. Set by an administrator.",
    )
    waiver_ids = fields.One2many("ai.deployment.waiver", "deployment_id", "Waivers")

    _gate_amount_not_negative = models.Constraint(
        "CHECK(gate_from_amount >= 0)", "The amount from which bills are held cannot be negative."
    )
    _gate_score_is_share = models.Constraint(
        "CHECK(gate_score BETWEEN 0 AND 1)", "The score from which bills are held lies between 0 and 100 %."
    )
    _gate_stale_not_negative = models.Constraint("CHECK(gate_stale_days >= 0)", "A number of days is not negative.")

    @api.constrains("gate", "model_id")
    def _check_gate(self):
        for deployment in self:
            if deployment.gate != "off" and deployment.res_model != "account.move":
                raise ValidationError(self.env._("Only bills are held before they are posted."))

    def _follow_written_gate(self, vals):
        asked = GATE_FIELDS & vals.keys()
        if asked and not self.env.su and not self.env.user.has_group("ai_deployment.group_manager"):
            for deployment in self:
                changed = any(vals[name] != deployment[name] for name in asked)
                if changed and deployment.user_id != self.env.user:
                    raise AccessError(self.env._("Only the owner or an administrator may change the gate."))
        yield
