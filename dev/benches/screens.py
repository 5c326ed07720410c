"""The screens over a large log: reconciliation, the page "Monitoring", and the check of the counts that they read.

Counts per day are kept by the database, so the screens should not notice how long the log is; what is checked against
the log (`recount_of_a_day`, as the daily look does it; `recount_of_a_month`, after a difference) reads it.
"""

from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.ledger import counting
from odoo.addons.ai_deployment.models.ledger.ai_deployment_ledger import MONTH
from odoo.addons.ai_deployment.models.tools import clock

from lib import processor, sample_log
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 10_000
ROWS = 1_000_000
SCORED = 5_000
DAYS = 35
ROUNDS = 5
COLUMNS = (
    "day",
    "requested",
    "automatic",
    "in_review",
    "reviewed",
    "expired",
    "waiting",
    "unchanged",
    "cancelled",
    "difference",
)


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    env.cr.execute("SET max_parallel_workers_per_gather = 0")  # so that one process does all that is counted
    rows = options.limit or ROWS
    say(f"Making {rows // sample_log.INTAKE:,} leads ...")
    lead_ids, _closed = make_leads(env, rows // sample_log.INTAKE, 2000)
    deployment = make_deployment(env, horizon_days=7)
    deployment._score(env["crm.lead"].browse(lead_ids[:SCORED]))
    say(f"A log of {rows:,} lines ...")
    today = clock.today()
    sample_log.fill(env, deployment, lead_ids, rows, today - timedelta(days=DAYS), DAYS)
    sample_log.fill_scores(env, deployment)
    for back in (14, 7, 0):
        with clock.at(today - timedelta(days=back)):
            deployment.sudo()._monitor()
        env.cr.commit()
    days = [today - timedelta(days=back) for back in range(1, MONTH)]
    spec = {**{name: {} for name in COLUMNS}, "deployment_id": {"fields": {"display_name": {}}}}
    ways = {
        "reconciliation": lambda: env["ai.deployment.ledger"].web_search_read([], spec, limit=80),
        "monitoring_page": deployment.monitoring_page,
        "recount_of_a_day": lambda: env.execute_query(counting.recounted(deployment, days[:1])),
        "recount_of_a_month": lambda: env.execute_query(counting.recounted(deployment, days)),
    }
    seconds = {name: _seconds(env, way) for name, way in ways.items()}
    kept, counted = (sorted(env.execute_query(each(deployment, days))) for each in (counting.kept, counting.recounted))
    return [
        Figure("lines", rows, "lines"),
        *(
            Figure(name, round(seconds[name], 3), "s", "≤ 0.3", seconds[name] <= 0.3)
            for name in ("reconciliation", "monitoring_page")
        ),
        *(Figure(name, round(seconds[name], 3), "s") for name in ("recount_of_a_day", "recount_of_a_month")),
        Figure("rows_of_counts", env.execute_query(SQL("SELECT COUNT(*) FROM ai_deployment_day_count"))[0][0], "rows"),
        Figure("days_that_differ", len(set(kept) ^ set(counted)), "days", "0", kept == counted),
    ]


def _seconds(env, way):
    """Processor seconds, the least of some rounds, with nothing in the cache."""
    seconds = []
    for _round in range(ROUNDS):
        env.invalidate_all()
        started = processor.used(env)
        way()
        seconds.append(processor.used(env) - started)
    return min(seconds)
