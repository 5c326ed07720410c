"""Two whole Odoo servers on the same database work on one batch; each does a part, and nothing is done twice."""

import tempfile

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.scoring import ai_deployment_batch

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 4_000
SMALL_CHUNK = 200  # enough pieces for both
LEADS = 40_000
START_S, FINISH_S = 60, 240
NODES = ("node-a", "node-b")


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    lanes.note_who_works(env)
    if options.small:
        ai_deployment_batch.CHUNK = SMALL_CHUNK
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        with (
            lanes.node(env, NODES[0], one, "--workers=0", "--max-cron-threads=2"),
            lanes.node(env, NODES[1], two, "--workers=0", "--max-cron-threads=2"),
        ):
            lanes.wait_until(env, lambda: _up(env) == set(NODES), START_S)
            batch = env["ai.deployment.batch"]._ask(deployment, open_ids)
            env.cr.commit()
            done = lanes.wait_until(env, lambda: batch.state == "done", FINISH_S)
    worked = lanes.who_worked(env, batch)
    say(f"  pieces: {worked}")
    lines, records = env.execute_query(
        SQL(
            "SELECT COUNT(*), COUNT(DISTINCT res_id) FROM ai_deployment_inference WHERE deployment_id = %s",
            deployment.id,
        )
    )[0]
    row = env["ai.deployment.ledger"].search([("deployment_id", "=", deployment.id)])
    balanced = not any(row.mapped("difference")) and sum(row.mapped("requested")) == count
    pieces = len(batch.chunk_ids)
    return [
        Figure("leads", count, "leads"),
        Figure("batch_done", int(done), "", "1", done),
        *(
            Figure(f"{name}_pieces".replace("-", "_"), worked.get(name, 0), "pieces", "> 0", worked.get(name, 0) > 0)
            for name in NODES
        ),
        Figure("pieces_done", sum(worked.values()), "pieces", str(pieces), sum(worked.values()) == pieces),
        Figure("lost", count - records, "records", "0", records == count),
        Figure("double", lines - records, "records", "0", lines == records),
        Figure("sum_adds_up", int(balanced), "", "1", balanced),
    ]


def _up(env):
    env.cr.execute("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()")
    return {row[0] for row in env.cr.fetchall()} & set(NODES)
