"""Kill the process that scores, at a random moment, again and again; then prove that nothing was lost or doubled.

Each round asks for all leads, lets a real Odoo with two cron threads begin, ends it with SIGKILL somewhere in the work,
and lets a lane finish. Every record must then stand in the log once, and the sum of the day must be nought.
"""

import random
import time
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 1
SMALL_LEADS = 6_000
ROUNDS = 20
LEADS = 20_000
START_S, FINISH_S = 60, 120


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    rounds = options.limit or ROUNDS
    count = SMALL_LEADS if options.small else LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    rng, lost, double, unbalanced, within = random.Random(7), 0, 0, 0, 0
    for number in range(rounds):
        day = clock.today() + timedelta(days=number)
        with clock.at(f"{day} 10:00:00"):
            batch = env["ai.deployment.batch"]._ask(deployment, open_ids, again=True)
        env.cr.commit()
        within += _killed_in_the_middle(env, batch, rng)
        _finish(env, batch)
        lines, records = env.execute_query(
            SQL(
                "SELECT COUNT(*), COUNT(DISTINCT res_id) FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND requested_day = %s",
                deployment.id,
                day,
            )
        )[0]
        lost += len(open_ids) - records
        double += lines - records
        row = env["ai.deployment.ledger"].search([("deployment_id", "=", deployment.id), ("day", "=", day)])
        unbalanced += bool(row.difference) or row.requested != len(open_ids)
        say(f"  round {number + 1}: {lines:,} lines for {records:,} records")
    return [
        Figure("rounds", rounds),
        Figure("killed_in_the_middle", within, "rounds"),
        Figure("records_asked", rounds * len(open_ids), "records"),
        Figure("lost", lost, "records", "0", lost == 0),
        Figure("double", double, "records", "0", double == 0),
        Figure("days_that_do_not_add_up", unbalanced, "", "0", unbalanced == 0),
    ]


def _killed_in_the_middle(env, batch, rng):
    """Whether some pieces were done and some were not when the server was killed."""

    def done():
        return sum(chunk.state == "done" for chunk in batch.chunk_ids)

    def begun():
        env["ai.deployment.batch"]._wake_workers()  # a server that has just started has not heard the first call
        env.cr.commit()
        time.sleep(0.3)
        env.cr.rollback()
        env.invalidate_all()
        return done() >= 1

    with lanes.server(env) as server:
        lanes.wait_until(env, begun, START_S)
        lanes.wait_until(env, lambda: False, rng.uniform(0, 1.0))
        lanes.kill(server)
    env.cr.rollback()
    env.invalidate_all()
    return 0 < done() < len(batch.chunk_ids)


def _finish(env, batch):
    """A lane does what is left; a piece is free once PostgreSQL has noticed that its worker is gone."""

    def work():
        env["ai.deployment.batch.chunk"]._cron_work()
        env.invalidate_all()
        return batch.state == "done"

    lanes.wait_until(env, work, FINISH_S)
