"""Findings on an input before training, see `leak_check`."""

from odoo import fields, models

LEAK_VERDICTS = [
    ("refused", "Excluded"),
    ("ask", "Needs confirmation"),
    ("fine", "Available in time"),
    ("cannot_judge", "Not judged"),
]
LEAK_REASONS = [
    ("filled", "Filled more often on closed records"),
    ("emptied", "Empty more often on closed records: are they closed sooner, or is the field cleared then?"),
    ("other_values", "Values differ between closed and open records of the same age"),
    ("edited", "Changed after closing"),
    ("changed", "Its earlier values say less about the outcome than its values now"),
    ("alone", "Determines the outcome almost alone: is it really known in time?"),
    ("one_side", "Filled far more often with one outcome: is it really known in time?"),
    ("too_few", "Too few open and closed records of the same age"),
    ("all_closed", "No open records to compare with"),
    ("untracked", "Its changes are not tracked, so nobody knows its earlier values"),
    ("edited_later", "Changed while records were open, and its changes are not tracked"),
]


class AiDeploymentFeature(models.Model):
    _inherit = "ai.deployment.feature"

    leak_verdict = fields.Selection(LEAK_VERDICTS, "Availability Check", readonly=True, copy=False)
    leak_reason = fields.Selection(LEAK_REASONS, "Findings", readonly=True, copy=False)
