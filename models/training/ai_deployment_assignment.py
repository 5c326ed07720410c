"""What the gate has found of a challenger so far; see `challenger_gate`."""

from odoo import fields, models


class AiDeploymentAssignment(models.Model):
    _inherit = "ai.deployment.assignment"

    look_count = fields.Integer("Looks", readonly=True, help="How often the gate has judged this challenger.")
    outcome_count = fields.Integer("Known Outcomes", readonly=True, help="Of records that both versions scored.")
    verdict = fields.Selection(
        [("better", "Better"), ("same", "The same"), ("inconclusive", "Undecided"), ("worse", "Worse")],
        readonly=True,
    )
    verdict_text = fields.Char("Finding", readonly=True, translate=True)
    verdict_date = fields.Datetime("Judged On", readonly=True)
    challenge = fields.Json("Comparison", readonly=True)
