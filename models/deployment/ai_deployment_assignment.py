"""Which version served as what, from when to when, by whose decision. Pointers and "as of" questions read it."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import clock
from . import events


class AiDeploymentAssignment(models.Model):
    _name = "ai.deployment.assignment"
    _description = "Serving History"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "start_date desc, id desc"
    _rec_name = "version_id"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, ondelete="cascade")
    role = fields.Selection([("champion", "Serves"), ("challenger", "Challenges")], required=True, readonly=True)
    start_date = fields.Datetime("From", required=True, readonly=True)
    end_date = fields.Datetime("Until", readonly=True)
    user_id = fields.Many2one("res.users", "Decided By", required=True, readonly=True)
    reason = fields.Char(readonly=True)

    _one_champion = models.UniqueIndex(
        "(deployment_id) WHERE role = 'champion' AND end_date IS NULL", "Another version serves already."
    )
    _ends_after_start = models.Constraint(
        "CHECK(end_date IS NULL OR end_date >= start_date)", "An assignment ends after it began."
    )


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _assign_champion(self, version, reason):
        """`version` serves from now on; the one before it is kept in the history."""
        self.ensure_one()
        if version.deployment_id != self:
            raise UserError(self.env._("This version belongs to another deployment."))
        assignments = self.env["ai.deployment.assignment"].sudo()
        serving = assignments.search(
            [("deployment_id", "=", self.id), ("role", "=", "champion"), ("end_date", "=", False)]
        )
        if serving.version_id == version:
            return serving
        now = clock.now()
        serving.end_date = max(now, serving.start_date or now)  # it began later where the clock was ahead
        serving.flush_recordset()
        made = assignments.create(
            {
                "deployment_id": self.id,
                "version_id": version.id,
                "role": "champion",
                "start_date": now,
                "user_id": self.env.uid,
                "reason": reason,
            }
        )
        events.follow(self, events.CHAMPION_CHANGED)
        return made

    def _champion_at(self, moment):
        """The version that served at `moment`, empty where none did."""
        self.ensure_one()
        return (
            self.env["ai.deployment.assignment"]
            .sudo()
            .search(
                [
                    ("deployment_id", "=", self.id),
                    ("role", "=", "champion"),
                    ("start_date", "<=", moment),
                    "|",
                    ("end_date", "=", False),
                    ("end_date", ">", moment),
                ],
                limit=1,
            )
            .version_id
        )
