"""What was found about an input before a version learned, see `leak_check`."""

from odoo import fields, models


class AiDeploymentFeature(models.Model):
    _inherit = "ai.deployment.feature"

    leak_verdict = fields.Selection(
        [
            ("refused", "Left out"),
            ("ask", "Asks a question"),
            ("fine", "Known in time"),
            ("cannot_judge", "Not judged"),
        ],
        "Known in Time",
        readonly=True,
        copy=False,
    )
    leak_reason = fields.Selection(
        [
            ("filled", "Filled more often once a record is closed"),
            ("emptied", "Empty more often on closed records: because they are closed sooner, or is it emptied then?"),
            ("other_values", "Has other values on closed records than on open ones of the same age"),
            ("edited", "Changed after records were closed"),
            ("alone", "Decides the outcome almost alone: is it really known in time?"),
            ("too_few", "Too few open and closed records of the same age"),
        ],
        "What Was Found",
        readonly=True,
        copy=False,
    )
