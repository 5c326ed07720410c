"""A log as large as wanted: copies, in SQL, of lines that were really scored, with their counts, reviews and sums."""

import json
from datetime import datetime, time, timedelta

import numpy as np

from odoo.tools import SQL

from odoo.addons.ai_deployment.ml.profile import Profile

INTAKE = 10  # one line in so many is the first score of its record


def fill(env, deployment, lead_ids, rows, first, days):
    """Replace the log of `deployment` by `rows` lines, spread over `days` days from `first` on.

    Each of the leads came in on the day of its first line and was closed the day after, one in three won. The lines
    copied are those that are there at the first call.
    """
    _keep_sources(env)
    leads = lead_ids[: rows // INTAKE]
    for table in ("review", "inference", "requested", "request_closed", "profile", "score"):
        env.cr.execute(
            SQL("DELETE FROM %s WHERE deployment_id = %s", SQL.identifier(f"ai_deployment_{table}"), deployment.id)
        )
    start = datetime.combine(first, time.min)
    _fill_lines(env, leads, rows, start, timedelta(days=days))
    _fill_reviews(env, deployment)
    _fill_leads(env, deployment)
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_requested (deployment_id, day, count) SELECT deployment_id, "
            "requested_day, COUNT(*) FROM ai_deployment_inference WHERE deployment_id = %s GROUP BY 1, 2",
            deployment.id,
        )
    )
    _fill_profiles(env, deployment)
    env["ai.deployment.day.count"]._gc_sum_deltas()
    for table in ("inference", "review", "requested", "profile", "day_count", "line_state"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(f"ai_deployment_{table}")))
    env.cr.execute("ANALYZE crm_lead")
    # As PostgreSQL does by itself where pages fill up one after another, and not all within a statement.
    for index in ("date_idx", "requested_day_idx"):
        env.cr.execute("SELECT brin_summarize_new_values(%s::regclass)", [f"ai_deployment_inference_{index}"])
    env.invalidate_all(flush=False)
    env.cr.commit()


def fill_scores(env, deployment):
    """The current score of each lead of the log: that of its latest line."""
    taken = SQL(
        "deployment_id, company_id, res_model, res_id, version_id, predicted_value, prediction, confidence, codes, date"
    )
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_score (%s, state) SELECT DISTINCT ON (res_id) %s, 'scored'"
            " FROM ai_deployment_inference WHERE deployment_id = %s ORDER BY res_id, id DESC",
            taken,
            taken,
            deployment.id,
        )
    )
    env.cr.execute("ANALYZE ai_deployment_score")
    env.invalidate_all(flush=False)
    env.cr.commit()


def _columns(env, table, *without):
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
    )
    return [SQL.identifier(name) for (name,) in env.cr.fetchall() if name not in without]


def _keep_sources(env):
    env.cr.execute("SELECT to_regclass('pg_temp.source_line')")
    if not env.cr.fetchone()[0]:
        env.cr.execute(
            "CREATE TEMPORARY TABLE source_line AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, line.*"
            " FROM ai_deployment_inference line WHERE route <> 'retry'"
        )
        env.cr.execute("CREATE TEMPORARY TABLE source_review AS SELECT * FROM ai_deployment_review LIMIT 1")
        env.cr.execute("CREATE TEMPORARY TABLE source_counts AS SELECT * FROM ai_deployment_profile LIMIT 1")


def _fill_lines(env, leads, rows, start, span):
    names = SQL(", ").join(
        _columns(env, "ai_deployment_inference", "id", "res_id", "date", "requested_day", "is_first_inference")
    )
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_inference (res_id, date, requested_day, is_first_inference, %(names)s)"
            " SELECT (%(leads)s::int[])[CASE WHEN n %% %(intake)s = 0 THEN n / %(intake)s + 1"
            " ELSE n * 7919::bigint %% %(count)s + 1 END], moment, moment::date, n %% %(intake)s = 0, %(names)s"
            " FROM generate_series(0, %(rows)s - 1) AS n"
            " CROSS JOIN LATERAL (SELECT date_trunc('second', %(start)s::timestamp + n * %(span)s::interval / %(rows)s)"
            " AS moment) AS at JOIN source_line ON place = n %% (SELECT COUNT(*) FROM source_line) ORDER BY n",
            names=names,
            leads=leads,
            count=len(leads),
            intake=INTAKE,
            rows=rows,
            start=start,
            span=span,
        )
    )


def _fill_reviews(env, deployment):
    own = ("res_id", "inference_id", "opened_date", "state", "decided_date")
    names = SQL(", ").join(_columns(env, "ai_deployment_review", "id", *own))
    copied = SQL(", ").join(SQL("source_review.%s", name) for name in _columns(env, "ai_deployment_review", "id", *own))
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_review (res_id, inference_id, opened_date, state, decided_date, %s)"
            " SELECT line.res_id, line.id, line.date, 'decided', line.date, %s"
            " FROM ai_deployment_inference line, source_review"
            " WHERE line.deployment_id = %s AND line.route = 'review' ORDER BY line.id",
            names,
            copied,
            deployment.id,
        )
    )


def _fill_leads(env, deployment):
    env.cr.execute(
        SQL(
            "UPDATE crm_lead SET create_date = line.date - interval '1 hour',"
            " date_closed = line.date + interval '1 day',"
            " won_status = CASE WHEN line.res_id %% 3 = 0 THEN 'won' ELSE 'lost' END"
            " FROM ai_deployment_inference line"
            " WHERE line.res_id = crm_lead.id AND line.is_first_inference AND line.deployment_id = %s",
            deployment.id,
        )
    )


def _fill_profiles(env, deployment):
    """The counts of the scored lines, multiplied to the intake of each day."""
    ((version_id, counts),) = env.execute_query(SQL("SELECT version_id, counts FROM source_counts"))
    profile = Profile.from_dict(json.loads(counts) if isinstance(counts, str) else counts)
    days = env.execute_query(
        SQL(
            "SELECT requested_day, COUNT(*) FROM ai_deployment_inference WHERE deployment_id = %s AND "
            "is_first_inference GROUP BY 1",
            deployment.id,
        )
    )
    for day, rows in days:
        share = rows / profile.rows
        # Rounded as running totals, so that every input counts all rows.
        scaled = {
            name: np.diff(np.round(np.cumsum(values) * share), prepend=0) for name, values in profile.counts.items()
        }
        env.cr.execute(
            SQL(
                "INSERT INTO ai_deployment_profile (deployment_id, version_id, day, row_count, counts)"
                " VALUES (%s, %s, %s, %s, %s)",
                deployment.id,
                version_id,
                day,
                rows,
                json.dumps(Profile(rows, scaled).to_dict()),
            )
        )
