"""Rescoring open leads with six inputs as of now, against Odoo's own lead scoring on the same leads in the same run.

Age, days in the stage, activities, messages of the customer, waiting for an answer and meetings are counted anew from
tracking, messages and the calendar, in the one statement of each chunk; ours also explains, logs and keeps the score.
Odoo's writes a probability. The leads and what happened to them are a made-up pipeline (`evaluation/_pipeline`), all of
them open again. Last: one lead that is scored alone.
"""

import time
from datetime import timedelta

from odoo.addons.ai_deployment.models.tools import clock

from evaluation._deployment import declare
from evaluation._pipeline import DAYS, Pipeline
from evaluation._pipeline_records import Records, moment
from lib.figures import Figure

SMALL = 800
COUNT = 20_000
ROUNDS = 5
LEARNED = 300  # day of the training
MOST_QUERIES = 8
COURSE = ("age", "stage_days", "activities", "customer_messages", "waiting_days", "meetings")


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or COUNT
    say(f"A pipeline of {count:,} leads ...")
    records = Records(env, Pipeline(count, 1))
    records.stand(LEARNED if count > SMALL else DAYS)
    deployment = declare(
        env,
        "crm.lead",
        "Living",
        [{"path": "source_id"}, {"path": "country_id"}, *({"source": "course", "course": name} for name in COURSE)],
        landmarks=True,
        horizon_days=30,
        is_primary=False,
        min_confidence=0.0,
        audit_share=0.05,
        score_on_create=False,
    )
    deployment._review_rule("out_of_support").is_on = False
    say("Training ...")
    with clock.at(moment(LEARNED if count > SMALL else DAYS)):
        deployment._train()
    deployment.state = "shadow"
    records.reopen()
    env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
    env["crm.lead"].sudo()._rebuild_pls_frequency_table()
    env.cr.commit()
    ours, theirs = [], []
    for number in range(1 + ROUNDS):
        say(f"Round {number} of {ROUNDS} ..." if number else "Scoring them for the first time ...")
        now = moment(DAYS) + timedelta(days=number)
        ours.append(_timed(env, lambda now=now: deployment._score(env["crm.lead"].browse(records.ids), now)))
        theirs.append(_timed(env, lambda: env["crm.lead"]._update_automated_probabilities()))
    # The first time is no rescoring: each lead has its first line in the log, and its first score.
    first = ours.pop(0) / theirs.pop(0)
    ratios = sorted(a / b for a, b in zip(theirs, ours, strict=True))
    queries = _queries_of_one(env, deployment, records.ids[0])
    return [
        Figure("leads", count, "leads"),
        Figure("ours", round(count / sorted(ours)[ROUNDS // 2]), "leads/s"),
        Figure("odoo", round(count / sorted(theirs)[ROUNDS // 2]), "leads/s"),
        Figure("ratio_median", round(ratios[ROUNDS // 2], 2), "times as fast", "≥ 1", bool(ratios[ROUNDS // 2] >= 1)),
        Figure("ratio_lowest", round(ratios[0], 2), "times as fast"),
        Figure("first_scoring", round(1 / first, 2), "times as fast"),
        Figure("queries_of_one", queries, "", f"≤ {MOST_QUERIES}", queries <= MOST_QUERIES),
    ]


def _queries_of_one(env, deployment, lead_id):
    lead = env["crm.lead"].browse(lead_id)
    deployment._score(lead, moment(DAYS + ROUNDS + 1))
    env.flush_all()
    before = env.cr.sql_log_count
    deployment._score(lead, moment(DAYS + ROUNDS + 2))
    env.flush_all()
    return env.cr.sql_log_count - before


def _timed(env, work):
    env.cr.commit()
    env.invalidate_all()
    started = time.perf_counter()
    work()
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - started
