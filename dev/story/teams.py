"""The third deployment: a language model reads new leads and says which team each is for; three weeks in shadow.

The model is the built-in test server, which answers like one: sure where the country is known, less sure where it has
to guess, and now and then in a form that nobody asked for. People review what it is not sure of.
"""

from datetime import timedelta
from random import Random

from odoo.fields import Domain

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.models.tools import clock

from lib.language_model import PORT, language_model

from .deployments import add_inputs, as_owner, declare_one
from .people import SELLERS, TEAMS

TEAM = "Which team a lead is for"
DAYS = 15
MORNING, EVENING = 8 * 60, 18 * 60
PROMPT = (
    "You sort the enquiries of a firm that makes pumps. Customers in the United States and Canada belong to Inland, "
    "all others to Export. Say how sure you are, from 0 to 1; if you have to guess, say less than 0.8."
)
FIELDS = [("name", "Subject", {}), ("country_id", "Country", {}), ("lang_id", "Language", {}), ("city", "City", {})]
NAMES = {"name": "subject", "country_id": "country", "lang_id": "language", "city": "city"}


def tell(env, days, leads):
    """Declare it, let it answer for the last weeks, and let people review what it was not sure of."""
    server = language_model()
    try:
        env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", server.host)
        deployment = of_teams(env)
        if not deployment:
            deployment = _declare(env, days, server)
        deployment.champion_id.endpoint_id.address = server.address("chat")
        env.cr.commit()
        for day in range(days.count - DAYS, days.count):
            _tell_day(env, days, leads, deployment, day)
    finally:
        server.close()
    env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", f"127.0.0.1:{PORT}")
    deployment.champion_id.endpoint_id.address = f"http://127.0.0.1:{PORT}/chat"


def of_teams(env):
    return env["ai.deployment"].search([("name", "=", TEAM)])


def _declare(env, days, server):
    start = days.count - DAYS
    with clock.at(days.at(start, MORNING)):
        deployment = declare_one(
            env,
            {
                "name": TEAM,
                "purpose": "Reads each new lead and proposes the sales team that it is for, so that nobody has to sort "
                "them by hand. It proposes only: the team on the lead stays as people set it.",
                "model_id": env["ir.model"]._get_id("crm.lead"),
                "method": "classify",
                "min_confidence": 0.8,
                "review_hours": 40,
                "review_date": days.dates[-1] + timedelta(days=60),
                "answer_field_ids": [(0, 0, {"key": "team_id", "domain": f"[('name', 'in', {[*TEAMS]})]"})],
            },
            owner="maya",
            deputy="ben",
            reviewers=SELLERS,
            viewers=[],
        )
        add_inputs(deployment, FIELDS)
        endpoint = env["ai.deployment.endpoint"].create(
            {
                "name": "Language model in the cellar",
                "protocol": "chat",
                "address": server.address("chat"),
                "price_per_token": 0.002,
            }
        )
        contract = {"protocol": "chat", "inputs": NAMES, "model": "tiny", "prompt": PROMPT}
        version = bind(deployment.sudo(), endpoint, contract)
        as_owner(deployment)._assign_champion(version, "The first version")
        as_owner(deployment).action_start_shadow()
        _drop_first_load(env, deployment)
    return deployment.with_env(env)


def _drop_first_load(env, deployment):
    """Starting shadow asks for all open leads; here it begins with those that come."""
    env["ai.deployment.batch"].search([("deployment_id", "=", deployment.id)]).sudo().action_cancel()


def _tell_day(env, days, leads, deployment, day):
    numbers = [number for number, lead in enumerate(leads.plan) if lead.day == day]
    ids = leads.ids()
    came = [ids[number] for number in numbers if number < len(ids)]
    with clock.at(days.at(day, EVENING)):
        if came:
            env["ai.deployment.batch"]._ask(deployment.sudo(), came)
            env.cr.commit()
            env["ai.deployment.batch.chunk"].with_context(lang="en_US")._cron_work()
        env["ai.deployment.review"]._cron_assign()
        _review(env, days, deployment, day)
    env.flush_all()
    env.cr.commit()


def _review(env, days, deployment, day):
    """Sellers answer most of what was asked before today: each knows the team that a lead is for."""
    asked = Domain("deployment_id", "=", deployment.id) & Domain("state", "=", "open")
    asked &= Domain("reviewer_id", "!=", False) & Domain("opened_date", "<", str(days.date(day)))
    for review in env["ai.deployment.review"].search(asked, order="id"):
        random = Random(f"team {review.id}")
        own = review.with_user(review.reviewer_id)
        team = review._document().team_id
        if random.random() < 0.7 and own._document().has_access("read"):
            seconds = round(random.lognormvariate(2, 0.5))
            own._decide("confirmed", seconds=seconds, values={"team_id": str(team.id)})
