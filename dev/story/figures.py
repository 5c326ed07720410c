"""What came of it: every figure is read from the database, after the story."""

import contextlib

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.models.alerting.alert_kinds import TEST_ALERT
from odoo.addons.ai_deployment.models.tools import clock

from .bill_plan import BACKLOG, COPY
from .deployments import of_bills, of_leads
from .people import COMPANY
from .teams import of_teams

OWN_MODELS = ["ai.deployment", "ai.deployment.review", "ai.deployment.alert"]


def read(env, days, leads, bills, progress):
    env.invalidate_all()
    leads_deployment, bills_deployment = of_leads(env), of_bills(env)
    duel = _duel(env, leads_deployment, days)
    odd = sorted(id_ for ids in bills.odd_ids().values() for id_ in ids)

    copies = _tried(env, bills.odd_ids()[COPY], days)
    of_branch = [id_ for id_ in bills.ids_of_branch() if _came_since(env, id_, days)]

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
        "challenger_scored": count("ai.deployment.challenger.score", ("deployment_id", "=", leads_deployment.id)),
        "in_review": count("ai.deployment.review", ("state", "=", "open")),
        "reviews_decided": count("ai.deployment.review", ("state", "=", "decided")),
        "failed": count("ai.deployment.inference", ("failure_type", "!=", False)),
        "activities": env["mail.activity"].search_count([("res_model", "in", OWN_MODELS)]),
        "drift_alerts": count("ai.deployment.alert", *drift, ("level", "=", "alert")),
        "drift_notices": count("ai.deployment.alert", *drift, ("level", "=", "notice")),
        "performance_alerts": count(
            "ai.deployment.alert", ("cause", "=like", "performance:%"), ("level", "=", "alert")
        ),
        "alerts_before_change": count(
            "ai.deployment.alert", ("first_date", "<", str(days.date(days.change))), ("cause", "!=", TEST_ALERT)
        ),
        "lead_auc": duel[0],
        "pls_auc": duel[1],
        "lead_auc_rows": duel[2],
        "odd_bills_planted": len(odd),
        "odd_bills_flagged": _flagged(env, bills_deployment, odd),
        "duplicates_same_day_tried": len(copies),
        "duplicates_same_day_held": _held(env, bills_deployment, copies),
        "labels_after_archiving": _labels_after_archiving(env, leads_deployment),
        "branch_bills": len(of_branch),
        "branch_bills_looked_at": _scored(env, bills_deployment, of_branch),
        "leads_imported": len(leads.imported_ids()),
        **_teams(env, of_teams(env)),
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
         WHERE line.deployment_id = %s AND line.is_first_inference AND line.failure_type IS NULL
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


def _teams(env, deployment):
    """What became of the values that the language model proposed."""
    lines, proposals = env["ai.deployment.inference"], env["ai.deployment.proposal"]
    own = [("deployment_id", "=", deployment.id)]
    judged = proposals.search_count([*own, ("verdict", "!=", False), ("confidence", ">", 0)])
    right = proposals.search_count([*own, ("verdict", "=", "right")])
    failed = lines.search([*own, ("failure_type", "!=", False)])
    reviews = env["ai.deployment.review"].search([*own, ("inference_id", "in", failed.ids)])
    return {
        "teams_proposed": proposals.search_count([*own, ("failure_type", "=", False)]),
        "teams_automatic": lines.search_count([*own, ("route", "=", "automatic")]),
        "teams_reviewed": judged,
        "teams_agreed": right,
        "teams_malformed": len(failed),
        "teams_malformed_in_review": len(set(reviews.mapped("res_id")) & set(failed.mapped("res_id"))),
        "teams_tokens": sum(env["ai.deployment.endpoint.call"].search(own).mapped("tokens")),
    }


def _flagged(env, deployment, ids):
    env.cr.execute(
        "SELECT COUNT(DISTINCT res_id) FROM ai_deployment_inference"
        " WHERE deployment_id = %s AND prediction AND res_id = ANY(%s)",
        [deployment.id, ids],
    )
    return env.cr.fetchone()[0]


def _tried(env, ids, days):
    """Copies of the last days, which an accountant has tried to post behind the gate."""
    return [id_ for id_ in ids if _came_since(env, id_, days, days.count - BACKLOG)]


def _came_since(env, id_, days, day=None):
    """Whether a bill came since the deployments score, or since `day`."""
    first = days.at(days.training if day is None else day, 0)
    return env["account.move"].browse(id_).create_date >= first


def _held(env, deployment, ids):
    """How many of these bills the gate has held, and are still no posted ones."""
    events = env["ai.deployment.gate.event"].search(
        [("deployment_id", "=", deployment.id), ("kind", "=", "held"), ("res_id", "in", ids)]
    )
    held = env["account.move"].browse(set(events.mapped("res_id")))
    return len(held.filtered(lambda bill: bill.state == "draft"))


def _scored(env, deployment, ids):
    """How many of these records have a current score."""
    return env["ai.deployment.score"].search_count(
        [("deployment_id", "=", deployment.id), ("state", "=", "scored"), ("res_id", "in", ids)]
    )


def _labels_after_archiving(env, deployment):
    """Of the leads that a version would learn from as won: how many still would, were all won leads archived."""

    def won():
        env.flush_all()
        return {row[0] for row in env["crm.lead"]._ai_training_rows(deployment, clock.now()) if row[2]}

    before = won()
    with contextlib.suppress(_Undone), env.cr.savepoint():
        env["crm.lead"].search([("won_status", "=", "won")]).with_context(tracking_disable=True).action_archive()
        kept = won() & before
        raise _Undone
    env.invalidate_all()
    return f"{len(kept)} of {len(before)}"


class _Undone(Exception):
    """Ends a savepoint whose changes are not kept."""
