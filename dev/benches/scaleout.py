"""Two workers on one batch, against one."""

import time

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 4_000
LEADS = 60_000
WARM, WAIT_S = 2_001, 600


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    deployment._score(env["crm.lead"].browse(open_ids))
    env.cr.commit()
    rates = {}
    for workers in (1, 2) if options.small else (1, 2, 1, 2):
        with lanes.lanes(env, workers):
            _seconds(env, deployment, open_ids[: WARM * workers])  # until they are up
            seconds = _seconds(env, deployment, open_ids)
        say(f"  {workers} of them: {count / seconds:,.0f} leads/s")
        rates.setdefault(workers, []).append(count / seconds)
    one, two = max(rates[1]), max(rates[2])
    return [
        Figure("leads", count, "leads"),
        Figure("one_worker", round(one), "leads/s"),
        Figure("two_workers", round(two), "leads/s"),
        Figure("two_to_one", round(two / one, 2), "times", "≥ 1.7", two / one >= 1.7),
    ]


def _seconds(env, deployment, ids):
    batch = env["ai.deployment.batch"]._ask(deployment, ids, again=True)
    env.cr.commit()
    started = time.perf_counter()
    lanes.wait_until(env, lambda: all(chunk.state == "done" for chunk in batch.chunk_ids), WAIT_S)
    return time.perf_counter() - started
