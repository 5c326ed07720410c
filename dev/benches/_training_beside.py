"""A lead's form, read over HTTP by one seller, without a training and while trainings run; the two take turns.

A served Odoo with two workers answers; another process does what the worker cron does, with its child process. It
begins a new training as soon as one has ended, so that there is one throughout each of its turns.
"""

import tempfile
import time

import psycopg2
from benches._load_world import prepare
from benches.load import _Browser, _wait_for

from lib import lanes
from lib import training_workers as workers
from lib.figures import Figure
from lib.sample_leads import make_leads

MOST = 1.3  # times the 95th percentile without
TURNS, SMALL_TURNS = 12, 2
TURN_S, SMALL_TURN_S = 20, 4
PAUSE_S = 0.1  # between two reads
CLOSED, SMALL_CLOSED = 20_000, 1_000
START_S = 120


def run(env, options, say):
    """Return the figures of reads beside a training."""
    env = env(user=env.ref("base.user_admin"))
    turns, seconds = (SMALL_TURNS, SMALL_TURN_S) if options.small else (TURNS, TURN_S)
    say("Making leads ...")
    prepare(env, 1, 0)
    make_leads(env, 10, SMALL_CLOSED if options.small else CLOSED)
    deployment = workers.make_deployment(env, 0)
    workers.prepare(env)
    taken, asked = {False: [], True: []}, 0
    with tempfile.TemporaryDirectory() as folder, workers.Worker(env, "trainer"):
        arguments = (f"--database={env.cr.dbname}", "--workers=2", "--max-cron-threads=0")
        with lanes.node(env, "beside", folder, *arguments) as server:
            base = f"http://127.0.0.1:{server.port}"
            _wait_for(server, base)
            browser = _Browser(base, env.cr.dbname, "seller0", "crm.lead")
            for turn in range(turns + 1):  # the first one fills the caches
                for trains in (False, True) if turn % 2 else (True, False):
                    asked += _turn(env, deployment, browser, trains, seconds, taken if turn else {}, asked)
                say(f"  turn {turn} of {turns}: {sum(map(len, taken.values())):,} reads")
    late = {trains: sorted(times)[int(0.95 * len(times))] for trains, times in taken.items()}
    middle = {trains: sorted(times)[len(times) // 2] for trains, times in taken.items()}
    ratio, whole = late[True] / late[False], options.limit is None
    return [
        Figure("reads", sum(map(len, taken.values())), "reads"),
        Figure("trainings_begun", asked, "trainings"),
        Figure("read_without_p50", round(middle[False], 1), "ms"),
        Figure("read_beside_p50", round(middle[True], 1), "ms"),
        Figure("read_without_p95", round(late[False], 1), "ms"),
        Figure("read_beside_p95", round(late[True], 1), "ms"),
        Figure(
            "read_p95_ratio",
            round(ratio, 2),
            "times",
            f"≤ {MOST}" if whole else None,
            bool(ratio <= MOST) if whole else None,
        ),
    ]


def _turn(env, deployment, browser, trains, seconds, taken, asked):
    """Read forms for some seconds; return how many trainings were asked for meanwhile."""
    trainings, began = env["ai.deployment.training"], 0
    mine = [("deployment_id", "=", deployment.id), ("state", "in", ("waiting", "running"))]
    until, times, reads = time.monotonic() + seconds, taken.setdefault(trains, []), 0
    while time.monotonic() < until:
        env.cr.rollback()
        env.invalidate_all()
        if trains and not trainings.search_count(mine):
            began += 1
            deployment.positive_weight = 1 + (asked + began) / 1000  # other parameters: not the same training again
            trainings._ask(deployment)
            workers.let(env, "trainer")
            lanes.wait_until(env, lambda: trainings.search_count([*mine, ("state", "=", "running")]), START_S)
            if not reads:  # the wait for the first one may have taken the whole turn
                until = max(until, time.monotonic() + seconds / 4)
        started = time.perf_counter()
        browser.open(browser.ids[len(times) % len(browser.ids)])
        times.append(1000 * (time.perf_counter() - started))
        reads += 1
        time.sleep(PAUSE_S)
    if trains:
        lanes.wait_until(env, lambda: _cancelled(env, trainings.search(mine)), START_S)
    return began


def _cancelled(env, trainings):
    """Cancel what is open; False where the worker has written the same row in between."""
    try:
        trainings.action_cancel()
        env.cr.commit()
    except psycopg2.OperationalError:
        return False
    return True
