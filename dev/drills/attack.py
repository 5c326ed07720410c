"""Attack a copy of the demonstration over HTTP as named users; one figure per kind of attack, met where nothing passed.

Without a demonstration (`dev/demo --once` builds one), or with AI_DEPLOYMENT_SMALL=1, a small database with the same
people is prepared instead.
AI_DEPLOYMENT_ATTACKS=NAME,NAME tries these alone, and prints what is refused.
"""

import os
import tempfile
import time

import requests
from drills import (
    _attacks_companies,
    _attacks_context,
    _attacks_defaults,
    _attacks_duties,
    _attacks_onchange,
    _attacks_robustness,
    _attacks_rules,
    _attacks_scope,
    _attacks_system_fields,
)
from drills._attack_small import prepare
from drills._attack_world import ATTACKERS, OWN_PEOPLE, PASSWORD, REGISTRY, NotCarriedOut, World

from odoo import Command

from odoo.addons.ai_deployment.models.tools import database

from lib import lanes
from lib.figures import Figure
from lib.talk import Failure
from story import deployments
from story.people import user as person_of_story

SMALL = 100_000  # attacks: all of them, in a small database
DEMONSTRATION = True
MUST_BE_MET = True
START_S = 90
LEAST_ATTACKS = 60
KINDS = {
    "user_defaults": _attacks_defaults,
    "onchange": _attacks_onchange,
    "context_keys": _attacks_context,
    "system_fields": _attacks_system_fields,
    "segregation_of_duties": _attacks_duties,
    "leaving_the_scope": _attacks_scope,
    "record_rules": _attacks_rules,
    "companies": _attacks_companies,
    "robustness": _attacks_robustness,
}


def run(env, options, say):
    env = env(user=env.ref("base.user_root"), context={})
    if not person_of_story(env, "helen"):
        say("No demonstration was built: preparing a small database ...")
        prepare(env)
    people = _hire_attackers(env)
    chosen = os.environ.get("AI_DEPLOYMENT_ATTACKS", "").split(",")
    database.confirm(env)  # a copy tells nobody before an administrator says so
    env.cr.commit()
    attacks = [attack for attack in REGISTRY if chosen == [""] or attack.name in chosen][: options.limit]
    outcomes = {kind: [] for kind in KINDS}
    broken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        lanes.node(env, "attack", folder, "--workers=0", "--max-cron-threads=0") as server,
    ):
        world = World(
            env,
            f"http://127.0.0.1:{server.port}",
            people,
            deployments.of_leads(env),
            deployments.of_bills(env),
            trace=say if chosen != [""] else lambda text: None,
        )
        _wait_for(server, world.base)
        world.remember()
        for attack in attacks:
            try:
                got = attack.run(world)
            except NotCarriedOut as error:
                got = None
                broken.append(attack)
                say(f"  could not be carried out: {attack.kind}: {attack.name}: {error}")
            except Exception as error:  # noqa: BLE001 - one attack that fails must not hide the others
                got = None
                broken.append(attack)
                say(f"  could not be carried out: {attack.kind}: {attack.name}: {type(error).__name__}: {error}")
            outcomes[attack.kind].append((attack, got))
            if got:
                say(f"  GOT THROUGH: {attack.kind}: {attack.name}: {attack.tries} {'' if got is True else got}")
            world.restore()
    return _figures(outcomes, broken, len(attacks) < len(REGISTRY))


def _figures(outcomes, broken, is_part):
    tried = sum(map(len, outcomes.values()))
    return [
        Figure("attacks", tried, "attacks", f">= {LEAST_ATTACKS}", None if is_part else tried >= LEAST_ATTACKS),
        Figure("not_carried_out", len(broken), "attacks", "0", not broken),
        *(
            Figure(
                kind,
                sum(bool(got) for _attack, got in results),
                f"of {len(results)} got through",
                "0",
                not any(got for _attack, got in results),
            )
            for kind, results in outcomes.items()
            if results
        ),
    ]


def _hire_attackers(env):
    """{name: (user, password)}: the people of the story under the names of their roles, and those who attack."""
    own, main = {}, env.company
    for name, login in OWN_PEOPLE.items():
        own[name] = (person_of_story(env, login), login)
    other = env["res.company"].create({"name": "Other Company", "country_id": main.country_id.id})
    users = env["res.users"].with_context(no_reset_password=True, mail_create_nolog=True, tracking_disable=True)
    main.partner_id.email = main.partner_id.email or "office@example.com"
    for name, (groups, elsewhere) in ATTACKERS.items():
        company = other if elsewhere else main
        user = users.create(
            {
                "login": f"attack_{name}",
                "password": PASSWORD,
                "name": f"Attacker {name}",
                "email": f"attack_{name}@attack.example",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([env.ref(group).id for group in groups])],
                "notification_type": "email" if name == "portal" else "inbox",
            }
        )
        own[name] = (user, PASSWORD)
    env.flush_all()
    env.cr.commit()
    return own


def _wait_for(server, base):
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Failure("the server that is attacked ended by itself.")
        try:
            requests.get(f"{base}/web/health", timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.3)
    raise Failure("the server that is attacked did not answer in time.")
