"""What follows from the verdict on a new version: it is promoted, proposed to the owner, or kept for a decision.

A version of which the test says too little scores beside the serving one, as its challenger, until more is known.
"""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..deployment.life_cycle import LIVE
from ..deployment.serving import challenging
from ..tools import clock
from ..tools.limits import LONGEST_TOLD
from ..tools.trust import own

AUTOMATIC, PROPOSE, MANUAL = "automatic", "propose", "manual"
REST_DAYS = 7  # after an automatic rollback, at least, in which nothing is promoted automatically


def follow_policy(version: BaseModel, champion: BaseModel, training: BaseModel) -> str:
    """Do what the deployment's policy says of `version`, store it on `training`, and return it as a sentence.

    :param version: a new ai.deployment.version with all rights
    :param champion: the version that served when it was compared; empty for the first one
    """
    deployment, env = training.deployment_id, training.env
    training.attempt = attempts(version, champion)
    if not champion:
        training.decision = "promoted"
        return env._("%s is the first version and serves now.", version.name)
    found = version.verdict_text or dict(version._fields["verdict"]._description_selection(env))[version.verdict]
    training.decision = "kept"
    if version.verdict == "inconclusive" and deployment.promotion_policy != MANUAL:
        entered = enter(version, env._("After its training: %s", found))
        told = env._("%(version)s was not promoted. %(found)s", version=version.name, found=found)
        return f"{told} {entered}".strip()
    if version.verdict != "better":
        return env._("%(version)s was not promoted. %(found)s", version=version.name, found=found)
    if deployment.promotion_policy == MANUAL:
        return env._("%(version)s waits for a decision. %(found)s", version=version.name, found=found)
    why = ""
    if deployment.promotion_policy == AUTOMATIC:
        why = promote(version, found)
        if not why:
            training.decision = "promoted"
            return env._("%(version)s was promoted and serves now. %(found)s", version=version.name, found=found)
    training.decision = "proposed"
    propose(version, found, why)
    entered = enter(version, env._("After its training: %s", found), replaces=True)
    told = env._("%(version)s was proposed to the owner. %(found)s", version=version.name, found=found)
    return " ".join(filter(None, (told, why, entered)))


def enter(version: BaseModel, reason: str, *, replaces: bool = False) -> str:
    """Let a new version score beside the serving one; return what was done as a sentence.

    A challenger without a verdict is not replaced by one of which no more is known: evidence would never add up.

    :param version: with all rights
    :param replaces: whether it takes the place of another challenger
    """
    deployment, env = version.deployment_id, version.env
    if deployment.state not in LIVE:
        return ""
    standing = deployment.challenger_id
    if standing and not replaces and not challenging(deployment).verdict:
        return env._("%s is the challenger already and is judged first.", standing.name)
    try:
        with env.cr.savepoint():
            deployment._assign_challenger(version, reason[:LONGEST_TOLD])
    except UserError as error:
        return str(error)
    return env._("It scores beside the serving version now, as its challenger.")


def follow_verdict(assignment: BaseModel) -> str:
    """Do what the policy says of a challenger that was judged on what it scored; return it as a sentence.

    :param assignment: ai.deployment.assignment of the challenger, with all rights
    """
    version, deployment, env = assignment.version_id, assignment.deployment_id, assignment.env
    found = assignment.verdict_text or ""
    is_automatic = deployment.promotion_policy == AUTOMATIC
    if assignment.verdict == "worse":
        text = env._("The challenger %(version)s was set aside. %(found)s", version=version.name, found=found)
        deployment._withdraw_challenger(text)
    elif assignment.verdict != "better" or deployment.promotion_policy == MANUAL:
        return ""
    else:
        why = promote(version, found) if is_automatic else ""
        if is_automatic and not why:
            text = env._("%(version)s was promoted and serves now. %(found)s", version=version.name, found=found)
        else:
            propose(version, found, why)
            text = env._("%(version)s was proposed to the owner. %(found)s", version=version.name, found=found)
            text = f"{text} {why}".strip()
    deployment.message_post(body=text)
    return text


def promote(version: BaseModel, found: str) -> str:
    """Promote a better version; return why that is left to a person, empty where it is done."""
    deployment, env = version.deployment_id, version.env
    last = deployment.assignment_ids.filtered(lambda one: one.role == "champion" and not one.end_date)[:1]
    rest = timedelta(days=max(deployment.probation_days, REST_DAYS))
    if last.way == "automatic_rollback" and last.start_date > clock.now() - rest:
        return env._("The last promotion was rolled back automatically, so a person decides about the next one.")
    try:
        with env.cr.savepoint():
            version._promote(env._("Promoted automatically: %s", found))
    except UserError as error:  # what it lacks is for a person
        return str(error)
    return ""


def propose(version: BaseModel, found: str, why: str = "") -> None:
    """Ask the owner to promote a better version."""
    deployment, env = version.deployment_id, version.env
    summary = env._("%(version)s is better: promote it? %(found)s", version=version.name, found=found)
    own(deployment).activity_schedule(
        "ai_deployment.mail_activity_type_retrain",
        user_id=deployment._person_to_tell().id,
        date_deadline=clock.today() + timedelta(days=7),
        summary=summary[:250],
        note=why or False,
    )


def attempts(version: BaseModel, champion: BaseModel) -> int:
    """Return which attempt at replacing `champion` the version is; 0 for the first version of a deployment."""
    if not champion:
        return 0
    return len(version.deployment_id.version_ids.filtered(lambda one: champion.number < one.number <= version.number))
