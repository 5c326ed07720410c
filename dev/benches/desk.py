"""The review desk and the activity menu, with 100,000 reviews of which 5,000 are open."""

import statistics
import time
from datetime import timedelta

from odoo import Command
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 1_200
REVIEWS = 100_000
OPEN = 5_000
MINE = 500  # of the open ones; as many are a colleague's, the others nobody's
POINTERS = 20  # activities per reviewer
ROUNDS = 15


def run(env, options, say):
    count = options.limit or REVIEWS
    people = _people(env)
    admin = env(user=env.ref("base.user_admin"))
    say(f"Making {count:,} leads with a review each ...")
    open_ids, closed_ids = make_leads(admin, count, 2000)
    deployment = make_deployment(admin, blind_share=0.0, double_share=0.0, reviewer_ids=[Command.set(people.ids)])
    deployment._score(admin["crm.lead"].browse(open_ids[:500] + closed_ids[:500]))
    _fill(admin, deployment, open_ids, people)
    reviewer = people[0]
    leads = admin["crm.lead"].browse(open_ids[-POINTERS:])
    desk = env(user=reviewer, context={"allowed_company_ids": reviewer.company_ids.ids})["ai.deployment.review"]
    times = {name: [] for name in ("open", "open_mine", "decide", "card", "skip")}
    for _round in range(min(ROUNDS, count // 100)):
        _measure_desk(desk, times)
    menu = _measure_menu(env, reviewer, desk, leads)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = menu["reviews"] / menu["leads"]
    return [
        Figure("reviews", count, "reviews"),
        Figure("open_reviews", min(OPEN, count), "reviews"),
        Figure("desk_opens", round(medians["open"], 1), "ms", "≤ 300", medians["open"] <= 300),
        Figure("desk_opens_mine", round(medians["open_mine"], 1), "ms"),
        Figure("answer_and_next_card", round(medians["decide"], 1), "ms", "≤ 150", medians["decide"] <= 150),
        Figure("one_card", round(medians["card"], 1), "ms", "≤ 150", medians["card"] <= 150),
        Figure("skip_and_next_card", round(medians["skip"], 1), "ms"),
        Figure("menu_without_activities", round(menu["none"], 1), "ms"),
        Figure("menu_with_leads", round(menu["leads"], 1), "ms"),
        Figure("menu_with_reviews", round(menu["reviews"], 1), "ms"),
        Figure("menu_reviews_to_leads", round(ratio, 2), "times", "≤ 1.2", ratio <= 1.2),
    ]


def _people(env):
    groups = ["ai_deployment.group_reviewer", "sales_team.group_sale_salesman_all_leads"]
    return env["res.users"].create(
        [
            {"name": name, "login": name, "group_ids": [Command.set([env.ref(group).id for group in groups])]}
            for name in ("bench_reviewer", "bench_colleague")
        ]
    )


def _fill(env, deployment, lead_ids, people):
    """A review of each lead, in SQL: its line of the log is one of those that were really scored."""
    reviewer, colleague = people
    open_count, now = min(OPEN, len(lead_ids)), clock.now()
    env.flush_all()
    env.cr.execute(SQL("DELETE FROM ai_deployment_review WHERE deployment_id = %s", deployment.id))
    columns = SQL(
        "res_model, deployment_id, company_id, version_id, predicted_value, prediction, confidence, codes, inputs"
    )
    env.cr.execute(
        SQL(
            "CREATE TEMPORARY TABLE source_line AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, %s,"
            " incumbent_value FROM ai_deployment_inference WHERE deployment_id = %s AND failure_type IS NULL",
            columns,
            deployment.id,
        )
    )
    env.cr.execute(
        SQL(
            "WITH line AS (INSERT INTO ai_deployment_inference (res_id, date, requested_day, "
            "is_first_inference, route, review_reason, audit_chance, latency_ms, incumbent_value, %s) SELECT "
            "lead.id, moment, moment::date, true, 'review', 'low_confidence', 0, 0, incumbent_value, %s FROM "
            "unnest(%s::int[]) WITH ORDINALITY AS lead (id, place) CROSS JOIN LATERAL (SELECT "
            "date_trunc('second', %s::timestamp - (%s - lead.place) * interval '3 minutes') AS moment) AS at "
            "JOIN source_line ON source_line.place = lead.place %% (SELECT COUNT(*) FROM source_line) "
            "RETURNING id, res_id, res_model, date, deployment_id, company_id, version_id, predicted_value, "
            "prediction, confidence) INSERT INTO ai_deployment_review (inference_id, res_id, res_model, "
            "opened_date, deployment_id, company_id, version_id, predicted_value, prediction, confidence, "
            "reason, kind, priority, points, state, is_assigned, create_uid, create_date, write_uid, "
            "write_date) SELECT id, res_id, res_model, date, deployment_id, company_id, version_id, "
            "predicted_value, prediction, confidence, 'low_confidence', 'first', 50, 1, 'decided', true, 1, "
            "date, 1, date FROM line ORDER BY res_id",
            columns,
            columns,
            list(lead_ids),
            now,
            len(lead_ids),
        )
    )
    # The latest are open; of these some are the reviewer's and some a colleague's.
    env.cr.execute(
        SQL(
            "UPDATE ai_deployment_review review SET"
            " state = CASE WHEN place <= %(open)s THEN 'open' ELSE 'decided' END,"
            " reviewer_id = CASE WHEN place <= %(mine)s THEN %(reviewer)s WHEN place <= 2 * %(mine)s THEN %(colleague)s"
            " WHEN place > %(open)s THEN %(reviewer)s END,"
            " decision = CASE WHEN place > %(open)s THEN 'confirmed' END,"
            " ground_truth = CASE WHEN place > %(open)s THEN CASE WHEN prediction THEN 'positive' ELSE 'negative' END"
            " END, is_label = place > %(open)s,"
            " decided_by_id = CASE WHEN place > %(open)s THEN %(reviewer)s END,"
            " decided_date = CASE WHEN place > %(open)s THEN opened_date + interval '1 day' END,"
            " deadline = opened_date + interval '2 days', priority = CASE WHEN place %% 10 = 0 THEN 20 ELSE 50 END"
            " FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM ai_deployment_review"
            " WHERE deployment_id = %(deployment)s) AS ordered WHERE ordered.id = review.id",
            open=open_count,
            mine=min(MINE, open_count // 4),
            reviewer=reviewer.id,
            colleague=colleague.id,
            deployment=deployment.id,
        )
    )
    env.cr.commit()
    for table in ("ai_deployment_review", "ai_deployment_inference", "crm_lead"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    env.cr.commit()
    env.invalidate_all()


def _timed(env, times, call):
    """What `call` returns; the time it takes with nothing in the cache, in milliseconds, is added to `times`."""
    env.flush_all()
    env.invalidate_all()
    env.cr.cache.clear()
    started = time.perf_counter()
    result = call()
    env.flush_all()
    times.append(1000 * (time.perf_counter() - started))
    return result


def _measure_desk(desk, times):
    env = desk.env
    answer = _timed(env, times["open"], lambda: desk.desk_open())
    _timed(env, times["open_mine"], lambda: desk.desk_open(filters={"whose": "mine"}))
    first, second = answer["queue"]
    _timed(env, times["card"], lambda: desk.desk_card(second))
    known = {"known": [second]}
    _timed(env, times["skip"], lambda: desk.desk_skip(first, known))
    seen = {"score": True}
    _timed(env, times["decide"], lambda: desk.desk_decide(first, "confirmed", "", 5.0, False, seen, known))
    env.cr.commit()


def _measure_menu(env, reviewer, desk, leads):
    """The activity menu of one person: with none, with activities on leads, and with as many on reviews."""
    users = desk.env["res.users"]
    reviews = desk.search([("reviewer_id", "=", reviewer.id), ("state", "=", "open")], limit=POINTERS)
    medians = {}
    for name, records in (("none", leads.browse()), ("leads", leads), ("reviews", reviews)):
        activities = env["mail.activity"].sudo()
        for record in records.sudo():
            activities |= record.activity_schedule(
                "mail.mail_activity_data_todo", user_id=reviewer.id, date_deadline=clock.today() + timedelta(days=1)
            )
        env.cr.commit()
        taken = []
        for _round in range(ROUNDS):
            _timed(users.env, taken, users._get_activity_groups)
        medians[name] = statistics.median(taken)
        activities.unlink()
    return medians
