"""People edit, archive and delete leads while these are being scored; nobody may notice, and nothing may be lost.

Two lanes score all leads over and over. Meanwhile one person changes leads at random, as the web client would, each
change in a transaction of its own and without the automatic retries of Odoo: whatever the database refuses would reach
the person.
"""

import random
import time

import psycopg2

from odoo.tools import SQL, mute_logger

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 1
SMALL_LEADS = 4_000
LEADS = 10_000
ROUNDS = 5
FINISH_S = 180


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = SMALL_LEADS if options.small else LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    changes, refused, unfinished = {"edited": 0, "archived": 0, "deleted": 0}, 0, 0
    rng = random.Random(5)
    with lanes.lanes(env, 2):
        for number in range(options.limit or ROUNDS):
            there = env["crm.lead"].with_context(active_test=False).browse(open_ids).exists().ids
            batch = env["ai.deployment.batch"]._ask(deployment, there, again=True)
            env.cr.commit()
            until = time.monotonic() + FINISH_S
            while time.monotonic() < until:
                refused += not _change(env, rng, open_ids, changes)
                env.invalidate_all()
                if batch.state == "done":
                    break
            else:
                unfinished += 1
            say(f"  round {number + 1}: {sum(changes.values()):,} changes so far")
    env.cr.rollback()
    env.invalidate_all()
    rows = env["ai.deployment.ledger"].search([("deployment_id", "=", deployment.id)])
    astray = sum(map(abs, rows.mapped("difference")))
    twice = env.execute_query(
        SQL(
            "SELECT COUNT(*) FROM (SELECT FROM ai_deployment_score WHERE deployment_id = %s"
            " GROUP BY res_id HAVING COUNT(*) > 1) AS twice",
            deployment.id,
        )
    )[0][0]
    return [
        Figure("records_asked", sum(rows.mapped("requested")), "records"),
        *(Figure(name, count, "leads") for name, count in changes.items()),
        Figure("cancelled", sum(rows.mapped("cancelled")), "records"),
        Figure("refused_to_the_person", refused, "changes", "0", refused == 0),
        Figure("lost_or_double", astray, "records", "0", astray == 0),
        Figure("scores_twice", twice, "records", "0", twice == 0),
        Figure("batches_unfinished", unfinished, "", "0", unfinished == 0),
    ]


def _change(env, rng, ids, changes):
    """One change to some random leads; False where the database refused it."""
    env.cr.rollback()
    leads = env["crm.lead"].with_context(active_test=False).browse(rng.sample(ids, 3)).exists()
    try:
        with mute_logger("odoo.sql_db"):
            kind = rng.choices(("edited", "archived", "deleted"), (10, 3, 1))[0]
            if kind == "edited":
                leads.write({"expected_revenue": rng.randrange(100, 100_000), "phone": f"+32 {rng.randrange(10**8)}"})
            elif kind == "archived":
                leads.write({"active": rng.random() < 0.5})
            else:
                leads.unlink()
            env.cr.commit()
            changes[kind] += len(leads)
            return True
    except psycopg2.OperationalError:
        env.cr.rollback()
        env.clear()
        return False
