"""Serving version: each change is stored as an assignment."""

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools import clock
from . import events


def assign_champion(deployment: BaseModel, version: BaseModel, reason: str) -> BaseModel:
    """Let `version` serve from now on; the one before it is kept in the history.

    :return: the assignment, the standing one where it serves already
    :raise UserError: where it is a version of another deployment
    """
    deployment.ensure_one()
    env = deployment.env
    if version.deployment_id != deployment:
        raise UserError(env._("This version belongs to another deployment."))
    assignments = env["ai.deployment.assignment"].sudo()
    serving = assignments.search(
        [("deployment_id", "=", deployment.id), ("role", "=", "champion"), ("end_date", "=", False)]
    )
    if serving.version_id == version:
        return serving
    now = clock.now()
    serving.end_date = max(now, serving.start_date or now)  # it began later where the clock was ahead
    serving.flush_recordset()
    made = assignments.create(
        {
            "deployment_id": deployment.id,
            "version_id": version.id,
            "role": "champion",
            "start_date": now,
            "user_id": env.uid,
            "reason": reason,
        }
    )
    events.follow(deployment, events.CHAMPION_CHANGED)
    return made
