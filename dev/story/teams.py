"""The third deployment: a language model reads new leads and says which team each is for; three weeks in shadow.

The model is the built-in test server, which answers like one: sure where the country is known, less sure where it has
to guess, and now and then in a form that nobody asked for. People review what it is not sure of.
"""

from random import Random

from odoo.fields import Domain

from odoo.addons.ai_deployment.models.tools import clock

from .language_task import declare_task, served, served_address
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
    with served(env) as server:
        deployment = of_teams(env) or _declare(env, days, server)
        deployment.champion_id.endpoint_id.address = server.address("chat")
        env.cr.commit()
        for day in range(days.count - DAYS, days.count):
            _tell_day(env, days, leads, deployment, day)
    deployment.champion_id.endpoint_id.address = served_address()


def of_teams(env):
    return env["ai.deployment"].search([("name", "=", TEAM)])


def _declare(env, days, server):
    with clock.at(days.at(days.count - DAYS, MORNING)):
        endpoint = env["ai.deployment.endpoint"].create(
            {
                "name": "Language model in the cellar",
                "protocol": "chat",
                "address": server.address("chat"),
                "price_per_token": 0.002,
            }
        )
        return declare_task(
            env,
            days,
            {
                "name": TEAM,
                "purpose": "Reads each new lead and proposes the sales team that it is for, so that nobody has to sort "
                "them by hand. It proposes only: the team on the lead stays as people set it.",
                "model_id": env["ir.model"]._get_id("crm.lead"),
                "method": "classify",
                "review_hours": 40,
                "answer_field_ids": [(0, 0, {"key": "team_id", "domain": f"[('name', 'in', {[*TEAMS]})]"})],
            },
            {"owner": "maya", "deputy": "ben", "reviewers": SELLERS},
            FIELDS,
            endpoint,
            {"inputs": NAMES, "prompt": PROMPT},
        )


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
