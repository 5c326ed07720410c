"""The life of a deployment: proof of concept, shadow, production, suspended, retired.

A state changes only along `TRANSITIONS`, whoever writes it and however. Each step names what it needs; what is missing
is said in one sentence. Every step is stored (`ai.deployment.transition`) and never changed.
"""

from datetime import datetime

from odoo.api import Environment
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from ..tools.existence import has_any
from ..tools.trust import own
from . import events

LONGEST_REASON = 2000  # characters of why a deployment changed its state
STATES = [
    ("poc", "Proof of concept"),
    ("shadow", "Shadow"),
    ("production", "Production"),
    ("suspended", "Suspended"),
    ("retired", "Retired"),
]
TRANSITIONS = {
    "poc": {"shadow", "retired"},
    "shadow": {"production", "poc", "suspended", "retired"},
    "production": {"shadow", "suspended", "retired"},
    "suspended": {"shadow", "production", "retired"},
    "retired": set(),
}
LIVE = ("shadow", "production")


class Reason(str):
    """Reason of a transition, as requested by a wizard of the addon: a caller over HTTP can only send a plain text."""


def check_transition(deployment: BaseModel, target: str) -> None:
    """Check that the user may take `deployment` to the state `target`, and that nothing is missing for it.

    :raise AccessError: where the user does not answer for it
    :raise UserError: where there is no such step, or something is missing
    """
    env, state = deployment.env, deployment.state
    if target == state:
        return
    if not deployment._may_decide():
        raise AccessError(env._("Only the owner, the deputy or an administrator may do this."))
    labels = dict(deployment._fields["state"]._description_selection(env))
    if target not in labels:
        raise UserError(env._("There is no state “%s”.", target))
    if target not in TRANSITIONS[state]:
        raise UserError(env._("“%(old)s” cannot become “%(new)s”.", old=labels[state], new=labels[target]))
    missing = missing_for(deployment, target)
    if missing:
        raise UserError(
            env._(
                "“%(name)s” cannot be set to “%(new)s”: %(why)s", name=deployment.name, new=labels[target], why=missing
            )
        )


def missing_for(deployment: BaseModel, target: str) -> str:
    """Return the sentence that says what `target` still needs; empty where nothing is missing."""
    deployment.ensure_one()
    return next(filter(None, (getattr(deployment, name)(target) for name in events.MISSING)), "")


def missing_version(deployment: BaseModel, target: str) -> str:
    """Return what of version, owner, review date and shadow the state `target` still needs."""
    env = deployment.env
    if target in LIVE and not deployment.champion_id:
        return env._("train a version first.")
    if target == "production":
        if not deployment.user_id.active:
            return env._("its owner is no longer active.")
        if deployment.review_date <= clock.today():
            return env._("set a next review in the future.")
        if not has_shadow_inference(deployment):
            return env._("its serving version has not scored a single record in shadow yet.")
    return ""


def has_shadow_inference(deployment: BaseModel) -> bool:
    """Return whether the serving version has scored a record."""
    domain = [
        ("deployment_id", "=", deployment.id),
        ("version_id", "=", deployment.champion_id.id),
        ("route", "!=", "retry"),
    ]
    return has_any(deployment.env["ai.deployment.inference"].sudo(), domain)


def sync_action_menu(deployments: BaseModel) -> None:
    """Keep one entry in the Action menu of the documents' list while a deployment is live.

    :param deployments: ai.deployment with all rights
    """
    env = deployments.env
    for deployment in deployments:
        if deployment.state in LIVE and not deployment.action_server_id:
            deployment.action_server_id = own(env["ir.actions.server"]).create(
                {
                    "name": env._("Score with %s", deployment.name),
                    "model_id": deployment.model_id.id,
                    "binding_model_id": deployment.model_id.id,
                    "binding_view_types": "list,form",
                    "state": "ai_deployment_score",
                    "ai_deployment_id": deployment.id,
                }
            )
        elif deployment.state not in LIVE:
            deployment.action_server_id.filtered(
                lambda action, deployment=deployment: action.state == "ai_deployment_score"
                and action.ai_deployment_id == deployment
            ).unlink()


def sync_batches(deployments: BaseModel) -> None:
    """Resume the batches that waited for the switch; cancel what retired deployments were asked for.

    :param deployments: ai.deployment with all rights
    """
    env = deployments.env
    batches = env["ai.deployment.batch"].search(
        [("deployment_id", "in", deployments.ids), ("state", "in", ("running", "paused"))]
    )
    for deployment in deployments:
        mine = batches.filtered(lambda batch, deployment=deployment: batch.deployment_id == deployment)
        if deployment.state == "retired":
            for batch in mine:
                batch._cancel()
            env["ai.deployment.request"]._cancel_all(deployment)
        elif deployment.state in LIVE:
            mine.filtered("waits_for_switch")._resume()


def check_begins(env: Environment, state: str) -> None:
    """Check that a new deployment is a proof of concept.

    :raise UserError: where `state` is another one
    """
    if state != "poc":
        raise UserError(env._("A new deployment starts as a proof of concept."))


def keep_transitions(deployments: BaseModel, before: dict[int, str], state: str, reason: str = "") -> None:
    """Store that `deployments` went to `state`.

    :param before: {deployment id: the state it left}
    """
    deployments.env["ai.deployment.transition"].sudo().create(
        [
            {
                "deployment_id": deployment.id,
                "date": clock.now(),
                "from_state": before.get(deployment.id),
                "to_state": state,
                "user_id": deployments.env.uid,
                "reason": str(reason)[:LONGEST_REASON],
            }
            for deployment in deployments
        ]
    )


def states_at(deployments: BaseModel, moment: datetime) -> dict[int, str | bool]:
    """Return {id: the state of each deployment at `moment`}; False where it was not there yet.

    :param moment: naive UTC
    """
    rows = (
        deployments.env["ai.deployment.transition"]
        .sudo()
        .search(Domain("deployment_id", "in", deployments.ids) & Domain("date", "<=", moment), order="id")
    )
    states = {row.deployment_id.id: row.to_state for row in rows}
    return {deployment.id: states.get(deployment.id, False) for deployment in deployments}
