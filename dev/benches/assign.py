"""Who reviews: finding reviewers for thousands of reviews, calls and passes with nothing to do, late ones, the menu."""

import gc
import statistics
import time
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.ai_deployment.models.tools import clock

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 200
REVIEWS = 5_000
ALL_LEADS, OWN_LEADS = 10, 10  # reviewers
ROUNDS = 30


def run(env, options, say):
    count = options.limit or REVIEWS
    env = env(user=env.ref("base.user_admin"))
    say(f"Making {count:,} reviews ...")
    ids, _closed = make_leads(env, count, 2000)
    people = _people(env, "reviewer", ALL_LEADS + OWN_LEADS)
    owner, deputy = _people(env, "owner", 2)
    deployment = make_deployment(
        env, min_confidence=1.0, reviewer_ids=[(6, 0, people.ids)], user_id=owner.id, deputy_id=deputy.id
    )
    sellers = people[ALL_LEADS:].ids
    env.cr.execute(
        "UPDATE crm_lead SET user_id = CASE WHEN id %% 2 = 0 THEN (%s::int[])[1 + id %% %s] END WHERE id = ANY(%s)",
        [sellers, len(sellers), ids],
    )
    env.invalidate_all()
    started = clock.now()
    deployment._score(env["crm.lead"].browse(ids), started)
    env.cr.commit()
    reviews = env(user=env.ref("base.user_root").id, su=True)["ai.deployment.review"]
    queue = reviews.search_count([("state", "=", "open")])
    say("Finding reviewers ...")
    first_s, first_queries = _timed(env, reviews._cron_assign)
    pooled = reviews.search_count([("state", "=", "open"), ("reviewer_id", "=", False)])
    made = env["mail.activity"].sudo().search_count([("res_model", "=", "ai.deployment.review")])
    say("A call and a pass with nothing to do ...")
    reviews._cron_tidy()
    env.cr.commit()
    env.cr.execute("ANALYZE ai_deployment_review")
    call_s, call_queries = _timed(env, reviews._cron_assign)
    call_rows = _rows_read(env, reviews._cron_assign)
    idle_s, idle_queries = _timed(env, reviews._cron_tidy)
    idle_rows = _rows_read(env, reviews._cron_tidy)
    say("The activity menu ...")
    menu = _menus(env, people[0], ids)
    say("All of them late ...")
    late = []
    for days in (30, 60, 90):
        with clock.at(started + timedelta(days=days)):
            late.append(_timed(env, reviews._cron_tidy))
    return [
        Figure("reviews", queue, "reviews"),
        Figure("reviewers", len(people), "people"),
        Figure("assigned", round(queue / first_s), "reviews/s"),
        Figure("queries", first_queries, "queries"),
        Figure("in_the_pool", pooled, "reviews"),
        Figure("activities_made", made, "activities"),
        Figure("idle_call", round(1000 * call_s, 1), "ms"),
        Figure("idle_call_queries", call_queries, "queries"),
        Figure("idle_call_rows", call_rows, "rows"),
        Figure("idle_pass", round(1000 * idle_s), "ms"),
        Figure("idle_pass_queries", idle_queries, "queries"),
        Figure("idle_pass_rows", idle_rows, "rows"),
        *(
            Figure(f"late_pass_{step}", f"{1000 * seconds:.0f} ms, {queries} queries")
            for step, (seconds, queries) in zip(("reminded", "owner", "deputy"), late, strict=True)
        ),
        *(Figure(f"menu_{name}", f"{ms:.1f} ms, {queries} queries") for name, (ms, queries) in menu.items()),
    ]


def _people(env, word, count):
    """Users of the role `word` with an address each: the first of them read all leads, the others their own."""
    reads_own, reads_all = (env.ref(f"sales_team.group_sale_salesman{name}") for name in ("", "_all_leads"))
    role = env.ref(f"ai_deployment.group_{word}")
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": f"{word} {number}",
                    "login": f"bench_{word}_{number}",
                    "email": f"bench.{word}.{number}@example.com",
                    "group_ids": [(4, role.id), (4, (reads_all if number < ALL_LEADS else reads_own).id)],
                }
                for number in range(count)
            ]
        )
    )


def _menus(env, person, lead_ids):
    """Median milliseconds and queries of the menu: with what the addon made, with none, with as many on leads."""
    users = env["res.users"].with_user(person)
    activities = env["mail.activity"].sudo()
    own = activities.search([("user_id", "=", person.id)])
    if not own:
        raise AssertionError("nobody is pointed to a review")
    menus = {f"with_{len(own)}_on_reviews": _menu(users)}
    own.unlink()
    menus["with_none"] = _menu(users)
    activities.with_context(mail_activity_quick_update=True).create(
        [
            {"res_model_id": env["ir.model"]._get("crm.lead").id, "res_id": res_id, "user_id": person.id}
            for res_id in lead_ids[: len(own)]
        ]
    )
    menus[f"with_{len(own)}_on_leads"] = _menu(users)
    return menus


def _menu(users):
    times, queries = [], 0
    for _round in range(ROUNDS):
        users.env.flush_all()
        users.env.invalidate_all()
        before, started = users.env.cr.sql_log_count, time.perf_counter()
        users._get_activity_groups()
        times.append(1000 * (time.perf_counter() - started))
        queries = users.env.cr.sql_log_count - before
    return statistics.median(times), queries


def _timed(env, work):
    """(seconds, queries)"""
    env.invalidate_all()
    gc.collect()
    before, started = env.cr.sql_log_count, time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started, env.cr.sql_log_count - before


def _rows_read(env, work):
    """Rows of reviews and leads that PostgreSQL reads for `work`; nothing is committed meanwhile."""
    tables = ["ai_deployment_review", "crm_lead", "mail_activity"]
    count = (
        "SELECT SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)"
    )
    env.invalidate_all()
    with patch.object(type(env.cr), "commit", lambda cursor: None):
        env.cr.execute(count, [tables])
        before = env.cr.fetchone()[0]
        work()
        env.cr.execute(count, [tables])
        after = env.cr.fetchone()[0]
    env.cr.commit()
    return int(after - before)
