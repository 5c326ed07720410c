"""Requests and their results per day, in counts kept by the database (`counting.py`).

Rows are deltas: nothing is ever locked by counting. Once a day they are summed into one row per deployment and day.
`_recount` counts days from the log itself, and corrects what is kept where that differs.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.unchecked_many2one import UncheckedMany2one
from . import counting

SUMMING = 0x41_49_44_51  # the advisory lock of whoever sums deltas: any number that nobody else takes
DAYS_AT_ONCE = 5000


class AiDeploymentDayCount(models.Model):
    _name = "ai.deployment.day.count"
    _description = "Counts per Day"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "day"

    # Unchecked: what a deployment takes along when it is deleted is taken off the counts after it is gone.
    deployment_id = UncheckedMany2one("ai.deployment", required=True, readonly=True, index=False)
    day = fields.Date("Requested On", required=True, readonly=True)
    requested = fields.Integer(readonly=True)
    automatic = fields.Integer(readonly=True)
    in_review = fields.Integer(readonly=True)
    reviewed = fields.Integer(readonly=True)
    expired = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    cancelled = fields.Integer(readonly=True)

    _deployment_day_idx = models.Index("(deployment_id, day)")

    def init(self):
        result = super().init()
        self.pool.post_init(counting.keep, self.env.cr)  # when all tables are there
        return result

    @api.model
    def _recount(self, deployment, days):
        """Count `days` from the log; {day: records by which the kept counts were off} of those that differed.

        What is kept is corrected, so that the sum tells what the log does. Where only the state of reviews was off,
        nothing was lost: that is corrected, and not returned.
        """
        days = list(days)
        counted, kept = (
            {day: counts for day, *counts in self.env.execute_query(statement(deployment, days))}
            for statement in (counting.recounted, counting.kept)
        )
        none = [0] * len(counting.COUNTS)
        differing = [day for day in days if counted.get(day, none) != kept.get(day, none)]
        if not differing:
            return {}
        off = {day: counting.most_off(kept.get(day, none), counted.get(day, none)) for day in differing}
        self._renew_states(deployment, differing)
        kept = {day: counts for day, *counts in self.env.execute_query(counting.kept(deployment, differing))}
        for day in differing:
            missing = [true - said for true, said in zip(counted.get(day, none), kept.get(day, none), strict=True)]
            if any(missing):
                self._correct(deployment, day, missing)
        return {day: most for day, most in off.items() if most}

    @api.model
    def _renew_left_behind(self, deployment, since):
        """Correct lines from `since` on that count as open although their record has no open review any more.

        A review that is answered while a line of its record is being written does not see that line. Nothing is lost
        by that, so nobody is told.
        """
        self.env.cr.execute(
            SQL(
                "SELECT ai_deployment_set_line_states(ARRAY(SELECT line.id FROM ai_deployment_line_state kept"
                " JOIN ai_deployment_inference line ON line.id = kept.inference_id"
                " WHERE kept.deployment_id = %s AND kept.day >= %s AND kept.state = 'open'"
                " AND NOT EXISTS (SELECT FROM ai_deployment_review review WHERE review.state = 'open'"
                " AND review.deployment_id = line.deployment_id AND review.res_id = line.res_id)))",
                deployment.id,
                since,
            )
        )

    def _renew_states(self, deployment, days):
        """Work out where the lines of these days stand; the triggers count what that changes."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ai_deployment_line_state kept WHERE kept.deployment_id = %s AND kept.day = ANY(%s)"
                " AND NOT EXISTS (SELECT FROM ai_deployment_inference line WHERE line.id = kept.inference_id AND %s)",
                deployment.id,
                days,
                counting.TO_A_PERSON,
            )
        )
        self.env.cr.execute(
            SQL(
                "SELECT ai_deployment_set_line_states(ARRAY(SELECT id FROM ai_deployment_inference line"
                " WHERE line.deployment_id = %s AND line.requested_day = ANY(%s) AND %s))",
                deployment.id,
                days,
                counting.TO_A_PERSON,
            )
        )

    def _correct(self, deployment, day, missing):
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_deployment_day_count (deployment_id, day, %s) VALUES %s",
                SQL(", ").join(map(SQL.identifier, counting.COUNTS)),
                (deployment.id, day, *missing),
            )
        )

    @api.autovacuum
    def _gc_sum_deltas(self):
        """Put one row in the place of the deltas of each deployment and day; one process at a time.

        Only rows that were read are deleted: a delta that is committed meanwhile stays, and is summed the next time.
        """
        if not self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", SUMMING))[0][0]:
            return 0, False
        self.env.cr.execute(
            SQL(
                "WITH several AS (SELECT deployment_id, day FROM %(kept)s GROUP BY 1, 2 HAVING COUNT(*) > 1"
                " LIMIT %(most)s),"
                " gone AS (DELETE FROM %(kept)s kept USING several WHERE kept.deployment_id = several.deployment_id"
                " AND kept.day = several.day RETURNING kept.*),"
                " total AS (INSERT INTO %(kept)s (deployment_id, day, %(names)s)"
                " SELECT deployment_id, day, %(sums)s FROM gone GROUP BY 1, 2 HAVING %(any)s)"
                " SELECT COUNT(*), COUNT(DISTINCT (deployment_id, day)) FROM gone",
                kept=SQL.identifier(counting.KEPT),
                most=DAYS_AT_ONCE,
                names=SQL(", ").join(map(SQL.identifier, counting.COUNTS)),
                sums=counting.summed(),
                any=SQL(" OR ").join(SQL("SUM(%s) <> 0", SQL.identifier(count)) for count in counting.COUNTS),
            )
        )
        count, days = self.env.cr.fetchone()
        self.invalidate_model(flush=False)
        return count, days == DAYS_AT_ONCE
