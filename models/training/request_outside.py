"""Retraining of models that are made outside Odoo: a signed call to the program that trains them, or a task.

The new version comes back by ``register_version``, by import or by binding, and is compared as the challenger.
"""

from odoo.models import BaseModel

from ..tools import clock
from .challenger_gate import MADE_ELSEWHERE
from .procedure import procedure

EVENT = "retraining_requested"


def is_made_elsewhere(deployment: BaseModel) -> bool:
    """Return whether the serving version of `deployment`, or else its latest, cannot be trained here."""
    version = deployment.champion_id or deployment.version_ids.sorted("id")[-1:]
    return deployment.is_task or version.kind in MADE_ELSEWHERE


def call(deployment: BaseModel, reason: str) -> int:
    """Ask the programs that train for `deployment` for a new version; return how many are called.

    :param deployment: ai.deployment with all rights
    """
    channels = deployment.channel_ids.filtered(lambda one: one.active and one.frequency == "retraining")
    version, env = deployment.champion_id, deployment.env
    event = {
        "event": EVENT,
        "date": clock.now().isoformat(),
        "reason": reason,
        "deployment": {"id": deployment.id, "name": deployment.name, "model": deployment.res_model},
        "serving": {"number": version.number, "kind": version.kind, "name": version.name},
        "inputs": deployment.feature_ids.mapped("key"),
        "link": f"{deployment.get_base_url()}/odoo/ai-deployments/{deployment.id}",
    }
    for channel in channels:
        channel._queue(env._("%(deployment)s: retrain", deployment=deployment.name), reason, event=event)
    return len(channels)


def note(deployment: BaseModel) -> str:
    """Return the retraining procedure as HTML, for the task of who retrains outside Odoo."""
    rows = procedure(deployment)
    return str(deployment.env["ir.qweb"]._render("ai_deployment.retraining_procedure", {"rows": rows}))
