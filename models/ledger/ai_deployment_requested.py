"""Requested records: how many, of which deployment, on which day. Written before the work, never changed.

One row per call. Its moment and its person are those of the lines that the call logs, so that what a server action
asked for can be told from what came in another way without a column in the log.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import batch_insert as bulk
from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one


class AiDeploymentRequested(models.Model):
    _name = "ai.deployment.requested"
    _description = "Requested Records"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "day"

    # Whoever saves a record writes one: a key would lock the one deployment that all of them point to.
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    day = fields.Date(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)
    date = fields.Datetime(readonly=True)
    user_id = UncheckedMany2one("res.users", "Requested By", readonly=True)
    # Says no more than that an action asked, when the action itself is gone.
    action_id = UncheckedMany2one("ir.actions.server", "Server Action", readonly=True)

    _deployment_day_idx = models.Index("(deployment_id, day)")

    @api.model
    def _add(self, deployment, day, count, user=None, action=None):
        """`count` records were asked for on `day`, by `user`, through the server action `action` if by one."""
        bulk.write(self.env, {"requested": self._statement(deployment, day, count, user, action)})

    @api.model
    def _forget(self, deployments):
        """Delete the rows of `deployments`, which are about to be deleted."""
        self.env.cr.execute(
            SQL("DELETE FROM %s WHERE deployment_id = ANY(%s)", SQL.identifier(self._table), deployments.ids)
        )

    @api.model
    def _statement(self, deployment, day, count, user=None, action=None):
        """Return the SQL that `_add` runs."""
        return bulk.insert_statement(
            self._table,
            {
                "deployment_id": ("int4", [deployment.id]),
                "day": ("date", day),
                "count": ("int4", count),
                "date": ("timestamp", clock.now()),
                "user_id": ("int4", user.id if user else None),
                "action_id": ("int4", action.id if action else None),
            },
        )
