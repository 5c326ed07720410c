"""A monitoring run beside a log of 100,000 lines and of a million, and against Evidently's drift report.

One line in ten is the first score of a lead, the others are later ones. Timed is what the daily cron does for one
deployment, once on the day a week is over (reports on what came in and on what came true), once on a day between.
Counted are processor seconds, as the machine may have other work.
"""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.monitoring.performance import PerformanceMonitor
from odoo.addons.ai_deployment.models.tools import clock

from lib import evidently, processor, sample_log
from lib.figures import Figure
from lib.sample_leads import INPUTS, make_deployment, make_leads

SMALL = 10_000
ROWS = 1_000_000
SCORED = 5_000
DAYS = 35
WEEK = timedelta(days=7)
ROUNDS = 7
RULES = {"age": 180, "drift": 3, "performance": 2, "labels": 10**9}
STEPS = {
    "routing_thresholds": lambda d: d._refresh_routing_thresholds(),
    "sum": lambda d: d.env["ai.deployment.ledger"]._check(d),
    "drift": lambda d: DriftMonitor(d).report(),
    "performance": lambda d: PerformanceMonitor(d).report(),
    "triggers": lambda d: d.env["ai.deployment.trigger"]._evaluate(d),
}


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    large = options.limit or ROWS
    say(f"Making {large // sample_log.INTAKE:,} leads ...")
    lead_ids, _closed = make_leads(env, large // sample_log.INTAKE, 2000)
    deployment = make_deployment(env, horizon_days=7)
    deployment._score(env["crm.lead"].browse(lead_ids[:SCORED]))
    deployment.write({"routing": "capacity", "reviews_per_day": 50})
    env["ai.deployment.trigger"].create(
        [{"deployment_id": deployment.id, "kind": kind, "threshold": number} for kind, number in RULES.items()]
    )
    env.cr.commit()
    env.cr.execute("SET max_parallel_workers_per_gather = 0")  # so that one process does all that is counted
    end = clock.today()
    figures, times = [Figure("inputs", len(INPUTS))], {}
    for rows in (large // 10, large):
        say(f"A log of {rows:,} lines ...")
        env["ai.deployment.report"].sudo().search([("deployment_id", "=", deployment.id)]).unlink()
        sample_log.fill(env, deployment, lead_ids, rows, end - timedelta(days=DAYS), DAYS)
        _monitor(env, deployment, end - WEEK)
        env.cr.commit()
        wall = _wall(env, deployment, end)
        times[rows] = _seconds(env, deployment, end)
        figures += [
            Figure(f"run_of_{rows}", round(times[rows], 3), "s"),
            Figure(f"run_of_{rows}.on_the_wall", round(wall, 3), "s"),
        ]
        steps = {name: _seconds(env, deployment, end, step) for name, step in STEPS.items()}
        figures += [Figure(f"run_of_{rows}.{name}", round(seconds, 3), "s") for name, seconds in steps.items()]
        _monitor(env, deployment, end)
        env.cr.commit()
        between = _seconds(env, deployment, end + timedelta(days=1))
        figures.append(Figure(f"day_between_of_{rows}", round(between, 3), "s"))
    small_s, large_s = times.values()
    ratio = large_s / small_s
    figures += [
        Figure("seconds", round(large_s, 3), "s", "≤ 0.5", large_s <= 0.5),
        Figure("large_to_small", round(ratio, 2), "times", "≤ 1.2", ratio <= 1.2),
    ]
    return figures + _beside_evidently(env, deployment, large_s, steps["drift"], end, say)


def _monitor(env, deployment, day, step=None):
    deployment = deployment.sudo()  # as the scheduled action runs it
    with clock.at(day):
        (step or type(deployment)._monitor)(deployment)
        env.flush_all()


def _wall(env, deployment, day):
    seconds = []
    for _round in range(ROUNDS):
        env.invalidate_all()
        started = time.perf_counter()
        _monitor(env, deployment, day)
        seconds.append(time.perf_counter() - started)
        env.cr.rollback()
    return min(seconds)


def _seconds(env, deployment, day, step=None):
    """Processor seconds of one run on `day`, in Odoo and in its database process: the least of some rounds.

    On the wall these would be other programs' seconds too. Nothing of a run stays.
    """
    seconds = []
    for _round in range(ROUNDS):
        env.invalidate_all()
        started = processor.used(env)
        _monitor(env, deployment, day, step)
        seconds.append(processor.used(env) - started)
        env.cr.rollback()
    return min(seconds)


def _beside_evidently(env, deployment, ours, drift_alone, end, say):
    """Its report on the inputs of all lines, and of the first scores of the week, against those learned from."""
    say("Evidently's report on the same rows ...")
    numbers = {key for key, spec in deployment.champion_id._specs().items() if spec["kind"] == "number"}
    texts = [key for key in deployment.champion_id._specs() if key not in numbers]
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        reference, current = Path(folder, "reference.csv"), Path(folder, "current.csv")
        _export(env, deployment, reference, SQL("is_first_inference AND date < %s", end - timedelta(days=DAYS) + WEEK))
        for name, rows in (("week", SQL("is_first_inference AND date >= %s", end - WEEK)), ("all_lines", SQL("TRUE"))):
            _export(env, deployment, current, rows)
            seconds, trouble = evidently.report_seconds(reference, current, texts)
            if trouble:
                return [Figure("evidently", f"skipped: {trouble}")]
            figures.append(Figure(f"evidently.{name}", round(seconds, 2), "s"))
            ratio = ours / seconds
            target = ("≤ 0.01", ratio <= 0.01) if name == "all_lines" else (None, None)
            figures.append(Figure(f"ours_to_evidently.{name}", round(ratio, 4), "times", *target))
            # Its report looks at drift only, the run at four things more.
            figures.append(Figure(f"our_drift_to_evidently.{name}", round(drift_alone / seconds, 4), "times"))
    return figures


def _export(env, deployment, path, rows):
    """The inputs of log lines as CSV."""
    names = list(deployment.champion_id._specs())
    columns = SQL(", ").join(SQL("inputs->>%s AS %s", place, SQL.identifier(name)) for place, name in enumerate(names))
    query = SQL("SELECT %s FROM ai_deployment_inference WHERE deployment_id = %s AND %s", columns, deployment.id, rows)
    with path.open("w") as file:
        env.cr.copy_expert(f"COPY ({env.cr.mogrify(query.code, query.params).decode()}) TO STDOUT CSV HEADER", file)
