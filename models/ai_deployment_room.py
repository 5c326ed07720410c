"""How many reviews of a day's capacity are taken: one row per deployment and day, written by whoever takes some.

Workers that score at the same time do not see each other's reviews. They do meet at this row: the second one is refused
by the database and does its records again, knowing then what is left.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from . import clock


class AiDeploymentRoom(models.Model):
    _name = "ai.deployment.room"
    _description = "Reviews Taken of a Day's Capacity"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True)
    used = fields.Integer(required=True, readonly=True)

    _deployment_day_uniq = models.UniqueIndex("(deployment_id, day)", "There is one count per day.")

    @api.model
    def _left(self, deployment):
        """Reviews that may still be opened today."""
        rows = self.env.execute_query(
            SQL(
                "SELECT used FROM ai_deployment_room WHERE deployment_id = %s AND day = %s",
                deployment.id,
                clock.today(),
            )
        )
        return deployment.reviews_per_day - (rows[0][0] if rows else 0)

    @api.model
    def _take(self, deployment, count):
        """`count` reviews of today's capacity are taken."""
        if count:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO ai_deployment_room (deployment_id, day, used) VALUES (%s, %s, %s)"
                    " ON CONFLICT (deployment_id, day) DO UPDATE SET used = ai_deployment_room.used + excluded.used",
                    deployment.id, clock.today(), count,
                )
            )  # fmt: skip
            self.invalidate_model(flush=False)
