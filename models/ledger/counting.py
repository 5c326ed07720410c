"""Counts per day that the database keeps by itself, and the full count from the log that they are checked against.

Triggers add a row to `ai_deployment_day_count` for each statement that writes or takes away lines, whoever runs it:
code of this addon, another addon, or a person in `psql`. So a line that is deleted from outside is missing in the
counts at once, and no screen has to read the log. `SOURCES` is the one definition of what is counted, for the triggers
and for `recounted`. A line that went to a person counts by where its review stands (`STATE`), which is kept per line in
`ai_deployment_line_state` and renewed whenever a review changes.
"""

from typing import Any, NamedTuple

from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

KEPT = "ai_deployment_day_count"
COUNTS = ("requested", "automatic", "in_review", "reviewed", "expired", "unchanged", "cancelled")
FUNCTION = "ai_deployment_"  # how the names of our functions and triggers begin


class Source(NamedTuple):
    """Source of counts of one table: {column of the counts: SQL of an aggregate}."""

    table: str
    day: str
    counts: dict
    where: SQL = SQL("TRUE")


SOURCES = {
    "requested": Source("ai_deployment_requested", "day", {"requested": SQL("SUM(count)")}),
    "settled": Source(
        "ai_deployment_request_closed", "day", {"unchanged": SQL("SUM(unchanged)"), "cancelled": SQL("SUM(cancelled)")}
    ),
    "automatic": Source(
        "ai_deployment_inference",
        "requested_day",
        {"automatic": SQL("COUNT(*)")},
        SQL("requested_day IS NOT NULL AND route = 'automatic'"),
    ),
    "reviews": Source(
        "ai_deployment_line_state",
        "day",
        {
            name: SQL("COUNT(*) FILTER (WHERE state = %s)", state)
            for name, state in (("in_review", "open"), ("reviewed", "decided"), ("expired", "expired"))
        },
    ),
}
TO_A_PERSON = SQL("line.requested_day IS NOT NULL AND line.route = 'review'")
_UNKNOWN = SQL("NOT EXISTS (SELECT FROM ai_deployment_line_state kept WHERE kept.inference_id = line.id)")
# A record that waits for a decision already gets no second review: it shares the fate of the first. Of a line and a
# review the numbers tell which was first where the clock was wrong and the dates do not.
_SHARED = SQL(
    "(other.opened_date <= line.date OR other.inference_id <= line.id)"
    " AND (other.state = 'open' OR other.closed_line >= line.id"
    " OR COALESCE(other.decided_date, other.expired_date, other.write_date) >= line.date)"
    " ORDER BY other.id DESC LIMIT 1"
)
# Where the review of a line stands; after its record was merged away, that review is about the survivor.
STATE = SQL(
    "COALESCE((SELECT MAX(review.state) FROM ai_deployment_review review WHERE review.inference_id = line.id"
    " AND NOT EXISTS (SELECT FROM ai_deployment_review later WHERE later.previous_id = review.id)),"
    " (SELECT other.state FROM ai_deployment_review other"
    " WHERE other.deployment_id = line.deployment_id AND other.res_id = line.res_id AND %s),"
    " (SELECT other.state FROM ai_deployment_inference asked"
    " JOIN ai_deployment_review other ON other.inference_id = asked.id"
    " WHERE asked.deployment_id = line.deployment_id AND asked.res_id = line.res_id"
    " AND other.res_id <> line.res_id AND %s))",
    _SHARED,
    _SHARED,
)
# What of a review says where lines stand.
_TELLING = (
    "state",
    "res_id",
    "previous_id",
    "inference_id",
    "opened_date",
    "decided_date",
    "expired_date",
    "closed_line",
)

