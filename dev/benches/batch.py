"""Scoring many leads, against Odoo's own lead scoring on the same leads in the same run.

Ours reads, scores, explains, logs, counts and keeps the current score; Odoo's writes a probability.
"""

import gc
import time
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.ai_deployment.models import clock

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

ROUNDS = 3


def run(env, options, say):
    count = options.limit or 20_000
    env = env(user=env.ref("base.user_admin"))
    say(f"Making {count} open leads and {count // 4} closed ones ...")
    open_ids, closed_ids = make_leads(env, count, count // 4)
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
    return [
        Figure("leads", len(open_ids), "leads"),
        Figure("ours", round(len(open_ids) / sorted(ours)[ROUNDS // 2]), "leads/s"),
        Figure("odoo", round(len(open_ids) / sorted(theirs)[ROUNDS // 2]), "leads/s"),
        Figure("ratio_median", round(best[ROUNDS // 2], 2), "times as fast", target="≥ 2", met=best[ROUNDS // 2] >= 2),
        Figure("ratio_lowest", round(best[0], 2), "times as fast"),
        Figure(
            "bytes_per_inference",
            _bytes_per_inference(env),
            "bytes",
            target="≤ 400",
            met=_bytes_per_inference(env) <= 400,
        ),
    ]


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
