"""What one inference takes on disk, with twelve inputs and all indexes; and current scores, over ten nights in a row.

A night that changes every score writes each anew. The old rows are cleaned up by whoever reads their page next, unless
a transaction that began before is still open, in any database of the server: `held_by_others` counts these.
"""

from odoo.tools import SQL

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 500
LEADS = 50_000
NIGHTS = 10
ROWS = 20_000  # scores that each night changes, at most
TABLES = ("ai_deployment_inference", "ai_deployment_score", "ai_deployment_profile")


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making and scoring {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    deployment._score(env["crm.lead"].browse(open_ids))
    env.flush_all()
    env.cr.commit()
    sizes = {
        table: env.execute_query(SQL("SELECT pg_total_relation_size(%s::regclass)", table))[0][0] for table in TABLES
    }
    line = sizes["ai_deployment_inference"] / count
    return [
        Figure("inferences", count, ""),
        Figure("bytes_per_inference", round(line), "bytes", "≤ 400", line <= 400),
        Figure("bytes_per_current_score", round(sizes["ai_deployment_score"] / count), "bytes"),
        Figure("bytes_of_profiles", sizes["ai_deployment_profile"], "bytes"),
        *_nights(env, open_ids[:ROWS]),
    ]


def _nights(env, ids):
    """How the table of current scores grows in nights that follow at once, and how many rows stay on their page."""
    before, updated, hot, held = _size(env), 0, 0, 0
    for night in range(NIGHTS):
        earlier = _updates(env)
        env.cr.execute(
            "UPDATE ai_deployment_score SET predicted_value = (predicted_value + %s) / 2,"
            " date = date + interval '1 day' WHERE res_id = ANY(%s)",
            [night / NIGHTS, ids],
        )
        later = _updates(env)
        updated, hot = updated + later[0] - earlier[0], hot + later[1] - earlier[1]
        env.cr.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
            " AND xact_start < now()"
        )
        held = max(held, env.cr.fetchone()[0])
        env.cr.commit()
    share, growth = hot / max(updated, 1), _size(env) / before
    return [
        Figure("scores_on_their_page", round(share, 3), "", "≥ 0.99", share >= 0.99),
        Figure("scores_after_ten_nights", round(growth, 2), "times", "≤ 1.1", growth <= 1.1),
        Figure("held_by_others", held, "transactions"),
    ]


def _size(env):
    return env.execute_query(SQL("SELECT pg_relation_size('ai_deployment_score'::regclass)"))[0][0]


def _updates(env):
    """(rows updated in this transaction, those of them on their page)"""
    return env.execute_query(
        SQL(
            "SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid) FROM pg_class"
            " WHERE oid = 'ai_deployment_score'::regclass"
        )
    )[0]
