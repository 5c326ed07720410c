"""A line of a report: one test of one input or figure, with its statistic, threshold and verdict."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...ml import quality
from ..tools.optional_float import OptionalFloat
from .ai_deployment_report import VERDICTS
from .drift_wording import column_names
from .report_records import ReportRecords

TESTS = [
    ("shape", "Distribution"),
    ("missing", "Empty"),
    ("unseen", "Never seen before"),
    ("joint", "Combination"),
    ("range", "Out of range"),
    ("constant", "Always the same"),
    ("failed", "Could not be scored"),
    ("late", "Scored late"),
    ("volume", "Number of records"),
    ("review", "Human review rate"),
    ("figure", "Value"),
    ("calibration", "Calibration"),
    ("floor", "Minimum set beforehand"),
    ("proposed", "Proposed minimum"),
    ("segment", "Segment of the records"),
    ("band", "Words for scores"),
    ("duel", "Compared with Odoo and people"),
    ("estimate", "Estimated before outcomes are known"),
    ("risk", "Since going live"),
    ("maturity", "Time to outcome"),
]


class AiDeploymentReportLine(models.Model):
    _name = "ai.deployment.report.line"
    _description = "Monitoring Report Line"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "exceeded desc, sequence, id"
    _rec_name = "label"

    report_id = fields.Many2one("ai.deployment.report", required=True, readonly=True, index=True, ondelete="cascade")
    deployment_id = fields.Many2one(related="report_id.deployment_id")
    company_id = fields.Many2one(related="report_id.deployment_id.company_id")
    sequence = fields.Integer(readonly=True)
    key = fields.Char("Technical Name", required=True, readonly=True, index=True)
    label = fields.Char("Stored Input", required=True, readonly=True, translate=True)
    label_text = fields.Char("Input", compute="_compute_label_text", compute_sudo=True)
    test = fields.Selection(TESTS, required=True, readonly=True)
    statistic = OptionalFloat(readonly=True, digits=(16, 4))
    low = OptionalFloat("Low", readonly=True, digits=(16, 4))
    high = OptionalFloat("Maximum", readonly=True, digits=(16, 4))
    threshold = fields.Float(readonly=True, digits=(16, 6))
    p_value = fields.Float(readonly=True, digits=(16, 8))
    adjusted_p = fields.Float("Adjusted p", readonly=True, digits=(16, 8))
    exceeded = fields.Boolean("Drifted", readonly=True)
    verdict = fields.Selection(VERDICTS, required=True, readonly=True)
    weeks = fields.Integer(
        "Combined Weeks",
        readonly=True,
        default=1,
        help="More than one if the change is significant only over several weeks.",
    )
    effect = fields.Float("Stability Index", readonly=True, digits=(16, 3))
    reference_share = fields.Float("Share Before", readonly=True)
    window_share = fields.Float("Share Now", readonly=True)
    text = fields.Char("Description", readonly=True, translate=True)
    codes = fields.Json("Affected Bins", readonly=True)
    has_records = fields.Boolean(compute="_compute_has_records")

    @api.depends("key", "label", "report_id.version_id")
    @api.depends_context("lang")
    def _compute_label_text(self):
        """Return the name of an input or of the score in the language of the reader; other rows are stored in each."""
        for line in self:
            line.label_text = column_names(self.env, line.report_id.version_id).get(line.key, line.label)

    def _compute_has_records(self):
        for line in self:
            line.has_records = bool(line.codes) or line.key == quality.ROWS

    def write(self, vals):
        raise UserError(self.env._("A report cannot be changed."))

    def _is_filled(self):
        """Return whether an input is empty less often than before."""
        return self.test == "missing" and self.window_share < self.reference_share

    def action_open_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.report",
            "res_id": self.report_id.id,
            "views": [(False, "form")],
        }

    def action_open_records(self):
        """The records of the window that this line is about, those that the user may read."""
        self.ensure_one()
        self.check_access("read")
        report, version = self.report_id, self.report_id.version_id.sudo()
        sensitive = self.key in version._sensitive_keys() and self.test != "missing"
        if sensitive and not self.env.user.has_group("ai_deployment.group_sensitive"):
            raise AccessError(self.env._("“%s” is protected: its values by record are not shown.", self.label_text))
        documents = self.env[report.deployment_id.res_model].with_context(active_test=False)
        found = documents.search([("id", "in", ReportRecords(self).ids())])
        if not found:
            raise UserError(self.env._("None of these records exists any more, or you may not read them."))
        return {
            "type": "ir.actions.act_window",
            "name": self.text or self.label_text,
            "res_model": documents._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", found.ids)],
            "context": {"active_test": False, "create": False},
        }
