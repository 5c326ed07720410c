"""The retraining procedure of a deployment, read from the records: who may, with what, when next, what came of it."""

from datetime import timedelta

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools import clock
from ..tools.wording import days_text, labelled, number
from .challenger_gate import MADE_ELSEWHERE

RUNS = 3  # latest trainings that are named


def procedure(deployment: BaseModel) -> list[tuple[str, str]]:
    """Return (what, text) of each part of the procedure, in the language of the reader."""
    env, told = deployment.env, deployment.sudo()
    elsewhere = told.champion_id.kind in MADE_ELSEWHERE
    return [
        *([(env._("Made Outside Odoo"), way_back(env, told))] if elsewhere else []),
        (env._("Authority"), _authority(env, told)),
        (env._("Budget"), _budget(env, told)),
        (env._("Calendar"), _calendar(env, told)),
        (env._("Test Beside the Serving Version"), _challenger(env, told)),
        (env._("After a Promotion"), _probation(env, told)),
        (env._("Latest Runs"), _runs(env, told)),
    ]


def way_back(env: Environment, deployment: BaseModel) -> str:
    """Return how a new version of a model that is made outside Odoo comes back.

    :param deployment: ai.deployment with all rights, whose serving version was made outside
    """
    back = {
        "pushed": "register_version",
        "remote": env._("Bind a Remote Model"),
        "pipeline": env._("Import a Model"),
    }[deployment.champion_id.kind]
    return env._(
        "Fetch fresh labelled records, clean, train and test where the model is made. The new version comes back by "
        "“%s”, scores beside the serving one as its challenger, and is promoted only if it is better.",
        back,
    )


def _authority(env: Environment, deployment: BaseModel) -> str:
    policy = dict(deployment._fields["promotion_policy"]._description_selection(env))[deployment.promotion_policy]
    people = ", ".join((deployment.user_id | deployment.deputy_id).mapped("name"))
    return env._(
        "%(people)s or an administrator train, promote, roll back and choose the challenger. Better versions: "
        "%(policy)s.",
        people=people,
        policy=policy,
    )


def _budget(env: Environment, deployment: BaseModel) -> str:
    return env._(
        "At most %(seconds)s seconds and %(megabytes)s MB a training; triggers start at most %(count)s within 30 days.",
        seconds=number(env, deployment.training_seconds),
        megabytes=number(env, deployment.training_megabytes),
        count=deployment.trainings_per_month,
    )


def _calendar(env: Environment, deployment: BaseModel) -> str:
    kinds = dict(deployment.trigger_ids._fields["kind"]._description_selection(env))
    texts = []
    for trigger in deployment.trigger_ids.filtered("active"):
        last = max(filter(None, (trigger.fired_date, deployment.champion_id.trained_date)), default=None)
        if trigger.kind == "schedule" and last:
            due = max((last + timedelta(days=trigger.threshold)).date(), clock.today())
            texts.append(env._("Next on %s, as scheduled", format_date(env, due)))
        else:
            texts.append(kinds[trigger.kind].replace("…", str(trigger.threshold)))
    if not texts:
        return env._(
            "No trigger and no schedule. Next review of the deployment: %s.", format_date(env, deployment.review_date)
        )
    return env._("Retraining: %s.", ". ".join(texts))


def _challenger(env: Environment, deployment: BaseModel) -> str:
    if not deployment.challenger_id:
        return env._("No challenger. A new version that is not clearly better scores beside the serving one first.")
    return env._(
        "%(version)s is the challenger. %(found)s",
        version=deployment.challenger_id.name,
        found=deployment.challenger_text or "",
    )


def _probation(env: Environment, deployment: BaseModel) -> str:
    if not deployment.probation_days:
        return env._("No automatic rollback; the version before is one click away.")
    return env._(
        "Automatic rollback for %s, if records fail, reviews exceed what people can answer, or scores are far "
        "from those expected.",
        days_text(env, deployment.probation_days),
    )


def _runs(env: Environment, deployment: BaseModel) -> str:
    trainings = deployment.training_ids.sorted("id", reverse=True)[:RUNS]
    if not trainings:
        return env._("No training was carried out yet.")
    states = dict(trainings._fields["state"]._description_selection(env))
    return " ".join(
        labelled(env, format_date(env, training.requested_date.date()), training.result_text or states[training.state])
        for training in trainings
    )
