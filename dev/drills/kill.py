"""Kill the process that scores, at a random moment, again and again; then prove that nothing was lost or doubled.

Each round asks for all leads, lets a real Odoo with two cron threads begin, ends it with SIGKILL somewhere in the work,
and lets a lane finish. Every record must then stand in the log once, and the sum of the day must be nought.
With ``--remote`` a remote model serves, whose answers take 50 ms a call: each round has new leads, and records that
were sent twice are counted.
"""

import contextlib
import random
import time
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.remote.model_server import ModelServer

from lib import lanes, remote_world
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 1
SMALL_LEADS = 6_000
ROUNDS = 20
LEADS = 20_000
REMOTE_LEADS = 4_000
DELAY_S = 0.05
ROWS_PER_CALL = 5
START_S, FINISH_S = 60, 120


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    rounds = options.limit or ROUNDS
    with contextlib.ExitStack() as stack:
        if options.remote:
            server = stack.enter_context(contextlib.closing(ModelServer(delay=DELAY_S)))
            deployment, _endpoints, _versions = remote_world.make_world(env, server, rows_per_call=ROWS_PER_CALL)
            found = _rounds(env, deployment, lambda: make_leads(env, REMOTE_LEADS)[0], rounds, say, _answers)
            return [*found, *_asked_figures(server, rounds * REMOTE_LEADS)]
        count = SMALL_LEADS if options.small else LEADS
        say(f"Making {count:,} leads ...")
        open_ids, _closed = make_leads(env, count, 2000)
        return _rounds(env, make_deployment(env), lambda: open_ids, rounds, say, _chunks)


def _chunks(env, batch, _ids):
    """(pieces that are done, all)"""
    return sum(chunk.state == "done" for chunk in batch.chunk_ids), len(batch.chunk_ids)


def _answers(env, _batch, ids):
    """(records whose answer is stored, all): half of the work of a remote version is behind it then, or less."""
    query = "SELECT COUNT(*) FROM ai_deployment_endpoint_answer WHERE res_id = ANY(%s)"
    return env.execute_query(SQL(query, ids))[0][0], len(ids)


def _rounds(env, deployment, leads, rounds, say, progress):
    """The figures of so many rounds, each about the ids that `leads` returns.

    :param progress: function of (env, batch, ids) to (done, all)
    """
    rng, asked, lost, double, unbalanced, within = random.Random(7), 0, 0, 0, 0, 0
    for number in range(rounds):
        open_ids = leads()
        day = clock.today() + timedelta(days=number)
        with clock.at(f"{day} 10:00:00"):
            batch = env["ai.deployment.batch"]._ask(deployment, open_ids, again=True)
        env.cr.commit()
        within += _killed_in_the_middle(env, batch, rng, lambda batch=batch, ids=open_ids: progress(env, batch, ids))
        _finish(env, batch)
        lines, records = env.execute_query(
            SQL(
                "SELECT COUNT(*), COUNT(DISTINCT res_id) FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND requested_day = %s",
                deployment.id,
                day,
            )
        )[0]
        asked += len(open_ids)
        lost += len(open_ids) - records
        double += lines - records
        row = env["ai.deployment.ledger"].search([("deployment_id", "=", deployment.id), ("day", "=", day)])
        unbalanced += bool(row.difference) or row.requested != len(open_ids)
        say(f"  round {number + 1}: {lines:,} lines for {records:,} records")
    failed = env["ai.deployment.inference"].search_count(
        [("deployment_id", "=", deployment.id), ("failure_type", "!=", False)]
    )
    return [
        Figure("rounds", rounds),
        Figure("killed_in_the_middle", within, "rounds"),
        Figure("records_asked", asked, "records"),
        Figure("lost", lost, "records", "0", lost == 0),
        Figure("double", double, "records", "0", double == 0),
        Figure("failed", failed, "records", "0", failed == 0),
        Figure("days_that_do_not_add_up", unbalanced, "", "0", unbalanced == 0),
    ]


def _asked_figures(server, records):
    """Count the requests to the model, and the repeated ones: at most the answers of the last second before a kill."""
    sent = sum(len(payload["dataframe_split"]["data"]) for _path, _headers, payload in server.calls)
    return [
        Figure("calls", len(server.calls), "calls"),
        Figure("records_sent_twice", sent - records, f"of {records:,}"),
        Figure("share_sent_twice", round(100 * (sent - records) / records, 1), "%"),
    ]


def _killed_in_the_middle(env, batch, rng, progress):
    """Return whether the server was killed in the middle: some of the work done, some not."""

    def begun():
        env["ai.deployment.batch"]._wake_workers()  # a server that has just started has not heard the first call
        env.cr.commit()
        time.sleep(0.3)
        env.cr.rollback()
        env.invalidate_all()
        return progress()[0] >= 1

    with lanes.server(env) as server:
        lanes.wait_until(env, begun, START_S)
        lanes.wait_until(env, lambda: False, rng.uniform(0, 1.0))
        lanes.kill(server)
    env.cr.rollback()
    env.invalidate_all()
    done, every = progress()
    return 0 < done < every or batch.state != "done"


def _finish(env, batch):
    """A lane does what is left; a piece is free once PostgreSQL has noticed that its worker is gone."""

    def work():
        env["ai.deployment.batch.chunk"]._cron_work()
        env.invalidate_all()
        return batch.state == "done"

    lanes.wait_until(env, work, FINISH_S)
