"""What one inference takes on disk, with twelve inputs and all indexes."""

from odoo.tools import SQL

from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads

SMALL = 500
LEADS = 50_000
TABLES = ("ai_deployment_inference", "ai_deployment_score", "ai_deployment_profile")


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making and scoring {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    deployment._score(env["crm.lead"].browse(open_ids))
    env.flush_all()
    env.cr.commit()
    sizes = {
        table: env.execute_query(SQL("SELECT pg_total_relation_size(%s::regclass)", table))[0][0] for table in TABLES
    }
    line = sizes["ai_deployment_inference"] / count
    return [
        Figure("inferences", count, ""),
        Figure("bytes_per_inference", round(line), "bytes", "≤ 400", line <= 400),
        Figure("bytes_per_current_score", round(sizes["ai_deployment_score"] / count), "bytes"),
        Figure("bytes_of_profiles", sizes["ai_deployment_profile"], "bytes"),
    ]
