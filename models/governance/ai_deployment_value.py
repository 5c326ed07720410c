"""One measure of a period: before going live, since, or against records without a score. See `business_value`.

What was measured before going live is frozen: it is written once and never again.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...ml import value as statistics
from .measurement import Measurement
from .value_codes import CALLS, NET, PERIODS, REVIEWING, RUNNING, UNITS
from .value_texts import ValueTexts


class AiDeploymentValue(models.Model):
    _name = "ai.deployment.value"
    _description = "Business Value of a Deployment"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, period, id"
    _log_access = False

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    currency_id = fields.Many2one(related="deployment_id.company_id.currency_id")
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("Measure", compute="_compute_name")
    period = fields.Selection(PERIODS, required=True, readonly=True)
    kind = fields.Char(readonly=True)
    unit = fields.Selection(UNITS, required=True, readonly=True)

    # What was asked
    date = fields.Datetime("Measured On", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Measured By", readonly=True, ondelete="restrict")
    start_date = fields.Date("From", required=True, readonly=True)
    end_date = fields.Date("Until", required=True, readonly=True)
    horizon_days = fields.Integer("Outcome Window (Days)", readonly=True)
    domain = fields.Char("Only Records", readonly=True)
    basis = fields.Char(readonly=True)

    # What was found
    row_count = fields.Integer("Records", readonly=True)
    nonzero_count = fields.Integer(readonly=True)
    value = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    deviation = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    low = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    high = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    has_enough_records = fields.Boolean("Reliable", readonly=True)
    base_count = fields.Integer("Compared With Records", readonly=True)
    base_value = fields.Float("Compared With", readonly=True, digits=(16, 4), aggregator=None)
    change = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    change_low = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    change_high = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    is_compared = fields.Boolean("Comparable", readonly=True)
    money = fields.Monetary("Per Month", readonly=True, aggregator=None)
    money_low = fields.Monetary("Per Month, Low", readonly=True, aggregator=None)
    money_high = fields.Monetary("Per Month, High", readonly=True, aggregator=None)
    is_money = fields.Boolean("Is Monetary", readonly=True)
    assumption = fields.Char("Assumptions", readonly=True, translate=True)
    figure_text = fields.Char(
        "Measured Value", compute="_compute_texts", help="In its unit, with the interval in which it lies."
    )
    change_text = fields.Char("Measured Change", compute="_compute_texts", help="Against what it is compared with.")

    _one_after = models.UniqueIndex(
        "(deployment_id, code, period) WHERE period <> 'before'", "This has been measured already."
    )

    @api.depends("code", "deployment_id")
    @api.depends_context("lang")
    def _compute_name(self):
        own = {
            NET: self.env._("Net of costs"),
            RUNNING: self.env._("Running cost"),
            REVIEWING: self.env._("Reviewers' time"),
            CALLS: self.env._("Calls to remote models"),
        }
        for deployment, rows in self.grouped("deployment_id").items():
            measures = Measurement(deployment.sudo()).measures()
            for row in rows:
                known = measures.get(row.code)
                row.name = known.name if known else own.get(row.code, row.code)

    @api.depends("value", "change", "is_compared", "has_enough_records")
    @api.depends_context("lang")
    def _compute_texts(self):
        for deployment, rows in self.grouped("deployment_id").items():
            texts = ValueTexts(deployment.sudo())
            for row in rows:
                row.figure_text = row.has_enough_records and texts.unit(row.unit, row.value, row.low, row.high)
                row.change_text = row.is_compared and texts.unit(
                    row.unit, row.change, row.change_low, row.change_high, signed=True
                )

    def write(self, vals):
        if any(row.period == "before" for row in self):
            raise UserError(self.env._("A baseline measured before going live cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_before(self):
        if any(row.period == "before" for row in self):
            raise UserError(self.env._("A baseline measured before going live cannot be changed."))

    def _moments(self):
        return statistics.Moments(self.row_count, self.value, self.deviation, self.nonzero_count)
