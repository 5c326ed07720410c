"""Governance in the story: proofs of the checklist, a version that wins its place, a week of the fallback, the value.

Each step is taken by the person whose it is, through the product's own doors, on the day that is told.
"""

from odoo import fields

from odoo.addons.ai_deployment.models.alerting.alert_kinds import TEST_ALERT
from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.health.crons import JOBS
from odoo.addons.ai_deployment.models.tools import clock

from .deployments import BILLS, DECIDERS, LEADS, as_owner, both, carry_out_trainings, explain, of_leads
from .people import user

FINANCE = "david"
MONITOR = "ir_cron_monitor"
HOURLY_COST, MINUTES, RUNNING_COST = 48.0, 6.0, 40.0
# What the owner writes down before anybody decides, by deployment.
PLANS = {
    LEADS: {
        "limits": "It knows nothing about price: where a competitor is cheaper, it says too much. Leads from trade "
        "fairs are few, so their chances are rough. It says nothing about the size of an order.",
        "retraining_plan": "The sales manager trains a new version every quarter, and when drift lasts for two weeks, "
        "on all leads that have ended since. It serves when it is better on the latest leads.",
        "floor_auc": 0.6,
        "stop_after": 3,
        "fallback": "incumbent",
    },
    BILLS: {
        "limits": "It sees what is unusual for a vendor, not what is wrong: an honest large order is flagged too, and "
        "a small regular fraud is not. A vendor's first bills cannot be compared with anything.",
        "retraining_plan": "The chief accountant trains a new version twice a year, and when the chart of accounts "
        "changes, on all posted bills. It serves when it flags no more than is set.",
        "floor_precision": 0.05,
        "stop_after": 3,
        "fallback": "constant",
        "value_minutes": MINUTES,
        "value_hourly_cost": HOURLY_COST,
        "value_running_cost": RUNNING_COST,
    },
}
# Cases that a person decides whatever the score says, by deployment.
EDGE_CASES = {
    LEADS: {
        "name": "Orders above 100,000",
        "domain": "[('expected_revenue', '>', 100000)]",
        "note": "There are a handful a year. Ask the sales manager before you call.",
    },
    BILLS: {
        "name": "Bills above 30,000",
        "domain": "[('amount_total', '>', 30000)]",
        "note": "The chief accountant looks at each of them.",
    },
}


def plan(env):
    """The owners write down what they promise, and ask finance to read and sign it."""
    for deployment in both(env):
        own = as_owner(deployment)
        approver = user(env, DECIDERS[deployment.name])
        # The job that scores at night does not run while the story is told.
        own.write({**PLANS[deployment.name], "approver_id": approver.id, "score_nightly": True})
        env["ai.deployment.edge.case"].with_user(own.env.user).create(
            {"deployment_id": own.id, **EDGE_CASES[deployment.name]}
        )


def score(deployment, records):
    """Score as the user of `records` does from the Action menu of a list."""
    context = {"active_model": records._name, "active_ids": records.ids, "active_id": records[:1].id}
    deployment.sudo().action_server_id.with_env(records.env).with_context(**context).run()


def improve(env, inputs):
    """After three days the sales manager adds what she left out; the new version is tested against the serving one.

    Bills are trained again as well, so that it is known that this works.
    """
    inputs(as_owner(of_leads(env)))
    for deployment in both(env):
        as_owner(deployment).action_train()
    carry_out_trainings(both(env))
    own = as_owner(of_leads(env))
    latest = own.version_ids.sorted("number")[-1:]
    if not own.challenger_id and latest != own.champion_id and latest.verdict != "worse":
        latest.action_challenge()


def promote(env, still_open):
    """Two days later, what has scored beside takes its place, and scores what is open."""
    own = as_owner(of_leads(env))
    if own.challenger_id:
        explain(own.challenger_id)
        own.challenger_id.action_promote()
        score(own, still_open.with_user(own.env.user))


