"""The drills by their kind, and making one: run it, keep how it went, alert where a monthly one failed."""

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..alerting.alert_kinds import DRILL, Cause
from ..tools import clock
from ..tools.told import told
from .alert_drill import AlertDrill
from .drill import Drill, Step
from .fallback_drill import FallbackDrill
from .fault_drill import FaultDrill

DRILLS: dict[str, type[Drill]] = {drill.code: drill for drill in (FaultDrill, AlertDrill, FallbackDrill)}
CAUSE = Cause(DRILL, "fallback")  # of the alert


def make(deployment: BaseModel, kind: str) -> BaseModel:
    """Make a drill of a kind now and keep how it went.

    :param deployment: ai.deployment with all rights
    :param kind: key of `DRILLS`
    :return: the new ai.deployment.drill
    :raise UserError: the deployment is not live, or has no version or no record to try
    """
    deployment.ensure_one()
    env = deployment.env
    if not deployment.champion_id:
        raise UserError(env._("No version serves yet, so there is nothing to test."))
    if deployment.state not in deployment._at_work_states():
        raise UserError(env._("Only live deployments can be drilled: start shadow first."))
    version, steps = deployment.champion_id, DRILLS[kind](deployment).run()
    return env["ai.deployment.drill"].create(
        {
            "deployment_id": deployment.id,
            "version_id": version.id,
            "kind": kind,
            "date": clock.now(),
            "user_id": env.uid,
            "is_passed": bool(steps) and all(step.is_passed for step in steps),
            "summary": "\n".join(_line(deployment, step) for step in steps),
            "details": [step._asdict() for step in steps],
        }
    )


def _line(deployment: BaseModel, step: Step) -> str:
    if step.is_passed:
        return deployment.env._("✓ %(what)s: %(found)s", what=step.name, found=step.text)
    return deployment.env._("✗ %(what)s: %(found)s", what=step.name, found=step.text)


def try_fallback(deployment: BaseModel) -> None:
    """Make the monthly drill of the fallback; raise an alert where it failed, resolve it where it passed.

    :param deployment: ai.deployment with all rights
    """
    drill, alerts = make(deployment, FallbackDrill.code), deployment.env["ai.deployment.alert"]
    if drill.is_passed:
        alerts._resolve(deployment, CAUSE)
    else:
        alerts._raise(
            deployment,
            CAUSE,
            name=told(drill.env, lambda env: drill.with_env(env)._verdict()),
            suggestion=told(drill.env, lambda env: env._("Open the drill for what a viewer would have seen.")),
        )
