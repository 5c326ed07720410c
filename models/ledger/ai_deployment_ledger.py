"""The sum that shows that nothing is lost: what was asked on a day, and what became of it.

Asked and settled come from different tables, written at different times: `asked` before the work; the log, the
reviews, the requests that wait, the pieces of batches and `settled` after it. Where the two differ, a record was lost
or counted twice, and the owner hears of it. Shown are counts that the database keeps of these tables (`ledger`).
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..tools import clock
from ..tools.told import told
from . import counting

LOOKED_AT = timedelta(days=30)
MONTH = LOOKED_AT.days + 1  # days whose sum is looked at, today among them
COUNTS_OFF = "counts"  # cause of the alert that the counts kept are not those of the log
STRIDE = 12  # any number so that `STRIDE` - 1 has no divisor in common with `MONTH`: see `_days_to_recount`

# What the statement reads of records that are written through the ORM, which has to be in the database first.
READ = {
    "ai.deployment": ["retention_days"],
    "ai.deployment.batch": ["deployment_id", "requested_date"],
    "ai.deployment.batch.chunk": ["state"],
    "ai.deployment.review": ["res_id", "state", "previous_id", "expired_date", "closed_line"],
}
PARTS = ("automatic", "in_review", "reviewed", "expired", "waiting", "unchanged", "cancelled")


class AiDeploymentLedger(models.Model):
    _name = "ai.deployment.ledger"
    _description = "Reconciliation of Requests"
    _inherit = "ai.deployment.guarded.mixin"
    _auto = False
    _order = "day desc, deployment_id"
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date("Requested On", readonly=True)
    requested = fields.Integer(readonly=True)
    automatic = fields.Integer(readonly=True)
    in_review = fields.Integer(readonly=True)
    reviewed = fields.Integer(readonly=True)
    expired = fields.Integer(readonly=True)
    waiting = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    cancelled = fields.Integer(readonly=True)
    difference = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        """One row per deployment and day; every record asked for is in exactly one part.

        What waits is counted here; the other parts are counts that the database keeps (`ledger/counting.py`).
        """
        for model, names in READ.items():
            self.env[model].flush_model(names)

        def total(name):
            return SQL("COALESCE(SUM(%s), 0)", SQL.identifier("part", name))

        waiting = SQL(", ").join(SQL("waiting" if name == "waiting" else "0") for name in ("requested", *PARTS))
        return SQL(
            """
            SELECT part.deployment_id * 100000 + (part.day - DATE '2000-01-01') AS id, part.deployment_id,
                deployment.company_id, part.day,
                %s,
                (COALESCE(SUM(part.requested), 0) - (%s))::int4 AS difference
            FROM (
                SELECT deployment_id, day, %s FROM %s
                UNION ALL
                SELECT deployment_id, day, %s
                FROM (
                    SELECT deployment_id, day, asks AS waiting FROM ai_deployment_request
                    UNION ALL
                    SELECT batch.deployment_id, batch.requested_date::date, chunk.record_count
                    FROM ai_deployment_batch_chunk chunk JOIN ai_deployment_batch batch ON batch.id = chunk.batch_id
                    WHERE chunk.state = 'open'
                ) AS row_of_waiting
            ) AS part
            JOIN ai_deployment deployment ON deployment.id = part.deployment_id
            WHERE part.day > %s::date - deployment.retention_days
            GROUP BY part.deployment_id, deployment.company_id, part.day
            HAVING %s
            """,
            SQL(", ").join(SQL("%s::int4 AS %s", total(name), SQL.identifier(name)) for name in ("requested", *PARTS)),
            SQL(" + ").join(map(total, PARTS)),
            SQL(", ").join(
                SQL("0 AS waiting") if name == "waiting" else SQL.identifier(name) for name in ("requested", *PARTS)
            ),
            SQL.identifier(counting.KEPT),
            waiting,
            clock.today(),
            SQL(" OR ").join(SQL("%s <> 0", total(name)) for name in ("requested", *PARTS)),
        )

    # Written by scoring

    @api.model
    def _asked(self, deployment, day, count, user=None, action=None):
        self.env["ai.deployment.requested"]._add(deployment, day, count, user, action)

    @api.model
    def _settled(self, deployment, day, unchanged=0, cancelled=0):
        self.env["ai.deployment.request.closed"]._add(deployment, day, unchanged, cancelled)

    @api.autovacuum
    def _gc_expired(self):
        """Forget what was asked on days whose log is gone."""
        deleted = 0
        for deployment in self.env["ai.deployment"].sudo().with_context(active_test=False).search(Domain.TRUE):
            last = clock.today() - timedelta(days=deployment.retention_days)
            for model in ("ai.deployment.requested", "ai.deployment.request.closed", "ai.deployment.quota"):
                old = Domain("deployment_id", "=", deployment.id) & Domain("day", "<=", last)
                rows = self.env[model].sudo().search(old, limit=GC_UNLINK_LIMIT)
                rows.unlink()
                deleted += len(rows)
        return deleted, False

    # Looked at by the monitor

    @api.model
    def _check(self, deployment):
        """Alert where the days of late do not add up; resolve where they do again.

        The counts are kept by the database, so a line that is gone is missing there; that they are right is looked at
        by counting some days from the log.
        """
        days = [clock.today() - timedelta(days=back) for back in range(MONTH)]
        ahead = self._days_ahead(deployment)
        self._check_counts(deployment, days, ahead)
        wrong = self.sudo().search(
            Domain("deployment_id", "=", deployment.id)
            & Domain("day", "in", [*ahead, *days])
            & Domain("difference", "!=", 0),
            order="day",
        )
        alerts = self.env["ai.deployment.alert"]
        if not wrong:
            alerts._resolve(deployment, "sum")
            return
        lost = sum(max(row.difference, 0) for row in wrong)
        double = sum(max(-row.difference, 0) for row in wrong)

        def what(there):
            day = format_date(there, wrong[0].day)
            if lost:
                return there._("%(count)s requested records are unaccounted for since %(day)s", count=lost, day=day)
            return there._("%(count)s records were counted twice since %(day)s", count=double, day=day)

        alerts._raise(
            deployment,
            "sum",
            name=told(deployment.env, what),
            suggestion=told(
                deployment.env,
                lambda there: there._(
                    "Open the reconciliation of these days and inform an administrator: the log was changed from "
                    "outside, or records were lost."
                ),
            ),
            onset=wrong[0].day,
        )

    @api.model
    def _check_counts(self, deployment, days, ahead):
        """Count some of `days`, and those `ahead`, from the log; alert where the counts that were kept are others."""
        alerts, counts = self.env["ai.deployment.alert"], self.env["ai.deployment.day.count"].sudo()
        counts._renew_left_behind(deployment, days[1])
        off = counts._recount(deployment, [*ahead, *self._days_to_recount(deployment, days)])
        if not off:
            alerts._resolve(deployment, COUNTS_OFF)
            return
        off |= counts._recount(deployment, [day for day in days if day not in off])
        alerts._raise(
            deployment,
            COUNTS_OFF,
            name=told(
                deployment.env,
                lambda there: there._(
                    "The stored counts of %(day)s differ from the log by %(count)s records",
                    day=format_date(there, min(off)),
                    count=max(off.values()),
                ),
            ),
            suggestion=told(
                deployment.env,
                lambda there: there._(
                    "They were corrected. Inform an administrator: the log or its counts were changed without the "
                    "database triggers, or these were switched off."
                ),
            ),
            onset=min(off),
        )

    @api.model
    def _days_ahead(self, deployment):
        """Days to come on which something was asked for or settled, while the clock was ahead."""
        rows = self.env.execute_query(
            SQL(
                "SELECT day FROM ai_deployment_requested WHERE deployment_id = %(id)s AND day > %(today)s UNION"
                " SELECT day FROM ai_deployment_request_closed WHERE deployment_id = %(id)s AND day > %(today)s",
                id=deployment.id,
                today=clock.today(),
            )
        )
        return [day for (day,) in rows]

    @api.model
    def _days_to_recount(self, deployment, days):
        """Those of `days` that are counted from the log today.

        One, and another one each day, so that each day has its turn once in its first month. All of them where a
        difference was found, until it is gone.
        """
        alert = (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(
                Domain("deployment_id", "=", deployment.id)
                & Domain("cause", "in", ("sum", COUNTS_OFF))
                & Domain("state", "!=", "resolved"),
                limit=1,
            )
        )
        if alert:
            return days
        return [days[clock.today().toordinal() * STRIDE % MONTH]]
