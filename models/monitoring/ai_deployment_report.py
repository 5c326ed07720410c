"""One monitoring run: what was looked at, and a line per test: statistic, threshold, verdict.

Two kinds: the intake of a window against the reference ("drift"), and the outcomes that have matured against what was
said of these records ("performance").
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .intake import first_scored_between

KINDS = [("drift", "Input Drift"), ("performance", "Performance")]
VERDICTS = [
    ("drifted", "Drifted"),
    ("quiet", "As before"),
    ("cannot_judge", "Not enough data"),
    ("constant", "Always the same"),
]
JUDGED = ("drifted", "quiet")  # verdicts of what could be judged


class AiDeploymentReport(models.Model):
    _name = "ai.deployment.report"
    _description = "Monitoring Report"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "window_end desc, id desc"

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, readonly=True, default="drift")
    company_id = fields.Many2one(related="deployment_id.company_id")
    date = fields.Datetime("Created On", required=True, readonly=True)
    window_start = fields.Date("From", required=True, readonly=True)
    window_end = fields.Date("Until", required=True, readonly=True, help="First day after the window.")
    row_count = fields.Integer("Records", readonly=True)
    failed_count = fields.Integer("Not Scored", readonly=True)
    reference_count = fields.Integer("Compared With", readonly=True)
    is_provisional = fields.Boolean(
        "Provisional",
        readonly=True,
        help="Compared with the training records of the version, as too few records have been scored so far.",
    )
    is_like = fields.Boolean(
        "Same Weeks of the Month",
        readonly=True,
        help="Compared with the same weeks of the month in the reference, so that monthly patterns are not reported.",
    )
    is_seasonal = fields.Boolean(
        "Same Weeks of Last Year",
        readonly=True,
        help="Also compared with the same weeks of last year, so that seasonal changes are not reported.",
    )
    blind_spot = fields.Char(readonly=True, translate=True, help="Limitations of this comparison.")
    verdict = fields.Selection(VERDICTS, required=True, readonly=True)
    summary = fields.Char(readonly=True, translate=True)
    line_ids = fields.One2many("ai.deployment.report.line", "report_id", "Inputs", readonly=True)
    drifted_count = fields.Integer("Drifted", compute="_compute_drifted_count")

    _window_idx = models.UniqueIndex(
        "(version_id, kind, window_start, window_end)", "There is already a report on this window."
    )

    @api.depends("deployment_id", "window_start", "window_end")
    @api.depends_context("lang")
    def _compute_name(self):
        for report in self:
            report.name = self.env._(
                "%(deployment)s, %(start)s to %(end)s",
                deployment=report.deployment_id.name,
                start=format_date(self.env, report.window_start),
                end=format_date(self.env, report.window_end),
            )

    @api.depends("line_ids.exceeded")
    def _compute_drifted_count(self):
        for report in self:
            report.drifted_count = len(set(report.line_ids.filtered("exceeded").mapped("key")))

    def write(self, vals):
        raise UserError(self.env._("A report cannot be changed."))

    def action_view_records(self):
        """The first scores of the window, as far as the user may read their records."""
        self.ensure_one()
        deployment, version = self.deployment_id, Domain("version_id", "=", self.version_id.id)
        scored = first_scored_between(deployment, self.window_start, self.window_end) & version
        return {**deployment._action_lines("ai.deployment.inference", self.name), "domain": list(scored)}
