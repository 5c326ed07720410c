"""Serving version and challenger: each change is stored as an assignment."""

from typing import Any

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools import clock
from ..tools.limits import LONGEST_TOLD
from . import events


def assign_champion(deployment: BaseModel, version: BaseModel, reason: str, way: str = "promotion") -> BaseModel:
    """Let `version` serve from now on; the one before it is kept in the history.

    A challenger was compared with the version before, so it is withdrawn.

    :param way: of `ai.deployment.assignment`
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
    _end(serving, "")
    made = assignments.create(_values(deployment, version, "champion", reason, way=way))
    withdraw_challenger(deployment, env._("%s serves now.", version.name))
    events.follow(deployment, events.CHAMPION_CHANGED)
    return made


def assign_challenger(deployment: BaseModel, version: BaseModel, reason: str) -> BaseModel:
    """Let `version` score beside the serving one from now on; return the assignment, the standing one if there is one.

    :raise UserError: it is of another deployment, serves itself, there is nothing to score beside, or it cannot score
    """
    deployment.ensure_one()
    env = deployment.env
    if version.deployment_id != deployment:
        raise UserError(env._("This version belongs to another deployment."))
    if deployment.state == "retired":
        raise UserError(env._("“%s” is retired.", deployment.name))
    if not deployment.champion_id or version == deployment.champion_id:
        raise UserError(env._("%s cannot challenge itself: it is the serving version.", version.name))
    if fault := version._fault():
        raise UserError(env._("%(name)s cannot score: %(why)s", name=version.name, why=fault))
    standing = challenging(deployment)
    if standing.version_id == version:
        return standing
    _end(standing, env._("%s is the challenger now.", version.name))
    made = env["ai.deployment.assignment"].sudo().create(_values(deployment, version, "challenger", reason))
    events.follow(deployment, events.CHALLENGER_CHANGED)
    return made


def withdraw_challenger(deployment: BaseModel, reason: str) -> BaseModel:
    """Let the challenger score no more; return its assignment, empty where there was none."""
    ended = challenging(deployment)
    if ended:
        _end(ended, reason)
        events.follow(deployment, events.CHALLENGER_CHANGED)
    return ended


def challenging(deployment: BaseModel) -> BaseModel:
    """Return the assignment of the challenger of `deployment`; empty where there is none."""
    return (
        deployment.env["ai.deployment.assignment"]
        .sudo()
        .search([("deployment_id", "=", deployment.id), ("role", "=", "challenger"), ("end_date", "=", False)])
    )


def _end(assignment: BaseModel, reason: str) -> None:
    if assignment:
        now = clock.now()  # it began later where the clock was ahead
        assignment.write(
            {"end_date": max(now, assignment.start_date or now), "end_reason": reason[:LONGEST_TOLD] or False}
        )
        assignment.flush_recordset()


def _values(deployment: BaseModel, version: BaseModel, role: str, reason: str, **values: str) -> dict[str, Any]:
    return {
        "deployment_id": deployment.id,
        "version_id": version.id,
        "role": role,
        "start_date": clock.now(),
        "user_id": deployment.env.uid,
        "reason": reason,
        **values,
    }
