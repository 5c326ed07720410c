"""The course of leads: what happened to each strictly before a moment, as parts of the reader's one statement.

Stage changes come from tracking. Messages of customers are e-mails, or comments of people outside; answers are
comments and e-mails of ours, whichever program sent them, and notes are none. An activity that was done left a message
with its type. A meeting counts once it has begun, if it was in the calendar by then. A lead that was imported with many
others in one moment has no age of its own, unless the owner has named its start date.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from odoo.models import BaseModel
from odoo.tools import SQL

from ..features import course
from ..tools import clock

_CHANGED = (course.WITH_ACTIVITY, course.FROM_CUSTOMER, course.WITH_ANSWER)  # by the columns of `_kinds`
OF_A_MEETING = ("opportunity_id", "start", "active")  # fields that decide whether and when a meeting counts
IMPORTED_TOGETHER = 50  # leads that were created in one moment
_OURS = SQL("message.author_id IN (SELECT partner_id FROM res_users WHERE NOT share)")
_FROM_CUSTOMER = SQL("(message.message_type = 'email' OR message.message_type = 'comment') AND %s IS NOT TRUE", _OURS)


class LeadCourse:
    """How the course of leads is read; parts refer to `asked` (id, at), the records and their moments.

    :param documents: crm.lead with all rights
    """

    def __init__(self, documents: BaseModel) -> None:
        self.documents = documents
        self.env = documents.env

    @property
    def measures(self) -> list[str]:
        """What can be measured here: quotations only where the module that links them is installed."""
        orders = self.env.get("sale.order")
        has_orders = orders is not None and "opportunity_id" in orders._fields
        return [name for name in course.COURSE if name != course.QUOTATIONS or has_orders]

    def parts(self, measures: Collection[str]) -> dict[str, SQL]:
        """Return the parts that `measures` need, by their name: one row per asked lead in each, or none."""
        found = {}
        asked = set(measures)
        if asked & {course.STAGE_DAYS, course.STAGE_MOVES}:
            found["course_stages"] = self._stages()
        if asked & set(course.OF_MESSAGES):
            found["course_messages"] = self._messages()
        if course.MEETINGS in asked:
            self.env["calendar.event"].flush_model(OF_A_MEETING)
            found["course_meetings"] = SQL(
                "SELECT asked.id, COUNT(*) AS meetings FROM asked JOIN calendar_event event"
                " ON event.opportunity_id = asked.id AND event.active AND event.start < asked.at"
                " AND event.create_date < asked.at GROUP BY asked.id"
            )
        if course.QUOTATIONS in asked:
            self.env["sale.order"].flush_model(["opportunity_id"])
            found["course_quotations"] = SQL(
                "SELECT asked.id, COUNT(*) AS quotations FROM asked JOIN sale_order quotation"
                " ON quotation.opportunity_id = asked.id AND quotation.create_date < asked.at GROUP BY asked.id"
            )
        if course.AGE in asked:
            found["course_imports"] = SQL(
                "SELECT asked.id FROM asked JOIN crm_lead lead ON lead.id = asked.id WHERE EXISTS"
                " (SELECT FROM crm_lead twin WHERE twin.create_date = lead.create_date OFFSET %s)",
                IMPORTED_TOGETHER - 1,
            )
        return found

    def value(self, measure: str, table: str, start: str) -> SQL:
        """Return SQL of a measure at the moment, NULL where it is not known.

        :param start: name of the date that says when a lead began, "" for its creation
        """
        at = SQL("asked.at")
        began = self.documents._ai_began_by(table, start)
        match measure:
            case course.AGE:
                days = SQL("EXTRACT(EPOCH FROM %s - %s) / 86400.0", at, began)
                value = SQL("(%s)::float8", days)
            case course.STAGE_DAYS:
                moved = SQL("GREATEST(%s, course_stages.moved, %s)", began, self._own_move(table))
                value = SQL("(EXTRACT(EPOCH FROM %s - %s) / 86400.0)::float8", at, moved)
            case course.ANSWER_HOURS:
                value = SQL("(EXTRACT(EPOCH FROM %s - course_messages.answered) / 3600.0)::float8", at)
            case course.WAITING_DAYS:
                value = SQL("COALESCE(EXTRACT(EPOCH FROM %s - course_messages.waits_since) / 86400.0, 0)::float8", at)
            case course.STAGE_MOVES:
                value = SQL("COALESCE(course_stages.stage_moves, 0)::float8")
            case course.MEETINGS:
                value = SQL("COALESCE(course_meetings.meetings, 0)::float8")
            case course.QUOTATIONS:
                value = SQL("COALESCE(course_quotations.quotations, 0)::float8")
            case _:
                value = SQL("COALESCE(%s, 0)::float8", SQL.identifier("course_messages", measure))
        return SQL("CASE WHEN %s THEN %s END", self.is_known(measure, table, start), value)

    def is_known(self, measure: str, table: str, start: str) -> SQL:
        """Return SQL of whether a measure can be known: never before the lead began, nor of changes nobody tracked."""
        begun = SQL("asked.at >= %s", self.documents._ai_began_by(table, start))
        if measure == course.AGE and not start:
            return SQL("(%s AND course_imports.id IS NULL)", begun)
        if measure in course.OF_STAGE:
            # The record itself holds its last change: one at or after the moment must be tracked, too.
            last = SQL.identifier(table, "date_last_stage_update")
            is_tracked = SQL("course_stages.moves_later")
            known = SQL("%s IS NULL OR %s OR course_stages.is_last_known", last, is_tracked)
            if measure == course.STAGE_DAYS:
                known = SQL("%s OR %s < asked.at", known, last)
            return SQL("(%s AND (%s))", begun, known)
        return begun

    def told_by(self, message_ids: Sequence[int]) -> dict[str, set[int]]:
        """Return the measures that messages change, by what these are: {measure: ids of leads}; one statement."""
        self.env["mail.message"].flush_model(course.OF_A_MESSAGE)
        rows = self.env.execute_query(
            SQL(
                "SELECT message.res_id, %s FROM mail_message message WHERE message.id = ANY(%s) AND message.model = %s",
                self._kinds(),
                list(message_ids),
                self.documents._name,
            )
        )
        found: dict[str, set[int]] = {}
        for lead_id, *kinds in rows:
            for is_one, measures in zip(kinds, _CHANGED, strict=True):
                for measure in measures if is_one else ():
                    found.setdefault(measure, set()).add(lead_id)
        return found

    def meetings(self, event_ids: Sequence[int]) -> set[tuple[int, int, datetime | None]]:
        """Return those of some meetings that count by now or later; one statement.

        Each as (id of the meeting, id of its lead, None where it counts by now, else from when on it does).
        """
        self.env["calendar.event"].flush_model(OF_A_MEETING)
        rows = self.env.execute_query(
            SQL(
                "SELECT event.id, event.opportunity_id, CASE WHEN event.start >= %s THEN event.start END"
                " FROM calendar_event event"
                " WHERE event.id = ANY(%s) AND event.opportunity_id IS NOT NULL AND event.active",
                clock.instant(),
                list(event_ids),
            )
        )
        return set(rows)

    def comes_sql(self, lead: SQL) -> SQL:
        """Return SQL of when the next meeting of a lead begins, which counts from then on; NULL where none is planned.

        :param lead: SQL of the id of the lead
        """
        self.env["calendar.event"].flush_model(OF_A_MEETING)
        return SQL(
            "(SELECT MIN(event.start) FROM calendar_event event WHERE event.opportunity_id = %s AND event.active"
            " AND event.start >= %s)",
            lead,
            clock.instant(),
        )

    def _own_move(self, table: str) -> SQL:
        """Return SQL of the last change of stage that the record holds, where it is before the moment."""
        last = SQL.identifier(table, "date_last_stage_update")
        return SQL("CASE WHEN %s < asked.at THEN %s END", last, last)

    def _stages(self) -> SQL:
        """Tracked changes of the stage. Where none comes later, the last one must be the one that the record holds."""
        self.documents.flush_model(["date_last_stage_update"])
        return SQL(
            "SELECT asked.id, COUNT(value.id) FILTER (WHERE message.date < asked.at) AS stage_moves,"
            " MAX(message.date) FILTER (WHERE message.date < asked.at) AS moved,"
            " COALESCE(BOOL_OR(message.date >= asked.at), FALSE) AS moves_later,"
            " COALESCE(lead.date_last_stage_update <= COALESCE(MAX(message.date), lead.create_date)"
            " + interval '1 minute', FALSE) AS is_last_known"
            " FROM asked JOIN crm_lead lead ON lead.id = asked.id"
            " LEFT JOIN (mail_message message JOIN mail_tracking_value value ON value.mail_message_id = message.id"
            " AND value.field_id = %s) ON message.model = %s AND message.res_id = asked.id"
            " GROUP BY asked.id, asked.at, lead.date_last_stage_update, lead.create_date",
            self.env["ir.model.fields"]._get(self.documents._name, "stage_id").id,
            self.documents._name,
        )

    def _messages(self) -> SQL:
        rows = SQL(
            "SELECT message.res_id AS id, message.date, %s"
            " FROM asked JOIN mail_message message ON message.model = %s AND message.res_id = asked.id"
            " AND message.date < asked.at"
            " WHERE message.message_type IN ('comment', 'email', 'email_outgoing')"
            " OR message.mail_activity_type_id IS NOT NULL",
            self._kinds(),
            self.documents._name,
        )
        # Since when a customer waits is looked for in the dates of a lead: with a window, all messages were sorted.
        return SQL(
            "SELECT told.*, (SELECT MIN(date) FROM unnest(told.written) AS date"
            " WHERE date > COALESCE(told.answered, '-infinity')) AS waits_since"
            " FROM (SELECT id, COUNT(*) FILTER (WHERE is_activity) AS activities,"
            " COUNT(*) FILTER (WHERE is_customers) AS customer_messages, COUNT(*) FILTER (WHERE is_answer) AS answers,"
            " MAX(date) FILTER (WHERE is_answer) AS answered, array_agg(date) FILTER (WHERE is_customers) AS written"
            " FROM (%s) AS messages GROUP BY id) AS told",
            rows,
        )

    def _kinds(self) -> SQL:
        """Return what `message` is, as columns: an activity that was done, one from the customer, an answer of ours."""
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        answer = SQL(
            "message.message_type IN ('comment', 'email', 'email_outgoing') AND %s"
            " AND message.subtype_id IS DISTINCT FROM %s",
            _OURS,
            note or 0,
        )
        return SQL(
            "message.mail_activity_type_id IS NOT NULL AS is_activity, (%s) AS is_customers, (%s) AS is_answer",
            _FROM_CUSTOMER,
            answer,
        )
