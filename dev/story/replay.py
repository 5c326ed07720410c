"""Ten weeks, day by day: leads and bills come and are scored, people work, Odoo's and the product's crons run.

The product's clock stands at the day that is told. A day's business and its marker are committed together, before the
crons, so that a day that was begun and broken off is either told again or not at all.
"""

from odoo import fields

from odoo.addons.ai_deployment.models.tools import clock

from . import deployments, governance, reviewers
from .people import user

EVENING, NIGHT = 17 * 60 + 30, 22 * 60


def run(env, days, leads, bills, progress):
    told = int(progress.get("replayed", "0"))
    for count, day in enumerate(days.replayed(), start=1):
        if count <= told:
            continue
        if count % 5 == 1:
            progress.say(f"Week {count // 5 + 1} of 10 ...")
        latest = _latest_message(env)
        with clock.at(days.at(day, EVENING)):
            _tell_day(env, days, leads, bills, day)
            reviewers.work(env, days, leads, bills, day)
        _date_chatter(env, latest, days.at(day, EVENING))
        progress.mark("replayed", count)
        _run_crons(env, days, leads, day)


def _tell_day(env, days, leads, bills, day):
    if day == days.training:
        _score_what_is_open(env, leads, bills)
    if day == days.go_live:
        governance.go_live(env)
    if day == days.suspension:
        governance.suspend(env)
    if day == days.resumption:
        governance.resume(env)
    bills.post(day)
    leads.move_on(day)
    leads.end(day)
    accountant = user(env, ("luis", "anna")[day % 2])
    new_bills = bills.come(day)
    env.flush_all()
    # In shadow people ask from the Action menu.
    score = governance.score if day < days.go_live else _score
    if new_bills:
        score(deployments.of_bills(env), new_bills.with_user(accountant))
    new_leads = leads.come(day)
    env.flush_all()
    if day == days.resumption:  # who came meanwhile has no score yet
        own = deployments.as_owner(deployments.of_leads(env))
        own._score(leads.still_open().with_user(own.env.user))
    elif new_leads and not days.suspension <= day < days.resumption:
        score(deployments.of_leads(env), new_leads.with_context(active_test=True))


def _score(deployment, records):
    deployment._score(records)


def _score_what_is_open(env, leads, bills):
    """On the first morning the owners score what lies on the desks."""
    own = deployments.as_owner(deployments.of_leads(env))
    own._score(leads.still_open().with_user(own.env.user))
    own = deployments.as_owner(deployments.of_bills(env))
    own._score(bills.drafts().with_user(own.env.user))


def _run_crons(env, days, leads, day):
    latest = _latest_message(env)
    with clock.at(days.at(day, NIGHT)):
        if day == days.improvement:
            governance.improve(env, deployments.add_later)
        if day == days.promotion:
            governance.promote(env, leads.still_open())
        if day == days.challenge:
            deployments.challenge(env)
        if days.ends_week(day):
            env["crm.lead"]._cron_update_automated_probabilities()
        env["ai.deployment.review"]._cron_tidy()
        governance.monitor(env)
        if day == days.proof:
            governance.prove(env)
    _date_chatter(env, latest, days.at(day, NIGHT))
    env.flush_all()
    env.cr.commit()


def _latest_message(env):
    env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM mail_message")
    return env.cr.fetchone()[0]


def _date_chatter(env, latest, moment):
    """Messages and finished activities are dated by Odoo's clock; the story's day is another one."""
    env.flush_all()
    env.cr.execute("UPDATE mail_message SET date = %s, create_date = %s WHERE id > %s", [moment, moment, latest])
    env.cr.execute(
        "UPDATE mail_activity SET date_done = %s WHERE date_done >= %s", [moment.date(), fields.Date.today()]
    )
    env.invalidate_all()
