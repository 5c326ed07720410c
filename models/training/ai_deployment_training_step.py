"""One step of a training: when it began, how long it took, and what came of it."""

from odoo import fields, models
from odoo.fields import NO_ACCESS

STEPS = [
    ("collect", "Collect"),
    ("clean", "Clean"),
    ("fit", "Fit"),
    ("calibrate", "Calibrate"),
    ("test", "Test"),
    ("compare", "Compare"),
    ("verdict", "Verdict"),
]


class AiDeploymentTrainingStep(models.Model):
    _name = "ai.deployment.training.step"
    _description = "Step of a Training"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "training_id, sequence, id"
    _rec_name = "code"
    _log_access = False

    training_id = fields.Many2one(
        "ai.deployment.training", required=True, readonly=True, index=True, ondelete="cascade"
    )
    deployment_id = fields.Many2one(related="training_id.deployment_id")
    company_id = fields.Many2one(related="training_id.deployment_id.company_id")
    sequence = fields.Integer(required=True, readonly=True)
    code = fields.Selection(STEPS, "Step", required=True, readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="waiting",
    )
    started_date = fields.Datetime("Started On", readonly=True)
    seconds = fields.Float(readonly=True, digits=(16, 1))
    text = fields.Char("Result", readonly=True)
    # What the child process answered, by the fingerprint of what it was asked: not asked again after an interruption.
    answers = fields.Json(readonly=True, groups=NO_ACCESS, prefetch=False)

    _code_uniq = models.UniqueIndex("(training_id, code)", "A training has each step once.")
