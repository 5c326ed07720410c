"""State of each log line sent to human review: open, reviewed, or expired.

Written by the database alone (`counting.py`), whenever a line or a review changes.
"""

from odoo import fields, models

from ..tools.unchecked_many2one import UncheckedMany2one


class AiDeploymentLineState(models.Model):
    _name = "ai.deployment.line.state"
    _description = "State of a Line in Review"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "day"

    inference_id = UncheckedMany2one("ai.deployment.inference", "Log Line", required=True, readonly=True)
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    day = fields.Date("Requested On", required=True, readonly=True)
    # Empty where no review tells: a review was taken away from outside.
    state = fields.Selection([("open", "Open"), ("decided", "Answered"), ("expired", "Expired")], readonly=True)

    _open_idx = models.Index("(deployment_id, day) WHERE state = 'open'")
    _line_uniq = models.UniqueIndex("(inference_id)", "A log line has one state.")
