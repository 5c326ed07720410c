"""The sum that shows that nothing is lost: what was asked on a day, and what became of it.

Asked and settled come from different tables, written at different times: `asked` before the work; the log, the
reviews, the requests that wait, the pieces of batches and `settled` after it. Where the two differ, a record was lost
or counted twice, and the owner hears of it.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.constants import GC_UNLINK_LIMIT

from . import clock

LOOKED_AT = timedelta(days=30)
LATELY = 1  # days before today that every look takes in
ROUND = 14  # each older day is looked at once in so many days

# What the statement reads of records that are written through the ORM, which has to be in the database first.
READ = {
    "ai.deployment": ["retention_days"],
    "ai.deployment.batch": ["deployment_id", "asked_date"],
    "ai.deployment.batch.chunk": ["state"],
    "ai.deployment.review": ["res_id", "state", "previous_id", "expired_date", "closed_line"],
}
PARTS = ("automatic", "in_review", "reviewed", "expired", "waiting", "unchanged", "cancelled")


class AiDeploymentSum(models.Model):
    _name = "ai.deployment.sum"
    _description = "What Was Asked and What Became of It"
    _inherit = "ai.deployment.guarded.mixin"
    _auto = False
    _order = "day desc, deployment_id"
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date("Asked On", readonly=True)
    asked = fields.Integer(readonly=True)
    automatic = fields.Integer("Settled Automatically", readonly=True)
    in_review = fields.Integer("With a Person", readonly=True)
    reviewed = fields.Integer(readonly=True)
    expired = fields.Integer(readonly=True)
    waiting = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    cancelled = fields.Integer(readonly=True)
    difference = fields.Integer("Unaccounted For", readonly=True)

    @property
    def _table_query(self):
        """One row per deployment and day; every record asked for is in exactly one part."""
        for model, names in READ.items():
            self.env[model].flush_model(names)
        # Of a line and a review the numbers tell which was first where the clock was wrong and the dates do not.
        still_open = SQL(
            "(other.state = 'open' OR other.closed_line >= line.id"
            " OR COALESCE(other.decided_date, other.expired_date, other.write_date) >= line.date)"
        )
        review = SQL(
            # A record that waits for a decision already gets no second review: it shares the fate of the first.
            "COALESCE(review.state, (SELECT other.state FROM ai_deployment_review other"
            " WHERE other.deployment_id = line.deployment_id AND other.res_id = line.res_id"
            " AND (other.opened_date <= line.date OR other.inference_id <= line.id) AND %(still_open)s"
            " ORDER BY other.id DESC LIMIT 1),"
            # Where the record was merged away meanwhile, that review is about the survivor.
            " (SELECT other.state FROM ai_deployment_inference asked"
            " JOIN ai_deployment_review other ON other.inference_id = asked.id"
            " WHERE asked.deployment_id = line.deployment_id AND asked.res_id = line.res_id"
            " AND other.res_id <> line.res_id AND (other.opened_date <= line.date OR asked.id <= line.id)"
            " AND %(still_open)s ORDER BY other.id DESC LIMIT 1))",
            still_open=still_open,
        )
        return SQL(
            """
            SELECT part.deployment_id * 100000 + (part.day - DATE '2000-01-01') AS id, part.deployment_id,
                deployment.company_id, part.day,
                %s,
                (SUM(part.asked) - (%s))::int4 AS difference
            FROM (
                SELECT deployment_id, day, count AS asked, 0 AS automatic, 0 AS in_review, 0 AS reviewed,
                    0 AS expired, 0 AS waiting, 0 AS unchanged, 0 AS cancelled
                FROM ai_deployment_asked
                UNION ALL
                SELECT deployment_id, asked_day, 0, COUNT(*)::int4, 0, 0, 0, 0, 0, 0
                FROM ai_deployment_inference
                WHERE asked_day IS NOT NULL AND route = 'automatic'
                GROUP BY deployment_id, asked_day
                UNION ALL
                SELECT line.deployment_id, line.asked_day, 0, 0,
                    (%s = 'open')::int, (%s = 'decided')::int, (%s = 'expired')::int, 0, 0, 0
                FROM ai_deployment_inference line
                LEFT JOIN ai_deployment_review review ON review.inference_id = line.id
                    AND NOT EXISTS (SELECT FROM ai_deployment_review later WHERE later.previous_id = review.id)
                WHERE line.asked_day IS NOT NULL AND line.route = 'review'
                UNION ALL
                SELECT deployment_id, day, 0, 0, 0, 0, 0, asks, 0, 0 FROM ai_deployment_request
                UNION ALL
                SELECT batch.deployment_id, batch.asked_date::date, 0, 0, 0, 0, 0, chunk.record_count,
                    0, 0
                FROM ai_deployment_batch_chunk chunk JOIN ai_deployment_batch batch ON batch.id = chunk.batch_id
                WHERE chunk.state = 'open'
                UNION ALL
                SELECT deployment_id, day, 0, 0, 0, 0, 0, 0, unchanged, cancelled FROM ai_deployment_settled
            ) AS part
            JOIN ai_deployment deployment ON deployment.id = part.deployment_id
            WHERE part.day > %s::date - deployment.retention_days
            GROUP BY part.deployment_id, deployment.company_id, part.day
            """,
            SQL(", ").join(
                SQL("SUM(%s)::int4 AS %s", SQL.identifier("part", name), SQL.identifier(name))
                for name in ("asked", *PARTS)
            ),
            SQL(" + ").join(SQL("SUM(%s)", SQL.identifier("part", name)) for name in PARTS),
            review, review, review, clock.today(),
        )  # fmt: skip

    # Written by scoring

    @api.model
    def _asked(self, deployment, day, count, user=None, action=None):
        self.env["ai.deployment.asked"]._add(deployment, day, count, user, action)

    @api.model
    def _settled(self, deployment, day, unchanged=0, cancelled=0):
        self.env["ai.deployment.settled"]._add(deployment, day, unchanged, cancelled)

    @api.autovacuum
    def _gc_expired(self):
        """Forget what was asked on days whose log is gone."""
        deleted = 0
        for deployment in self.env["ai.deployment"].sudo().with_context(active_test=False).search(Domain.TRUE):
            last = clock.today() - timedelta(days=deployment.retention_days)
            for model in ("ai.deployment.asked", "ai.deployment.settled", "ai.deployment.room"):
                old = Domain("deployment_id", "=", deployment.id) & Domain("day", "<=", last)
                rows = self.env[model].sudo().search(old, limit=GC_UNLINK_LIMIT)
                rows.unlink()
                deleted += len(rows)
        return deleted, False

    # Looked at by the monitor

    @api.model
    def _check(self, deployment):
        """Alert where the days of late do not add up; resolve where they do again.

        The log is counted itself, not a count kept beside it: that would agree with itself after a line is gone.
        """
        alerts = self.env["ai.deployment.alert"]
        wrong = self.sudo().search(
            Domain("deployment_id", "=", deployment.id)
            & Domain("day", "in", self._days_to_check(deployment))
            & Domain("difference", "!=", 0),
            order="day",
        )
        if not wrong:
            alerts._resolve(deployment, "sum")
            return
        lost = sum(max(row.difference, 0) for row in wrong)
        double = sum(max(-row.difference, 0) for row in wrong)
        day = format_date(deployment.env, wrong[0].day)
        if lost:
            name = self.env._("%(count)s records asked for since %(day)s are unaccounted for", count=lost, day=day)
        else:
            name = self.env._("%(count)s records were settled twice since %(day)s", count=double, day=day)
        alerts._raise(
            deployment, "sum",
            name=name,
            suggestion=self.env._("Open the sum of these days and tell an administrator: the log was changed from "
                                  "outside, or records were lost."),
            onset=wrong[0].day,
        )  # fmt: skip

    @api.model
    def _days_ahead(self, deployment):
        """Days to come on which something was asked for or settled, while the clock was ahead."""
        rows = self.env.execute_query(
            SQL(
                "SELECT day FROM ai_deployment_asked WHERE deployment_id = %(id)s AND day > %(today)s UNION"
                " SELECT day FROM ai_deployment_settled WHERE deployment_id = %(id)s AND day > %(today)s",
                id=deployment.id,
                today=clock.today(),
            )
        )
        return [day for (day,) in rows]

    @api.model
    def _days_to_check(self, deployment):
        """The days whose sum is added up today.

        What nobody works on any more can only be changed from outside: a day that was complete is looked at again once
        in `ROUND` days. The latest days, and those with records that still wait, are looked at every time; all of them
        where a difference was found, until it is gone.
        """
        today = clock.today()
        ahead = self._days_ahead(deployment)
        days = [*ahead, *(today - timedelta(days=back) for back in range(LOOKED_AT.days + 1))]
        alert = (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(
                Domain("deployment_id", "=", deployment.id)
                & Domain("cause", "=", "sum")
                & Domain("state", "!=", "resolved")
            )
        )
        if alert:
            return days
        waiting = (
            self.env["ai.deployment.request"].sudo()._read_group([("deployment_id", "=", deployment.id)], ["day:day"])
        )
        batches = (
            self.env["ai.deployment.batch"]
            .sudo()
            .search(Domain("deployment_id", "=", deployment.id) & Domain("chunk_ids.state", "=", "open"))
        )
        moving = {*(day for (day,) in waiting), *(moment.date() for moment in batches.mapped("asked_date"))}
        turn = today.toordinal() % ROUND
        return [
            day for day in days
            if (today - day).days <= LATELY or day in ahead or day in moving or day.toordinal() % ROUND == turn
        ]  # fmt: skip
