"""Four lanes score at the same time, with room for a few reviews a day: together they may not open more than that.

Once with a capacity, once with a cap on one reason to ask.
"""

from odoo.tools import SQL

from lib import lanes
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 400
LEADS = 20_000
LANES, REVIEWS = 4, 20
FINISH_S = 240


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    figures = [Figure("leads", count, "leads"), Figure("lanes", LANES)]
    deployment = make_deployment(env, routing="capacity", reviews_per_day=REVIEWS, audit_share=0.0)
    figures += _scored(env, deployment, open_ids, "")
    deployment = make_deployment(env, min_confidence=1.0, audit_share=0.0)
    deployment._review_rule("low_confidence").cap = REVIEWS
    return figures + _scored(env, deployment, open_ids, "cap_")


def _scored(env, deployment, ids, prefix):
    with lanes.lanes(env, LANES):
        batch = env["ai.deployment.batch"]._ask(deployment, ids)
        env.cr.commit()
        done = lanes.wait_until(env, lambda: batch.state == "done", FINISH_S)
    opened = env.execute_query(
        SQL("SELECT COUNT(*) FROM ai_deployment_review WHERE deployment_id = %s", deployment.id)
    )[0][0]
    used = sum(env["ai.deployment.quota"].sudo().search([("deployment_id", "=", deployment.id)]).mapped("used"))
    return [
        Figure(f"{prefix}batch_done", int(done), "", "1", done),
        Figure(f"{prefix}reviews_opened", opened, "reviews", f"≤ {REVIEWS}", 0 < opened <= REVIEWS),
        Figure(f"{prefix}room_taken", used, "reviews", str(opened), used == opened),
    ]
