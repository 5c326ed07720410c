"""What follows from the verdict on a new version: it is promoted, proposed to the owner, or kept for a decision."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools import clock
from ..tools.trust import own

AUTOMATIC, PROPOSE, MANUAL = "automatic", "propose", "manual"


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
    if version.verdict != "better":
        return env._("%(version)s was not promoted. %(found)s", version=version.name, found=found)
    if deployment.promotion_policy == MANUAL:
        return env._("%(version)s waits for a decision. %(found)s", version=version.name, found=found)
    why = ""
    if deployment.promotion_policy == AUTOMATIC:
        try:
            with env.cr.savepoint():
                version._promote(env._("Promoted automatically: %s", found))
        except UserError as error:  # what it lacks is for a person
            why = str(error)
        else:
            training.decision = "promoted"
            return env._("%(version)s was promoted and serves now. %(found)s", version=version.name, found=found)
    training.decision = "proposed"
    summary = env._("%(version)s is better: promote it? %(found)s", version=version.name, found=found)
    own(deployment).activity_schedule(
        "ai_deployment.mail_activity_type_retrain",
        user_id=deployment._person_to_tell().id,
        date_deadline=clock.today() + timedelta(days=7),
        summary=summary[:250],
        note=why or False,
    )
    return " ".join(
        filter(
            None, (env._("%(version)s was proposed to the owner. %(found)s", version=version.name, found=found), why)
        )
    )


def attempts(version: BaseModel, champion: BaseModel) -> int:
    """Return which attempt at replacing `champion` the version is; 0 for the first version of a deployment."""
    if not champion:
        return 0
    return len(version.deployment_id.version_ids.filtered(lambda one: champion.number < one.number <= version.number))