def prove(env):
    """Two days before the decision: every row of both checklists gets its proof."""
    run_jobs(env)
    for deployment in both(env):
        own = as_owner(deployment)
        own.action_accept()
        explain(own.champion_id)
        people = env["ai.deployment.signature"].with_user(own.env.user)
        people.create({"deployment_id": own.id, "role": "finance", "user_id": user(env, FINANCE).id})
        own.signature_ids.with_user(user(env, FINANCE)).action_sign()
        env["ai.deployment.baseline"].with_user(own.env.user).create({"deployment_id": own.id}).action_measure()
        budget = env["ai.deployment.budget"].with_user(own.env.user).with_context(default_deployment_id=own.id)
        budget.create({}).action_plan()
        own.action_look_at_checklist()
        runs_here = own.check_ids.filtered(lambda row: row.code == "runs_here")
        if runs_here.state != "met":
            runs_here.action_satisfy()
        own.edge_case_ids.action_try()
        own._run_drill("faults")
        own._run_drill("alert")
        _read_something(own)
        own.action_look_at_checklist()


def go_live(env):
    """The approvers, who have built nothing of it, decide on what is proved.

    :raise RuntimeError: which rows are not
    """
    run_jobs(env)
    for deployment in both(env).filtered(lambda one: one.state == "shadow"):
        deployment.action_look_at_checklist()
        missing = deployment.check_ids.filtered(lambda row: row.state != "met")
        if missing:
            rows = "; ".join(f"{row.code}: {row.evidence}" for row in missing)
            raise RuntimeError(f"{deployment.name} is not ready: {rows}")
        Approval(deployment.with_user(deployment.approver_id)).sign(
            "go",
            "Two weeks in shadow look sensible, and every row has its proof. It is a demonstration all the same: the "
            "records were made up.",
            deployment.review_date,
        )


def suspend(env):
    """For a week the sales manager shows Odoo's own estimate."""
    own = as_owner(of_leads(env))
    own._suspend("The web form is being rebuilt this week, and half of its fields arrive empty.")


def resume(env):
    run_jobs(env)
    as_owner(of_leads(env)).action_go_live()


def measure_value(env):
    """On the last evening the owners look at what it has brought since."""
    for deployment in both(env):
        as_owner(deployment).action_measure_value()


def run_jobs(env):
    """Run what tells and looks; the day that is told stands in for Odoo's clock here as well."""
    others = env["ir.cron"].with_context(active_test=False).search([("cron_name", "=like", "AI Deployment:%")])
    others -= env.ref(f"ai_deployment.{MONITOR}")
    others.write({"lastcall": clock.now(), "nextcall": clock.now()})
    for job in JOBS:
        if job.watches and job.xmlid != MONITOR:
            env.ref(f"ai_deployment.{job.xmlid}").ir_actions_server_id.run()
    env.flush_all()


def monitor(env):
    """Monitor, as every night."""
    env["ai.deployment"]._cron_monitor()
    env.ref(f"ai_deployment.{MONITOR}").write({"lastcall": clock.now(), "nextcall": clock.now()})


def restore_jobs(env):
    """From now on Odoo's own clock says when they run."""
    crons = env["ir.cron"].with_context(active_test=False).search([("cron_name", "=like", "AI Deployment:%")])
    now = fields.Datetime.now()
    crons.write({"lastcall": now, "nextcall": now})  # they have run in the time of the story
    # The database is renamed when the story is told; it was not restored from another one.
    env["ir.config_parameter"].sudo().search([("key", "=", "ai_deployment.database")]).unlink()


def _read_something(own):
    """The owner opens the latest report, or a test alert where there is no report yet."""
    if own.report_ids:
        own.report_ids[:1].web_read({"line_ids": {}})
    else:
        own.action_send_test_alert()
        own.alert_ids.filtered(lambda alert: alert.cause == TEST_ALERT).web_read({"suggestion": {}})