EVENTS = {
    "INSERT": SQL("REFERENCING NEW TABLE AS new_rows"),
    "UPDATE": SQL("REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "DELETE": SQL("REFERENCING OLD TABLE AS old_rows"),
    "TRUNCATE": SQL(),
}


def keep(cr: BaseCursor) -> None:
    """Create the functions and triggers, and count what is there already where nothing was counted before.

    A trigger that exists stays as it is: to make it anew would wait for every transaction that writes lines.
    """
    for name, source in SOURCES.items():
        _make_function(cr, name, _counting_body(source))
        _make_triggers(cr, name, source.table)
    _make_state_function(cr)
    _make_function(cr, "line_states", _line_states_body())
    _make_triggers(cr, "line_states", "ai_deployment_inference")
    _make_function(cr, "review_states", _review_states_body())
    _make_triggers(cr, "review_states", "ai_deployment_review")
    cr.execute(SQL("SELECT EXISTS (SELECT FROM %s)", SQL.identifier(KEPT)))
    [[is_kept]] = cr.fetchall()
    if is_kept:
        return
    cr.execute(SQL("DELETE FROM ai_deployment_line_state"))
    cr.execute(SQL("DELETE FROM %s", SQL.identifier(KEPT)))
    for name, source in SOURCES.items():
        if name != "reviews":  # counted by their own trigger, when their states are found
            cr.execute(_count_rows(source, SQL.identifier(source.table)))
    cr.execute(
        SQL(
            "SELECT ai_deployment_set_line_states(ARRAY(SELECT id FROM ai_deployment_inference line WHERE %s))",
            TO_A_PERSON,
        )
    )


def forget(cr: BaseCursor) -> None:
    """Drop the functions; the triggers go with their tables."""
    cr.execute(
        SQL(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = ANY(%s)",
            [
                *(f"{FUNCTION}count_{name}" for name in (*SOURCES, "line_states", "review_states")),
                f"{FUNCTION}set_line_states",
            ],
        )
    )
    for (function,) in cr.fetchall():
        cr.execute(SQL("DROP FUNCTION %s CASCADE", SQL(function)))


def recounted(deployment: BaseModel, days: Any) -> SQL:
    """SQL of (day, one column for each of `COUNTS`) from the log and the tables beside it, for `days` of a deployment.

    The log is read once. Where lines stand is worked out anew, not read from `ai_deployment_line_state`.
    """
    # As the states of reviews are named, so that one definition counts them here and in the triggers.
    lines = SQL(
        "(SELECT deployment_id, requested_day, requested_day AS day, route, CASE WHEN %s THEN %s END AS state"
        " FROM ai_deployment_inference line WHERE deployment_id = %s AND requested_day = ANY(%s) OFFSET 0) AS line",
        TO_A_PERSON,
        STATE,
        deployment.id,
        days,
    )
    log = Source("", "day", {})
    for name in ("automatic", "reviews"):
        source = SOURCES[name]
        log.counts.update(
            (count, SQL("%s FILTER (WHERE %s)", aggregate, source.where) if name == "automatic" else aggregate)
            for count, aggregate in source.counts.items()
        )
    parts = []
    for source, rows in (
        (SOURCES["requested"], SQL.identifier(SOURCES["requested"].table)),
        (SOURCES["settled"], SQL.identifier(SOURCES["settled"].table)),
        (log, lines),
    ):
        counts = (SQL("%s AS %s", source.counts.get(count, SQL("0")), SQL.identifier(count)) for count in COUNTS)
        parts.append(
            SQL(
                "SELECT day, %s FROM %s WHERE deployment_id = %s AND day = ANY(%s) GROUP BY day",
                SQL(", ").join(counts),
                rows,
                deployment.id,
                days,
            )
        )
    return SQL("SELECT day, %s FROM (%s) AS part GROUP BY day", summed(), SQL(" UNION ALL ").join(parts))


def kept(deployment: BaseModel, days: Any) -> SQL:
    """SQL of the same from the counts that are kept."""
    return SQL(
        "SELECT day, %s FROM %s WHERE deployment_id = %s AND day = ANY(%s) GROUP BY day",
        summed(),
        SQL.identifier(KEPT),
        deployment.id,
        days,
    )


def most_off(kept: Any, counted: Any) -> int:
    """Return by how many records two lists of `COUNTS` differ; lines that a person looks at count as one, however
    their reviews stand.
    """
    differences = dict(zip(COUNTS, (true - said for said, true in zip(kept, counted, strict=True)), strict=True))
    to_a_person = sum(differences.pop(name) for name in ("in_review", "reviewed", "expired"))
    return max(map(abs, (*differences.values(), to_a_person)))


def summed() -> SQL:
    return SQL(", ").join(
        SQL("COALESCE(SUM(%s), 0)::int4 AS %s", SQL.identifier(count), SQL.identifier(count)) for count in COUNTS
    )


# The functions


def _count_rows(source: Any, rows: Any, sign: str = "") -> SQL:
    """INSERT of the counts of `rows` (SQL of a table), with `sign`; nothing where there are none."""
    return SQL(
        "INSERT INTO %s (deployment_id, day, %s) SELECT deployment_id, %s, %s FROM %s WHERE %s GROUP BY 1, 2",
        SQL.identifier(KEPT),
        SQL(", ").join(map(SQL.identifier, source.counts)),
        SQL.identifier(source.day),
        SQL(", ").join(SQL("-%s" if sign else "%s", aggregate) for aggregate in source.counts.values()),
        rows,
        source.where,
    )


def _counting_body(source: Any) -> SQL:
    counts = SQL(", ").join(map(SQL.identifier, source.counts))
    return SQL(
        "IF TG_OP IN ('INSERT', 'UPDATE') THEN %s; END IF;"
        " IF TG_OP IN ('UPDATE', 'DELETE') THEN %s; END IF;"
        " IF TG_OP = 'TRUNCATE' THEN INSERT INTO %s (deployment_id, day, %s)"
        " SELECT deployment_id, day, %s FROM %s GROUP BY 1, 2; END IF;",
        _count_rows(source, SQL("new_rows")),
        _count_rows(source, SQL("old_rows"), "-"),
        SQL.identifier(KEPT),
        counts,
        SQL(", ").join(SQL("-SUM(%s)", SQL.identifier(count)) for count in source.counts),
        SQL.identifier(KEPT),
    )


def _make_state_function(cr: BaseCursor) -> None:
    """Work out where the lines `ids` stand, and keep it where that changed; no other row is locked."""
    cr.execute(
        SQL(
            "CREATE OR REPLACE FUNCTION ai_deployment_set_line_states(ids int4[]) RETURNS void LANGUAGE sql AS $$"
            " INSERT INTO ai_deployment_line_state AS kept (inference_id, deployment_id, day, state)"
            " SELECT found.* FROM (SELECT line.id, line.deployment_id, line.requested_day, %s AS state"
            " FROM ai_deployment_inference line WHERE line.id = ANY(ids) AND %s OFFSET 0) AS found"
            " WHERE found.state IS DISTINCT FROM (SELECT before.state FROM ai_deployment_line_state before"
            " WHERE before.inference_id = found.id)"
            " ON CONFLICT (inference_id) DO UPDATE SET state = EXCLUDED.state $$",
            STATE,
            TO_A_PERSON,
        )
    )


def _line_states_body() -> SQL:
    """Lines came or went.

    A line that came together with its first review stands where that does: most do, while somebody waits for the
    record to be saved, and Odoo forgets all plans with each request, so that the long statement would be planned anew.
    """
    return SQL(
        "IF TG_OP IN ('UPDATE', 'DELETE') THEN"
        " DELETE FROM ai_deployment_line_state kept USING old_rows WHERE kept.inference_id = old_rows.id; END IF;"
        " IF TG_OP = 'TRUNCATE' THEN DELETE FROM ai_deployment_line_state; END IF;"
        " IF TG_OP IN ('INSERT', 'UPDATE') THEN IF EXISTS (SELECT FROM new_rows line WHERE %s) THEN"
        " IF TG_OP = 'INSERT' THEN"
        " INSERT INTO ai_deployment_line_state (inference_id, deployment_id, day, state)"
        " SELECT line.id, line.deployment_id, line.requested_day, 'open' FROM new_rows line WHERE %s"
        " AND EXISTS (SELECT FROM ai_deployment_review review WHERE review.inference_id = line.id"
        " AND review.state = 'open' AND review.previous_id IS NULL); END IF;"
        " IF EXISTS (SELECT FROM new_rows line WHERE %s AND %s) THEN"
        " PERFORM ai_deployment_set_line_states(ARRAY(SELECT id FROM new_rows line WHERE %s AND %s));"
        " END IF; END IF; END IF;",
        TO_A_PERSON,
        TO_A_PERSON,
        TO_A_PERSON,
        _UNKNOWN,
        TO_A_PERSON,
        _UNKNOWN,
    )


def _review_states_body() -> SQL:
    """Reviews came, went or moved: the lines of their records, before and after, stand elsewhere.

    A first question that has just been asked is known already: its line came with the same statement. What joins is
    looked up row by row on purpose: a plan is kept for the session, whether it was made for one row or for thousands.
    """
    telling = SQL(", ").join(map(SQL.identifier, ("id", "deployment_id", *_TELLING)))
    news = SQL(
        "new_rows WHERE previous_id IS NOT NULL OR state IS DISTINCT FROM"
        " (SELECT kept.state FROM ai_deployment_line_state kept"
        " WHERE kept.inference_id = new_rows.inference_id)"
    )
    return SQL(
        "IF TG_OP = 'INSERT' THEN IF EXISTS (SELECT FROM %s) THEN %s; END IF; END IF;"
        " IF TG_OP = 'UPDATE' THEN %s; END IF;"
        " IF TG_OP = 'DELETE' THEN %s; END IF;"
        " IF TG_OP = 'TRUNCATE' THEN UPDATE ai_deployment_line_state SET state = NULL; END IF;",
        news,
        _renew_lines_of(news),
        _renew_lines_of(
            SQL(
                "(SELECT %s FROM old_rows UNION ALL SELECT %s FROM new_rows) AS both_rows GROUP BY %s"
                " HAVING COUNT(*) = 1",
                telling,
                telling,
                telling,
            )
        ),
        _renew_lines_of(SQL("old_rows")),
    )


def _renew_lines_of(reviews: BaseModel) -> SQL:
    """Work out anew where the lines stand whose record is one of `reviews` (SQL of rows), or was before a merge."""
    return SQL(
        "PERFORM ai_deployment_set_line_states(lines) FROM (SELECT array_agg(DISTINCT line.id) AS lines FROM"
        " (SELECT deployment_id, res_id, inference_id FROM %s) AS touched"
        " CROSS JOIN LATERAL (SELECT touched.deployment_id, touched.res_id UNION"
        " SELECT own.deployment_id, own.res_id FROM ai_deployment_inference own WHERE own.id = touched.inference_id"
        " OFFSET 0) AS record"
        " CROSS JOIN LATERAL (SELECT line.id FROM ai_deployment_inference line"
        " WHERE line.deployment_id = record.deployment_id AND line.res_id = record.res_id AND %s OFFSET 0) AS line"
        ") AS found WHERE lines IS NOT NULL",
        reviews,
        TO_A_PERSON,
    )


def _make_function(cr: BaseCursor, name: str, body: Any) -> None:
    cr.execute(
        SQL(
            "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s RETURN NULL; END $$",
            SQL.identifier(f"{FUNCTION}count_{name}"),
            body,
        )
    )


def _make_triggers(cr: BaseCursor, name: str, table: str) -> None:
    cr.execute(SQL("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", table))
    there = {trigger for (trigger,) in cr.fetchall()}
    for event, rows in EVENTS.items():
        trigger = f"{FUNCTION}{name}_{event.lower()}"
        if trigger not in there:
            cr.execute(
                SQL(
                    "CREATE TRIGGER %s AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
                    SQL.identifier(trigger),
                    SQL(event),
                    SQL.identifier(table),
                    rows,
                    SQL.identifier(f"{FUNCTION}count_{name}"),
                )
            )
