"""The records that an alert is about, one click away, and what changed in Odoo near the day it began."""

from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

NEAR = timedelta(days=3)
MOST_EVENTS = 5


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    line_id = fields.Many2one("ai.deployment.report.line", "Found In", readonly=True, ondelete="set null")
    has_records = fields.Boolean(related="line_id.has_records")
    events = fields.Text("Changed in Odoo About Then", compute="_compute_events", compute_sudo=True)

    def action_open_records(self):
        """The records in question, those that the user may read."""
        self.ensure_one()
        if not self.line_id:
            raise UserError(self.env._("This alert is not about single records."))
        return self.line_id.action_open_records()

    @api.depends("onset_date")
    def _compute_events(self):
        for alert in self:
            alert.events = "\n".join(alert._near_events()) or False

    def _near_events(self):
        """Changes of set-up within some days of the onset, as sentences: new stages, teams, journals, updated apps."""
        self.ensure_one()
        if not self.onset_date or not self.cause.startswith(("drift:", "quality:", "performance:")):
            return []
        start = datetime.combine(self.onset_date - NEAR, time.min)
        end = datetime.combine(self.onset_date + NEAR, time.max)
        near = [("create_date", ">=", start), ("create_date", "<=", end)]
        events = []
        for name in self.env[self.deployment_id.res_model]._ai_setup_models():
            records = self.env[name].sudo().with_context(active_test=False)
            what = self.env["ir.model"]._get(name).name
            events += [
                (record.create_date, self.env._("New: %(what)s “%(name)s”", what=what, name=record.display_name))
                for record in records.search(near, limit=MOST_EVENTS, order="create_date")
            ]
        modules = (
            self.env["ir.module.module"]
            .sudo()
            .search(
                [("state", "=", "installed"), ("write_date", ">=", start), ("write_date", "<=", end)], limit=MOST_EVENTS
            )
        )
        events += [
            (module.write_date, self.env._("App installed or updated: %s", module.shortdesc)) for module in modules
        ]
        return [
            f"{format_date(self.env, when.date())}: {text}"
            for when, text in sorted(events, key=lambda event: event[0])[:MOST_EVENTS]
        ]
