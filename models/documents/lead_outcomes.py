"""Outcomes of leads: won or lost, when, and within the horizon of the deployment or not."""

from datetime import datetime, timedelta

from odoo.fields import Domain
from odoo.tools import SQL, Query

from ..tools.sampling import in_drawn_order
from .leak_row import LeakRow
from .outcomes import Outcomes

# Spans of days of the life of a lead: a version learns from one moment of it in each, first of its creation.
LANDMARKS = ((0, 0), (0, 7), (7, 14), (14, 30), (30, 60), (60, 120))
LATELY_DAYS = 90  # at least, over which it is counted how long outcomes take
LATE_LEADS = 5000  # that say how long outcomes take
EDITED_AFTER = "1 hour"  # what is changed while closing is written in the same minute


def days_sql(began: SQL, ended: SQL) -> SQL:
    """Return SQL of the days between two moments, NULL where the second is: GREATEST alone would make it day 0."""
    return SQL(
        "CASE WHEN %s IS NOT NULL THEN GREATEST(EXTRACT(EPOCH FROM %s - %s) / 86400.0, 0) END", ended, ended, began
    )


class LeadOutcomes(Outcomes):
    """Outcomes of leads. Lost, won later or still open is not won."""

    def training_rows(self, now: datetime) -> list[tuple[int, datetime, bool]]:
        """Return (id, moment, label) of the leads to learn from, oldest first."""
        query, won = self.matured(now)
        began = self.documents._ai_began_sql(self.documents._table, self.deployment)
        return self.env.execute_query(query.select(SQL.identifier(self.documents._table, "id"), began, won))

    def matured(self, now: datetime, since: datetime | None = None) -> tuple[Query, SQL]:
        """Return (query of the leads whose horizon has passed, SQL of whether they were won within it).

        :param since: only those whose horizon passed after that moment
        """
        domain = self._domain()
        query = self.documents._search(domain)
        began = self.documents._ai_began_sql(self.documents._table, self.deployment)
        horizon = timedelta(days=self.deployment.horizon_days)
        query.add_where(SQL("%s <= %s", began, now - horizon))
        if since:
            query.add_where(SQL("%s > %s", began, since - horizon))
        query.order = SQL("%s, %s", began, in_drawn_order(SQL.identifier(self.documents._table, "id")))
        self.documents._ai_flush_ends(self.deployment)
        return query, self.documents._ai_won_in_time_sql(self.documents._table, self.deployment)

    def landmark_rows(self, now: datetime) -> list[tuple[int, datetime, datetime, bool]]:
        """Return (id, when it began, moment, won within the horizon from there) of leads while they were open.

        Oldest leads first, moments of a lead together. Where between two landmarks a moment lies is drawn by the number
        of the lead: of ages at which no version has seen a lead, its chances would be guesses. A moment after a first
        end is left out: of a lead that was reopened, nobody knows when it was open. So is one before a merge, which
        brought the past of another lead.
        """
        documents, table = self.documents, self.documents._table
        query = documents._search(self._domain())
        began, ended = documents._ai_began_sql(table, self.deployment), documents._ai_ended_sql(table, self.deployment)
        horizon = SQL("%s::interval", f"{self.deployment.horizon_days} days")
        lead_id, status = SQL.identifier(table, "id"), SQL.identifier(table, "won_status")
        begins, ends = map(list, zip(*LANDMARKS, strict=True))
        spans = SQL("(SELECT * FROM unnest(%s::int[], %s::int[]) AS span (begin, until))", begins, ends)
        query.add_join("JOIN", "landmark", spans, SQL("TRUE"))
        drawn = SQL("(hashint4(%s + 7919 * landmark.until) & 65535)::float8 / 65536", lead_id)
        day = SQL("(landmark.begin + (landmark.until - landmark.begin) * %s)", drawn)
        moment = SQL("(%s + %s * interval '1 day')", began, day)
        query.add_where(SQL("%s <= %s - %s", moment, now, horizon))
        query.add_where(SQL("(%s = 0 OR %s = 'pending' OR %s < %s)", day, status, moment, ended))
        first_end = SQL(
            "SELECT FROM mail_message message JOIN mail_tracking_value value ON value.mail_message_id = message.id"
            " WHERE message.model = %s AND message.res_id = %s AND value.field_id = %s AND message.date <= %s",
            documents._name,
            lead_id,
            self.env["ir.model.fields"]._get(documents._name, "won_status").id,
            moment,
        )
        merged = SQL(
            "SELECT FROM ai_deployment_outcome outcome WHERE outcome.res_model = %s AND outcome.status = 'merged'"
            " AND outcome.survivor_id = %s AND outcome.date > %s",
            documents._name,
            lead_id,
            moment,
        )
        query.add_where(SQL("(%s = 0 OR NOT EXISTS (%s))", day, first_end))
        query.add_where(SQL("NOT EXISTS (%s)", merged))
        query.order = SQL("%s, %s, %s", began, in_drawn_order(lead_id), day)
        documents._ai_flush_ends(self.deployment)
        self.env["mail.tracking.value"].flush_model()
        self.env["mail.message"].flush_model(["date", "model", "res_id"])
        won = SQL("(%s = 'won' AND COALESCE(%s, %s) <= %s + %s)", status, ended, began, moment, horizon)
        return self.env.execute_query(query.select(lead_id, began, moment, won))

    def leak_rows(self, now: datetime, most: int) -> list[LeakRow]:
        """Leads that came lately, closed ones and open ones: of the same time, so that only the closing differs.

        Where there are none of either kind, as in the history that a proof of concept begins with: closed ones of
        whichever time, alone.
        """
        since = now - timedelta(days=max(2 * self.deployment.horizon_days, LATELY_DAYS))
        sides = [self._leak_rows(now, most, closed=closed, since=since) for closed in (True, False)]
        if not all(sides):
            return self.closed_rows(now, most)
        # the latest of either kind: of the same time, too, where there are more than fit
        first = max(side[-1].created for side in sides if len(side) == most) if most in map(len, sides) else since
        return [row for side in sides for row in side if row.created >= first]

    def closed_rows(self, now: datetime, most: int) -> list[LeakRow]:
        return self._leak_rows(now, most, closed=True)

    def _leak_rows(self, now: datetime, most: int, *, closed: bool, since: datetime | None = None) -> list[LeakRow]:
        """Closed or open leads, latest first. Without `since`, of whichever time, their end known or not."""
        domain = self._domain() & Domain("won_status", "!=" if closed else "=", "pending")
        self.documents._ai_flush_ends(self.deployment)
        query = self.documents._search(domain)
        began, ended = (
            self.documents._ai_began_sql(self.documents._table, self.deployment),
            self.documents._ai_ended_sql(self.documents._table, self.deployment),
        )
        query.add_where(SQL("%s <= %s", began, now))
        if since:
            query.add_where(SQL("%s >= %s", began, since))
            if closed:  # of one that ended nobody knows when, nobody knows how old it was
                query.add_where(SQL("%s IS NOT NULL", ended))
        age = SQL("EXTRACT(EPOCH FROM (%s - %s)) / 86400.0", ended if closed else SQL("%s", now), began)
        won = SQL("%s = 'won'", SQL.identifier(self.documents._table, "won_status"))
        query.order = SQL("%s DESC, %s DESC", began, SQL.identifier(self.documents._table, "id"))
        query.limit = most
        found = self.env.execute_query(query.select(SQL.identifier(self.documents._table, "id"), age, began, won))
        return [LeakRow(res_id, closed, float(days or 0), came, label) for res_id, days, came, label in found]

    def edited_after_closing(self, name: str, closed_ids: list[int]) -> float:
        if not closed_ids or not getattr(self.documents._fields[name], "tracking", None):
            return 0.0
        self.env["mail.tracking.value"].flush_model()
        self.env["mail.message"].flush_model(["date", "model", "res_id"])
        [[edited]] = self.env.execute_query(
            SQL(
                "SELECT COUNT(DISTINCT lead.id) FROM crm_lead lead"
                " JOIN mail_message message ON message.model = %s AND message.res_id = lead.id"
                " JOIN mail_tracking_value value ON value.mail_message_id = message.id"
                " WHERE lead.id = ANY(%s) AND value.field_id = %s AND message.date > %s + %s::interval",
                self.documents._name,
                closed_ids,
                self.env["ir.model.fields"]._get(self.documents._name, name).id,
                self.documents._ai_ended_sql("lead", self.deployment),
                EDITED_AFTER,
            )
        )
        return edited / len(closed_ids)

    def ends(self, landmarks: dict[int, datetime | None]) -> dict[int, tuple]:
        self.documents._ai_flush_ends(self.deployment)
        survivors = self.env["ai.deployment.outcome"].sudo()._survivors(self.documents._name, landmarks)
        began, ended = (
            self.documents._ai_began_sql("lead", self.deployment),
            self.documents._ai_ended_sql("lead", self.deployment),
        )
        since = SQL("COALESCE(scored.moment, %s)", began) if self.deployment.landmarks else began
        rows = self.env.execute_query(
            SQL(
                "SELECT scored.id, %s, lead.won_status = 'won', %s + %s::interval"
                " FROM crm_lead lead JOIN unnest(%s::int[], %s::int[], %s::timestamp[])"
                " AS scored (id, lead_id, moment) ON scored.lead_id = lead.id",
                ended,
                since,
                f"{self.deployment.horizon_days} days",
                list(landmarks),
                [survivors.get(res_id, res_id) for res_id in landmarks],
                list(landmarks.values()),
            )
        )
        return {res_id: tuple(row) for res_id, *row in rows}

    def latest_ends(self) -> tuple[datetime | None, datetime | None]:
        domain = self._domain()
        query = self.documents._search(domain)
        self.documents._ai_flush_ends(self.deployment)
        query.order = None
        ended, status = (
            self.documents._ai_ended_sql(self.documents._table, self.deployment),
            SQL.identifier(self.documents._table, "won_status"),
        )
        ((won, lost),) = self.env.execute_query(
            query.select(
                SQL("MAX(%s) FILTER (WHERE %s = 'won')", ended, status),
                SQL("MAX(%s) FILTER (WHERE %s = 'lost')", ended, status),
            )
        )
        return won, lost

    def usual_amount(self) -> float:
        domain = self._domain()
        won = Domain("won_status", "=", "won") & Domain("expected_revenue", ">", 0)
        query = self.documents._search(domain & won)
        query.order = None
        revenue = SQL.identifier(self.documents._table, "expected_revenue")
        ((amount,),) = self.env.execute_query(
            query.select(SQL("(percentile_cont(0.5) WITHIN GROUP (ORDER BY %s))::float8", revenue))
        )
        return amount or 0.0

    def decided_after(self, now: datetime) -> list[tuple[float | None, float]]:
        domain = self._domain()
        query = self.documents._search(domain)
        self.documents._ai_flush_ends(self.deployment)
        began, ended = (
            self.documents._ai_began_sql(self.documents._table, self.deployment),
            self.documents._ai_ended_sql(self.documents._table, self.deployment),
        )
        query.add_where(SQL("%s <= %s", began, now))
        # one that ended nobody knows when says nothing of how long it takes
        query.add_where(
            SQL("(%s = 'pending' OR %s IS NOT NULL)", SQL.identifier(self.documents._table, "won_status"), ended)
        )
        query.order, query.limit = SQL("%s DESC", SQL.identifier(self.documents._table, "id")), LATE_LEADS
        return self.env.execute_query(
            query.select(
                SQL("(%s)::float8", days_sql(began, ended)),
                SQL("(EXTRACT(EPOCH FROM %s - %s) / 86400.0)::float8", now, began),
            )
        )

    def counts(self, now: datetime, since: datetime | None = None) -> tuple[int, int] | None:
        query, won = self.matured(now, since)
        query.order = None
        [counts] = self.env.execute_query(
            query.select(SQL("COUNT(*) FILTER (WHERE %s)", won), SQL("COUNT(*) FILTER (WHERE NOT %s)", won))
        )
        return counts

    def to_come(self, now: datetime) -> list[tuple[bool, datetime]]:
        domain = self._domain() & Domain("won_status", "in", ("won", "lost"))
        query = self.documents._search(domain)
        self.documents._ai_flush_ends(self.deployment)
        due = SQL(
            "%s + %s::interval",
            self.documents._ai_began_sql(self.documents._table, self.deployment),
            f"{self.deployment.horizon_days} days",
        )
        query.add_where(SQL("%s > %s", due, now))
        query.order = due
        return self.env.execute_query(
            query.select(self.documents._ai_won_in_time_sql(self.documents._table, self.deployment), due)
        )

    def _domain(self) -> Domain:
        deployment = self.deployment
        return deployment._record_domain() & self.documents._ai_base_domain() & deployment._company_domain()
