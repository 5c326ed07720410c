"""What a score costs the person who creates, changes or imports leads.

With the deployment's own "When Scored" against nobody who scores, interleaved in one process, from the call to the end
of what Odoo does before the commit. An automation rule that scores, against one that does nothing, beside a log of a
few lines and beside one of a million.
"""

import statistics
import time

from odoo.tools import SQL

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads
from lib.talk import Failure

SMALL = 1_000
CREATES = 60
PAIRS, SMALL_PAIRS = 40, 5
IMPORTS = 3
IMPORTED = 1_000
LOG = 1_000_000
MOST = {"create": 1.5, "write": 1.3, "import": 1.2}  # times what it costs without


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    make_leads(env, 100, 2000)
    deployment = make_deployment(env, min_confidence=0.0, audit_share=0.0)
    rule = env["base.automation"].create(
        {"name": "On create", "model_id": deployment.model_id.id, "trigger": "on_create"}
    )
    action = env["ir.actions.server"].create(
        {
            "name": "Act",
            "model_id": deployment.model_id.id,
            "base_automation_id": rule.id,
            "usage": "base_automation",
            "state": "code",
            "code": "pass",
        }
    )
    rule.active = False
    env.cr.commit()
    say("Creating, changing and importing leads ...")
    figures = _by_itself(env, deployment, options)
    rule.active = True
    env.cr.commit()
    for name, rows in (("small_log", 0), ("large_log", options.limit or LOG)):
        say(f"Creating leads beside a log of {rows:,} lines ...")
        _grow_log(env, deployment, rows)
        more_ms, more_queries, nothing_ms = _difference(env, action, deployment)
        figures += [
            Figure(f"{name}_ms_without", round(nothing_ms, 2), "ms"),
            Figure(f"{name}_ms_more", round(more_ms, 2), "ms", "≤ 5", more_ms <= 5),
            Figure(f"{name}_queries_more", more_queries, "", "≤ 8", more_queries <= 8),
        ]
    return figures


def _by_itself(env, deployment, options):
    """Figures of what "When Scored" costs, each a pair of the same work without and with it."""
    pairs, imports, rows = (SMALL_PAIRS, 1, 100) if options.small else (PAIRS, IMPORTS, IMPORTED)
    lead = env["crm.lead"].create({"name": "Changed", "type": "opportunity", "expected_revenue": 1})

    def create(number):
        env["crm.lead"].create({"name": "x", "type": "opportunity", "expected_revenue": 1000 + number, "country_id": 1})

    def write(number):
        lead.browse(lead.id).write({"expected_revenue": 1000 + 10 * number, "phone": f"+32 {number}"})

    def load(number):
        data = [[f"Imported {number} {row}", "opportunity", str(1000 + row)] for row in range(rows)]
        found = env["crm.lead"].load(["name", "type", "expected_revenue"], data)
        if not found["ids"]:
            raise Failure(f"The import failed: {found['messages'][:1]}")

    figures = []
    for name, work, rounds in (("create", create, pairs), ("write", write, pairs), ("import", load, imports)):
        ratio, medians, queries = _pairs(env, deployment, work, rounds)
        figures += [
            Figure(f"{name}_ms_without", round(medians[False], 1), "ms"),
            Figure(f"{name}_ms_scored", round(medians[True], 1), "ms"),
            Figure(f"{name}_queries_more", queries[True] - queries[False], ""),
            Figure(f"{name}_ratio", round(ratio, 2), "times", f"≤ {MOST[name]}", ratio <= MOST[name]),
        ]
    return figures


def _pairs(env, deployment, work, rounds):
    """(median ratio of neighbours, {scored: median milliseconds}, {scored: median queries})."""
    times, queries, number = {False: [], True: []}, {False: [], True: []}, 0
    for pair in range(rounds + 1):
        for scored in (False, True) if pair % 2 else (True, False):
            deployment.write({"score_on_create": scored, "score_on_change": scored})
            env.cr.commit()
            for warm in (True, False):  # the first call after the change fills the caches that it emptied
                if warm and work.__name__ == "load":
                    env["ai.deployment"]._scoring_rules("crm.lead")
                    continue
                number += 1
                env.invalidate_all()
                before, started = env.cr.sql_log_count, time.perf_counter()
                work(number)
                env.cr.flush()
                took = 1000 * (time.perf_counter() - started)
                if not warm and pair:
                    times[scored].append(took)
                    queries[scored].append(env.cr.sql_log_count - before)
                env.cr.commit()
    ratio = statistics.median(with_ / without for without, with_ in zip(times[False], times[True], strict=True))
    medians = {scored: statistics.median(taken) for scored, taken in times.items()}
    return ratio, medians, {scored: round(statistics.median(counted)) for scored, counted in queries.items()}


def _difference(env, action, deployment):
    """(median milliseconds, median queries) that scoring adds, and the milliseconds of the rule that does nothing.

    Both ways in turn, so that both see the same machine.
    """
    times, queries = {"pass": [], "score": []}, {"pass": [], "score": []}
    for _round in range(3):
        for way in times:
            if way == "score":
                action.write({"state": "ai_deployment_score", "ai_deployment_id": deployment.id})
            else:
                action.write({"state": "code", "code": "pass"})
            env.cr.commit()
            for number in range(CREATES // 3 + 2):
                env.invalidate_all()
                before, started = env.cr.sql_log_count, time.perf_counter()
                env["crm.lead"].create(
                    {"name": "x", "type": "opportunity", "expected_revenue": 1000 + number, "country_id": 1}
                )
                env.flush_all()
                took = time.perf_counter() - started
                if number >= 2:  # the first ones fill caches
                    times[way].append(1000 * took)
                    queries[way].append(env.cr.sql_log_count - before)
                env.cr.commit()
    medians = {way: (statistics.median(times[way]), statistics.median(queries[way])) for way in times}
    more = (score - nothing for score, nothing in zip(medians["score"], medians["pass"], strict=True))
    return (*more, medians["pass"][0])


def _grow_log(env, deployment, rows):
    if not rows:
        return
    deployment._score(env["crm.lead"].search([], limit=1), again=True)
    env.flush_all()
    columns = [
        row[0]
        for row in env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'ai_deployment_inference' AND column_name NOT IN ('id', 'res_id')"
            )
        )
    ]
    names = SQL(", ").join(map(SQL.identifier, columns))
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_inference (res_id, %s) SELECT 10000000 + n, %s FROM generate_series(1, %s) AS n,"
            " (SELECT * FROM ai_deployment_inference ORDER BY id DESC LIMIT 1) AS line",
            names,
            names,
            rows,
        )
    )
    env.cr.execute("ANALYZE ai_deployment_inference")
    env.cr.commit()
