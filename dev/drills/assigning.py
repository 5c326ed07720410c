"""Two passes look for reviewers at the same time, while people answer and records are deleted under them.

Odoo runs one scheduled action in one place only; two passes at once are what a restart, a second server with a wrong
clock or an impatient administrator can make of it.
"""

import random
import threading
import time

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, mute_logger

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 400
SMALL_SECONDS = 6
LEADS, REVIEWERS, SECONDS = 3_000, 6, 30


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count, seconds = options.limit or LEADS, SMALL_SECONDS if options.small else SECONDS
    say(f"Making {count:,} reviews ...")
    ids, _closed = make_leads(env, count, 2000)
    people = _reviewers(env)
    deployment = make_deployment(env, min_confidence=1.0, reviewer_ids=[(6, 0, people.ids)])
    deployment._score(env["crm.lead"].browse(ids))
    env.cr.commit()
    stop, passes, repeated = threading.Event(), [], []
    threads = [
        threading.Thread(target=_passes, args=(env.registry, stop, passes, repeated), daemon=True) for _two in range(2)
    ]
    for thread in threads:
        thread.start()
    say(f"People answer for {seconds} seconds ...")
    answered, refused = _answer(env, deployment, people, random.Random(3), seconds)
    stop.set()
    for thread in threads:
        thread.join()
    env.cr.rollback()
    env.invalidate_all()
    with env.registry.cursor() as cr:
        _pass(cr)
    env.cr.rollback()
    env.invalidate_all()
    states = dict(env["ai.deployment.review"].sudo()._read_group([], ["state"], ["__count"]))
    unasked = (
        env["ai.deployment.review"]
        .sudo()
        .search_count([("state", "=", "open"), "|", ("is_assigned", "=", False), ("reviewer_id", "=", False)])
    )
    twice = env.execute_query(
        SQL(
            "SELECT COUNT(*) FROM (SELECT FROM mail_activity WHERE active AND res_model = 'ai.deployment.review'"
            " GROUP BY res_id HAVING COUNT(*) > 1) AS twice"
        )
    )[0][0]
    return [
        Figure("reviews", count, "reviews"),
        Figure("passes", len(passes), "passes"),
        Figure("passes_repeated", len(repeated), "passes"),
        Figure("answered", answered, "reviews"),
        *(Figure(state, count, "reviews") for state, count in sorted(states.items())),
        Figure("lost_or_double", abs(count - sum(states.values())), "reviews", "0", sum(states.values()) == count),
        Figure("open_without_a_reviewer", unasked, "reviews", "0", unasked == 0),
        Figure("activities_twice", twice, "reviews", "0", twice == 0),
        Figure("refused_to_the_person", refused, "answers"),
    ]


def _reviewers(env):
    groups = [env.ref("ai_deployment.group_reviewer").id, env.ref("sales_team.group_sale_salesman_all_leads").id]
    users = env["res.users"].with_context(no_reset_password=True)
    return users.create(
        [
            {"name": f"Reviewer {n}", "login": f"drill_reviewer_{n}", "group_ids": [(4, group) for group in groups]}
            for n in range(REVIEWERS)
        ]
    )


def _passes(registry, stop, passes, repeated):
    """Pass after pass; one that the database refuses is repeated, as Odoo repeats a scheduled action."""
    while not stop.is_set():
        try:
            with mute_logger("odoo.sql_db"), registry.cursor() as cr:
                _pass(cr)
            passes.append(1)
        except (psycopg2.OperationalError, psycopg2.IntegrityError):
            repeated.append(1)


def _pass(cr):
    """Both crons of the queue."""
    reviews = api.Environment(cr, SUPERUSER_ID, {})["ai.deployment.review"]
    reviews._cron_assign()
    reviews._cron_tidy()


def _answer(env, deployment, people, rng, seconds):
    """(answers given, answers that the database refused), in transactions of their own, without Odoo's repetitions."""
    given = refused = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        env.cr.rollback()
        env.invalidate_all()
        person = rng.choice(people)
        review = (
            env["ai.deployment.review"]
            .sudo()
            .search([("state", "=", "open"), ("reviewer_id", "=", person.id)], limit=1, offset=rng.randrange(20))
        )
        try:
            with mute_logger("odoo.sql_db"):
                if review and rng.random() < 0.1:
                    env["crm.lead"].browse(review.res_id).unlink()
                elif review:
                    review.with_user(person)._decide("unsure")
                    given += 1
                env.cr.commit()
        except psycopg2.OperationalError:
            refused += 1
        time.sleep(0.02)
    env.cr.rollback()
    return given, refused
