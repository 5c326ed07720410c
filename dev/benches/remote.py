"""Records a second that a remote model scores, with a server that takes 50 ms a call: many a call, and one a call.

All of it as a worker does it: inputs read, asked, answers stored, scored, routed and logged, with commits between.
"""

import time

from odoo.addons.ai_deployment.tests.remote.model_server import ModelServer

from lib import remote_world
from lib.figures import Figure
from lib.sample_leads import make_leads

SMALL = 200
BATCH, SINGLE = 10_000, 1_000
DELAY_S = 0.05
MANY_A_S, SINGLE_A_S = 2000, 100


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    server = ModelServer(delay=DELAY_S)
    try:
        deployment, endpoints, versions = remote_world.make_world(env, server, concurrency=8, rows_per_call=500)
        remote_world.work(env, deployment, remote_world.make_some(env, 10))
        say("Many records a call ...")
        many, many_cpu = _speed(env, deployment, options.limit or BATCH)
        before = server.connections
        say("One record a call ...")
        deployment._assign_champion(versions["chat"], "bench")
        env.cr.commit()
        single, single_cpu = _speed(env, deployment, min(options.limit or SINGLE, SINGLE))
        return [
            Figure("many_a_call", round(many), "records/s", f"≥ {MANY_A_S}", many >= MANY_A_S),
            Figure("one_a_call", round(single), "records/s", f"≥ {SINGLE_A_S}", single >= SINGLE_A_S),
            Figure("processor_many_a_call", round(many_cpu, 2), "ms a record, the server's share included"),
            Figure("processor_one_a_call", round(single_cpu, 2), "ms a record, the server's share included"),
            Figure("most_in_flight", server.most_at_once, "calls", "≤ 8", server.most_at_once <= 8),
            Figure("connections_of_single_calls", server.connections - before, "connections"),
            Figure("calls", len(server.calls), "calls"),
            Figure("endpoint_delay", DELAY_S * 1000, "ms"),
        ]
    finally:
        server.close()


def _speed(env, deployment, count):
    leads = env["crm.lead"].browse(make_leads(env, count)[0])
    start, busy = time.perf_counter(), time.process_time()
    remote_world.work(env, deployment, leads)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    domain = [("deployment_id", "=", deployment.id), ("res_id", "in", leads.ids)]
    scored = env["ai.deployment.inference"].search_count([*domain, ("failure_type", "=", False)])
    if scored != count:
        raise AssertionError(f"{scored} of {count} records were scored")
    return count / seconds, 1000 * busy / count
