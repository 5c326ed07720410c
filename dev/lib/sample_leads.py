"""Leads by the ten thousand, as Odoo leaves them, and a deployment that scores them; for benches and drills."""

import random

from odoo.tools import SQL

INPUTS = (
    "expected_revenue",
    "country_id",
    "source_id",
    "medium_id",
    "campaign_id",
    "team_id",
    "user_id",
    "lang_id",
    "phone_state",
    "email_state",
    "priority",
    "tag_ids",
)


def make_leads(env, count, closed=0):
    """(ids of `count` open leads, ids of `closed` closed ones), copied in SQL from one made through the ORM."""
    rng = random.Random(1)
    sources = env["utm.source"].create([{"name": f"Bench {n}"} for n in range(8)]).ids
    countries = env["res.country"].search([], limit=12).ids
    lead = env["crm.lead"].create({"name": "Template", "type": "opportunity", "email_from": "a@example.com"})
    env.flush_all()
    columns = [
        row[0]
        for row in env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'crm_lead' AND column_name <> 'id'"
            )
        )
    ]
    # What Odoo's own scoring looks at varies as in life: it writes once per distinct probability.
    own = {"expected_revenue", "country_id", "source_id", "create_date", "phone_state", "email_state", "state_id"}
    states = env["res.country.state"].search([], limit=20).ids
    total = count + closed
    rows = [
        (
            rng.choice(countries),
            rng.choice(sources),
            round(rng.lognormvariate(8, 1), 2),
            rng.randrange(60, 400),
            rng.choice(["correct", "incorrect", None]),
            rng.choice(["correct", "incorrect", None]),
            rng.choice(states),
        )
        for _row in range(total)
    ]
    copied = SQL(", ").join(SQL.identifier("crm_lead", name) for name in columns if name not in own)
    ids = [
        row[0]
        for row in env.execute_query(
            SQL(
                "INSERT INTO crm_lead (country_id, source_id, expected_revenue, create_date, phone_state, email_state,"
                " state_id, %s) SELECT n.c, n.s, n.r, crm_lead.create_date - n.d * interval '1 day', n.p, n.e, n.t, %s"
                " FROM crm_lead,"
                " unnest(%s::int[], %s::int[], %s::numeric[], %s::int[], %s::text[], %s::text[], %s::int[])"
                " AS n (c, s, r, d, p, e, t) WHERE crm_lead.id = %s RETURNING id",
                SQL(", ").join(SQL.identifier(name) for name in columns if name not in own),
                copied,
                *(list(column) for column in zip(*rows, strict=True)),
                lead.id,
            )
        )
    ]
    closed_ids = ids[count:]
    won = env["crm.stage"].search([("is_won", "=", True)], limit=1).id
    env.cr.execute(
        "UPDATE crm_lead SET date_closed = create_date + interval '5 days',"
        " won_status = CASE WHEN (id + source_id) %% 3 = 0 THEN 'won' ELSE 'lost' END,"
        " active = (id + source_id) %% 3 = 0, probability = CASE WHEN (id + source_id) %% 3 = 0 THEN 100 ELSE 0 END,"
        " stage_id = CASE WHEN (id + source_id) %% 3 = 0 THEN %s ELSE stage_id END WHERE id = ANY(%s)",
        [won, closed_ids],
    )
    env.cr.execute("ANALYZE crm_lead")
    env.invalidate_all()
    env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
    env["crm.lead"].sudo()._rebuild_pls_frequency_table()
    env.cr.commit()
    return ids[:count], closed_ids


def approve(deployment):
    """A go for a deployment of a bench by somebody who did not build it; its checklist is waived."""
    env = deployment.env
    waived = {"waived_until": "2100-01-01", "waiver_reason": "Made by a bench."}
    deployment.sudo().check_ids.write(waived)
    approver = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": "Bench approver",
                "login": "bench_approver",
                "email": "bench.approver@example.com",
                "group_ids": [(4, env.ref("ai_deployment.group_reviewer").id)],
            }
        )
    )
    env["ai.deployment.approval"].sudo().create(
        {
            "deployment_id": deployment.id,
            "outcome": "go",
            "minutes": "Made by a bench.",
            "date": deployment.create_date,
            "user_id": approver.id,
            "next_review_date": deployment.review_date,
        }
    )


def make_deployment(env, **values):
    """A deployment on leads in shadow, trained on the closed ones, with twelve inputs."""
    deployment = env["ai.deployment"].create(
        {
            "name": "Bench",
            "purpose": "Measures how fast leads are scored.",
            "is_primary": False,
            "model_id": env["ir.model"]._get("crm.lead").id,
            "min_confidence": 0.0,
            "audit_share": 0.05,
            "feature_ids": [(0, 0, {"path": path}) for path in INPUTS],
            **values,
        }
    )
    deployment._review_rule("out_of_support").is_on = False
    deployment._train()
    deployment.state = "shadow"
    env.cr.commit()
    return deployment
