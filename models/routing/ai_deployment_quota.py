"""Used quota of reviews: one row per deployment, day and limit, written when quota is used.

A limit is the capacity of a deployment that is routed by it, or the cap of one reason to ask. Workers that score at the
same time do not see each other's reviews. They do meet at these rows: the second one is refused by the database and
does its records again, knowing then what is left.
"""

import statistics
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...ml import routing
from ..scoring.reasons import REVIEW_REASONS
from ..tools import batch_insert as bulk
from ..tools import clock
from .quota import CAPACITY

USUAL_DAYS = timedelta(days=28)  # that say how many random checks a day offers


class AiDeploymentQuota(models.Model):
    _name = "ai.deployment.quota"
    _description = "Daily Quota of Reviews"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True)
    reason = fields.Selection(
        [(CAPACITY, "Reviews per Day"), *REVIEW_REASONS], "Review Rule", required=True, readonly=True, default=CAPACITY
    )
    used = fields.Integer(required=True, readonly=True)
    offered = fields.Float(readonly=True, help="Random checks expected without the limit.")
    planned = fields.Float(readonly=True, help="Random checks expected with the limit.")

    _deployment_day_uniq = models.UniqueIndex(
        "(deployment_id, day, reason)", "There is one count per day and review reason."
    )

    @api.model
    def _left(self, deployment, limits):
        """Reviews that may still be opened today, of `limits` ({limit: reviews a day})."""
        used = dict(
            self.env.execute_query(
                SQL(
                    "SELECT reason, used FROM ai_deployment_quota"
                    " WHERE deployment_id = %s AND day = %s AND reason = ANY(%s)",
                    deployment.id,
                    clock.today(),
                    list(limits),
                )
            )
        )
        return {name: limit - used.get(name, 0) for name, limit in limits.items()}

    @api.model
    def _spread(self, deployment, reason, cap):
        """Return the distribution of today's random checks so far, as `ml.routing.Spread`."""
        today = clock.today()
        rows = self.env.execute_query(
            SQL(
                "SELECT day = %s, offered, planned FROM ai_deployment_quota"
                " WHERE deployment_id = %s AND reason = %s AND day BETWEEN %s AND %s AND offered > 0",
                today,
                deployment.id,
                reason,
                today - USUAL_DAYS,
                today,
            )
        )
        [so_far] = [row[1:] for row in rows if row[0]] or [(0.0, 0.0)]
        earlier = [offered for is_today, offered, _planned in rows if not is_today]
        return routing.Spread(cap, statistics.median(earlier) if earlier else 0.0, *so_far)

    @api.model
    def _take(self, deployment, counts, spreads=None):
        """So many reviews of today's limits are taken: {limit: number}.

        :param spreads: {limit: `ml.routing.Spread` as it is now}, of random checks
        """
        spreads = spreads or {}
        # one order: nobody waits in a ring
        counts = {name: count for name, count in sorted(counts.items()) if count or name in spreads}
        if counts:
            spread = [spreads.get(name, routing.Spread(0)) for name in counts]
            bulk.insert(
                self.env,
                self._table,
                {
                    "deployment_id": ("int4", deployment.id),
                    "day": ("date", clock.today()),
                    "reason": ("varchar", list(counts)),
                    "used": ("int4", list(counts.values())),
                    "offered": ("float8", [each.offered for each in spread]),
                    "planned": ("float8", [each.planned for each in spread]),
                },
                conflict=SQL(
                    "ON CONFLICT (deployment_id, day, reason)"
                    " DO UPDATE SET used = ai_deployment_quota.used + excluded.used, offered = excluded.offered,"
                    " planned = excluded.planned"
                ),
            )
            self.invalidate_model(flush=False)
