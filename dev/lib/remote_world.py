"""A deployment on leads that a remote model serves, for benches and drills."""

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.tests.remote.model_server import contract_of

INPUTS = {"expected_revenue": "amount", "city": "city"}


def make_world(env, server, **endpoint):
    """(a deployment in shadow, {protocol: its endpoint}, {protocol: a version bound to it}); MLflow serves."""
    env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", server.host)
    env["crm.lead"].create([_lead(number) for number in range(20)])
    deployment = env["ai.deployment"].create(
        {
            "name": "Remote",
            "purpose": "Asks a model that runs elsewhere.",
            "is_primary": False,
            "model_id": env["ir.model"]._get("crm.lead").id,
            "min_confidence": 0.0,
            "audit_share": 0.0,
            "batch_above": 0,
            "score_on_create": False,
            "score_nightly": False,
            "feature_ids": [(0, 0, {"path": path}) for path in INPUTS],
        }
    )
    deployment._review_rule("out_of_support").is_on = False
    endpoints, versions = {}, {}
    for protocol in ("mlflow", "inference_v2", "json", "chat"):
        values = {"name": protocol, "protocol": protocol, "address": server.address(protocol), **endpoint}
        endpoints[protocol] = env["ai.deployment.endpoint"].create(values)
        versions[protocol] = bind(deployment, endpoints[protocol], contract_of(protocol, INPUTS))
    deployment._assign_champion(versions["mlflow"], "drill")
    deployment.state = "shadow"
    env.cr.commit()
    return deployment, endpoints, versions


def make_some(env, count, **values):
    """`count` leads that are rated highly."""
    quiet = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
    leads = (
        env["crm.lead"]
        .with_context(**quiet)
        .create([{**_lead(number), "expected_revenue": 50_000 + number, **values} for number in range(count)])
    )
    env.cr.commit()
    return leads


def _lead(number):
    return {"name": f"Lead {number}", "type": "opportunity", "expected_revenue": 4_000 * number, "city": "Ghent"}


def work(env, deployment, leads):
    """Ask for `leads` as a batch, and work it off as a lane does."""
    env["ai.deployment.batch"]._ask(deployment, leads.ids, again=True)
    env.cr.commit()
    env["ai.deployment.batch.chunk"].with_context(lang="en_US")._cron_work()
    env.invalidate_all()
