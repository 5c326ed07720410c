"""Scoring many leads, against Odoo's own lead scoring on the same leads in the same run.

Ours reads, scores, explains, logs with Odoo's own opinion, counts, keeps the current score and opens a review for one
lead in twenty; Odoo's writes a probability. Then five times as many go through a batch, in one lane for growth and
memory, and in two lanes: Odoo runs two scheduled actions at a time unless told otherwise, and its own scoring cannot
use the second.
"""

import gc
import time
from datetime import timedelta
from pathlib import Path

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 1_000
ROUNDS = 3
MORE = 5
MOST_MB = 150
WARM, WAIT_S = 2001, 300


def run(env, options, say):
    count = options.limit or 20_000
    env = env(user=env.ref("base.user_admin"))
    say(f"Making {count} open leads and {count // 4} closed ones ...")
    open_ids, _closed_ids = make_leads(env, count, count // 4)
    say("Training ...")
    deployment = make_deployment(env)
    ours, theirs, latest = [], [], clock.now()
    for number in range(ROUNDS):
        say(f"Round {number + 1} of {ROUNDS} ...")
        latest += timedelta(minutes=1)
        ours.append(
            _timed(env, lambda now=latest: deployment._score(env["crm.lead"].browse(open_ids), now, again=True))
        )
        theirs.append(_timed(env, lambda: _odoo(env)))
    best = sorted(a / b for a, b in zip(theirs, ours, strict=True))
    size = _bytes_per_inference(env)
    return [
        Figure("leads", len(open_ids), "leads"),
        Figure("ours", round(len(open_ids) / sorted(ours)[ROUNDS // 2]), "leads/s"),
        Figure("odoo", round(len(open_ids) / sorted(theirs)[ROUNDS // 2]), "leads/s"),
        Figure("ratio_median", round(best[ROUNDS // 2], 2), "times as fast", target="≥ 2", met=best[ROUNDS // 2] >= 2),
        Figure("ratio_lowest", round(best[0], 2), "times as fast"),
        Figure("bytes_per_inference", size, "bytes", target="≤ 400", met=size <= 400),
        *_many(env, deployment, open_ids, say),
    ]


def _many(env, deployment, ids, say):
    """The batch of so many leads and of five times as many: speed, growth and memory."""
    say(f"A batch of {len(ids):,} ...")
    few_s, _peak = _batch(env, deployment, ids)
    more, _closed = make_leads(env, (MORE - 1) * len(ids))
    say(f"A batch of {MORE * len(ids):,} ...")
    many_s, peak_mb = _batch(env, deployment, ids + more)
    say("The same in two lanes ...")
    with lanes.lanes(env, 2):
        _carried(env, deployment, (ids + more)[: 2 * WARM])
        shared_s = _carried(env, deployment, ids + more)
    theirs = _timed(env, lambda: _odoo(env))
    growth = (few_s / len(ids)) / (many_s / len(ids) / MORE)
    return [
        Figure("batch_leads", MORE * len(ids), "leads"),
        Figure("batch_ours", round(MORE * len(ids) / many_s), "leads/s"),
        Figure("batch_odoo", round(MORE * len(ids) / theirs), "leads/s"),
        Figure("batch_ratio", round(theirs / many_s, 2), "times as fast", target="≥ 2", met=theirs >= 2 * many_s),
        Figure("batch_ratio_two_lanes", round(theirs / shared_s, 2), "times as fast"),
        Figure("batch_speed_to_fewer", round(growth, 2), "times", target="≥ 0.8 (linear)", met=growth >= 0.8),
        Figure("batch_memory", round(peak_mb), "MB above idle", target=f"≤ {MOST_MB}", met=peak_mb <= MOST_MB),
    ]


def _batch(env, deployment, ids):
    """(seconds, peak megabytes above the idle worker) of a batch in one lane of its own, which is warm already."""
    with lanes.lanes(env, 1) as [lane]:
        _carried(env, deployment, ids[:WARM])
        Path(f"/proc/{lane.pid}/clear_refs").write_text("5")  # the peak counts from here
        idle = _memory(lane, "VmRSS")
        seconds = _carried(env, deployment, ids)
        return seconds, (_memory(lane, "VmHWM") - idle) / 1024


def _carried(env, deployment, ids):
    """Seconds until the lane has done a batch of `ids`."""
    batch = env["ai.deployment.batch"]._ask(deployment, ids, again=True)
    env.cr.commit()
    started = time.perf_counter()
    if not lanes.wait_until(env, lambda: batch.state == "done", WAIT_S):
        raise AssertionError(f"the batch is {batch.state} after {WAIT_S} s")
    return time.perf_counter() - started


def _memory(process, name):
    """Kilobytes of a process as Linux counts them."""
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith(f"{name}:")).split()[1])


def _odoo(env):
    env["crm.lead"].sudo()._update_automated_probabilities()


def _timed(env, work):
    env.invalidate_all()
    gc.collect()
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def _bytes_per_inference(env):
    rows = env["ai.deployment.inference"].sudo().search_count([])
    size = env.execute_query(SQL("SELECT pg_total_relation_size('ai_deployment_inference')"))[0][0]
    return round(size / rows)
