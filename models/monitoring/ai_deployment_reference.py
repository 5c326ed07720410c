"""Reference of a version: at first its training records, later the records it scored.

A reference is counts, and how much they move by themselves. It is changed by a person, or by another version that
serves; never by itself, or a slow drift would become the measure of itself.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...ml.noise import Noise
from ...ml.profile import Profile
from ...ml.week_of_month import WEEKS, MonthlyReference, week_of_month


class AiDeploymentReference(models.Model):
    _name = "ai.deployment.reference"
    _description = "Adopted Reference"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "window_start"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    window_start = fields.Date("From", required=True, readonly=True)
    window_end = fields.Date("Until", required=True, readonly=True, help="First day after the window.")
    row_count = fields.Integer("Records", required=True, readonly=True)
    counts = fields.Json(required=True, readonly=True, groups="ai_deployment.group_sensitive")
    floors = fields.Json("Noise Thresholds", readonly=True)
    monthly = fields.Json("Counts by Week of the Month", readonly=True, groups="ai_deployment.group_sensitive")
    adopted_by_id = fields.Many2one("res.users", required=True, readonly=True)
    date = fields.Datetime("Adopted On", required=True, readonly=True)

    def write(self, vals):
        raise UserError(self.env._("A reference cannot be changed: adopt a new one."))

    @api.model
    def _of(self, version):
        """(Profile, `Noise`, whether it is provisional) that the intake of `version` is compared with."""
        adopted = self._adopted(version)
        if adopted:
            return Profile.from_dict(adopted.counts), Noise.from_dict(adopted.floors), False
        version = version.sudo()
        return Profile.from_dict(version.reference), Noise.from_dict(version.floors), True

    @api.model
    def _adopted(self, version):
        """The reference that was adopted last for `version`, in sudo; none where records learned from serve."""
        return self.sudo().search([("version_id", "=", version.id)], limit=1)

    @api.model
    def _like(self, version, start, end):
        """(Profile, `Noise`) of the same weeks of the month as those from `start` up to `end`, None where too few.

        Only an adopted reference has them: the records that a version learned from are dated as documents are, not as
        they came in.
        """
        adopted = self._adopted(version)
        if not adopted.monthly:
            return None
        monthly, rows = MonthlyReference.from_dict(adopted.monthly), [0] * WEEKS
        for day, count in self.env["ai.deployment.profile"]._counts_by_day(version, start, end).items():
            rows[week_of_month(day)] += count
        like = monthly.like(rows)
        return like and (like, monthly.noise.with_forward(Noise.from_dict(adopted.floors).forward))
