"""What came of it: every figure is read from the database, after the story."""

import numpy as np

from odoo.addons.ai_deployment.ml import performance

from .deployments import of_bills, of_leads
from .people import COMPANY

OWN_MODELS = ["ai.deployment", "ai.deployment.review", "ai.deployment.alert"]


def read(env, days, bills, progress):
    env.invalidate_all()
    leads_deployment, bills_deployment = of_leads(env), of_bills(env)
    duel = _duel(env, leads_deployment, days)
    odd = sorted(id_ for ids in bills.odd_ids().values() for id_ in ids)

    def count(model, *domain):
        return env[model].with_context(active_test=False).search_count(list(domain))

    def scored(deployment):
        return count("ai.deployment.score", ("deployment_id", "=", deployment.id), ("state", "=", "scored"))

    drift = [("cause", "=like", "drift:%"), ("state", "in", ("firing", "acknowledged"))]
    return {
        "firm": COMPANY,
        "leads": count("crm.lead"),
        "leads_open": count("crm.lead", ("won_status", "=", "pending")),
        "leads_won": count("crm.lead", ("won_status", "=", "won")),
        "bills": count("account.move", ("move_type", "=", "in_invoice")),
        "bills_draft": count("account.move", ("move_type", "=", "in_invoice"), ("state", "=", "draft")),
        "leads_scored": scored(leads_deployment),
        "bills_scored": scored(bills_deployment),
        "in_review": count("ai.deployment.review", ("state", "=", "open")),
        "reviews_decided": count("ai.deployment.review", ("state", "=", "decided")),
        "failed": count("ai.deployment.inference", ("failure_type", "!=", False)),
        "activities": env["mail.activity"].search_count([("res_model", "in", OWN_MODELS)]),
        "drift_alerts": count("ai.deployment.alert", *drift, ("level", "=", "alert")),
        "drift_notices": count("ai.deployment.alert", *drift, ("level", "=", "notice")),
        "alerts_before_change": count("ai.deployment.alert", ("first_date", "<", str(days.date(days.change)))),
        "lead_auc": duel[0],
        "pls_auc": duel[1],
        "lead_auc_rows": duel[2],
        "odd_bills_planted": len(odd),
        "odd_bills_flagged": _flagged(env, bills_deployment, odd),
        "seconds": float(progress.get("seconds", "0")),
    }


def _duel(env, deployment, days):
    """AUC of the first scores of new leads, ours and Odoo's as logged then, on the leads whose horizon has passed."""
    env.cr.execute(
        """
        SELECT lead.won_status = 'won' AND lead.date_closed <= lead.create_date + horizon.days,
               line.predicted_value, line.incumbent_value
          FROM ai_deployment_inference AS line
          JOIN crm_lead AS lead ON lead.id = line.res_id
         CROSS JOIN (SELECT %s * INTERVAL '1 day' AS days) AS horizon
         WHERE line.deployment_id = %s AND line.is_intake AND line.failure_type IS NULL
           AND line.incumbent_value IS NOT NULL
           AND line.date < lead.create_date + INTERVAL '1 day'
           AND lead.create_date + horizon.days <= %s
        """,
        [deployment.horizon_days, deployment.id, days.at(days.count - 1, 1440)],
    )
    rows = env.cr.fetchall()
    labels = np.array([row[0] for row in rows], dtype=bool)
    ours, odoos = (np.array([row[place] for row in rows], dtype=float) for place in (1, 2))
    return round(performance.auc(labels, ours), 3), round(performance.auc(labels, odoos), 3), len(rows)


def _flagged(env, deployment, ids):
    env.cr.execute(
        "SELECT COUNT(DISTINCT res_id) FROM ai_deployment_inference"
        " WHERE deployment_id = %s AND prediction AND res_id = ANY(%s)",
        [deployment.id, ids],
    )
    return env.cr.fetchone()[0]
