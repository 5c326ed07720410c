"""A list of leads sorted by score, against the same list sorted by revenue."""

import statistics
import time

from lib.figures import Figure
from lib.sample_leads import approve, make_deployment, make_leads

SMALL = 200
LEADS = 100_000
ROUNDS = 7
WAYS = {
    "revenue": {"order": "expected_revenue desc"},
    "score": {"order": "ai_score desc"},
    "confidence": {"order": "ai_confidence desc"},
    "likely_only": {"order": "ai_score desc", "domain": [("ai_score", ">", 0.6)]},
}


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making and scoring {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env, is_primary=True, viewer_group_ids=[(4, env.ref("base.group_user").id)])
    deployment._score(env["crm.lead"].browse(open_ids))
    approve(deployment)
    deployment.state = "production"
    env.cr.commit()
    env.cr.execute("ANALYZE")
    times = {way: [] for way in WAYS}
    for _round in range(ROUNDS):
        for way, how in WAYS.items():
            env.invalidate_all()
            started = time.perf_counter()
            env["crm.lead"].web_search_read(
                how.get("domain", []),
                {"name": {}, "expected_revenue": {}, "ai_score": {}},
                order=how["order"],
                limit=80,
            )
            times[way].append(1000 * (time.perf_counter() - started))
    medians = {way: statistics.median(values) for way, values in times.items()}
    ratio = medians["score"] / medians["revenue"]
    return [
        Figure("leads", count, "leads"),
        *(Figure(f"by_{way}", round(value, 1), "ms") for way, value in medians.items()),
        Figure("score_to_revenue", round(ratio, 2), "times", "≤ 2", ratio <= 2),
    ]
