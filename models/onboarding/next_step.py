"""The next step of a deployment on its way to production, and the action that takes it.

The steps are one list; a deployment stands at the first that is not done. Where somebody else has to act, the sentence
names them, and the button opens the place.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from odoo.exceptions import AccessError
from odoo.models import BaseModel

from ..governance.approval import Approval
from ..governance.checklist import DONE
from ..training.request_outside import is_made_elsewhere

DESCRIBE, INPUTS, TRAIN, SHADOW, APPROVE, LIVE = STEPS = ("describe", "inputs", "train", "shadow", "approve", "live")


class NextStep(NamedTuple):
    """Where a deployment stands: the step, the label of the button ("" for none), a sentence, and what the button does.

    `act` returns an action, or True.
    """

    step: str
    label: str
    sentence: str
    act: Callable[[], Any] | None = None


def next_step(deployment: BaseModel) -> NextStep:
    """Return the next step of `deployment`, with the rights of the user."""
    deployment.ensure_one()
    env, told = deployment.env, deployment.sudo()
    if deployment.state == "retired":
        return NextStep(LIVE, "", env._("Retired."))
    if deployment.state == "suspended":
        return NextStep(LIVE, "", env._("Suspended: nothing is scored. Resume it, or start shadow again."))
    if deployment.state == "production":
        return NextStep(LIVE, "", env._("It is live."))
    if not told.has_accepted and told.user_id == env.user:
        return NextStep(
            DESCRIBE,
            env._("Accept Ownership"),
            env._("You are responsible for it once you accept."),
            deployment.action_accept,
        )
    if not told.feature_ids:
        return NextStep(
            INPUTS,
            env._("Suggest Inputs"),
            env._("Choose what it may read of a record."),
            deployment.action_suggest_inputs,
        )
    if not told.champion_id:
        return _until_trained(deployment)
    if deployment.state == "poc":
        return NextStep(
            SHADOW,
            env._("Start Shadow and Score"),
            env._("Values are proposed for open records at once; nothing is written.")
            if deployment.is_task
            else env._("Open records are scored at once; nobody sees the scores yet."),
            deployment.action_start_shadow,
        )
    return _until_live(deployment)


def _until_trained(deployment: BaseModel) -> NextStep:
    env, told = deployment.env, deployment.sudo()
    open_trainings = told.training_ids.filtered(lambda training: training.state in ("waiting", "running"))
    if open_trainings:
        return NextStep(
            TRAIN,
            env._("Show Training"),
            env._("A version is being trained."),
            lambda: {
                "type": "ir.actions.act_window",
                "res_model": "ai.deployment.training",
                "res_id": open_trainings[0].id,
                "views": [(False, "form")],
            },
        )
    if told.version_ids:
        version = told.version_ids.sorted("id", reverse=True)[0]
        return NextStep(
            TRAIN,
            env._("Open Version"),
            env._("“%s” does not serve yet: promote it.", version.name)
            if is_made_elsewhere(told)
            else env._("“%s” does not serve yet: promote it, or train another one.", version.name),
            lambda: {
                "type": "ir.actions.act_window",
                "res_model": version._name,
                "res_id": version.id,
                "views": [(False, "form")],
            },
        )
    if deployment.is_task:
        return NextStep(
            TRAIN, "", env._("Declare its answers, then an administrator binds a remote model, or a program registers.")
        )
    return NextStep(
        TRAIN, env._("Train"), deployment.readiness or env._("Its inputs are declared."), deployment.action_train
    )


def _until_live(deployment: BaseModel) -> NextStep:
    """Return the step in shadow: the first row of the checklist that blocks, then the approval, then going live."""
    env, told = deployment.env, deployment.sudo()
    missing = told.check_ids.filtered(lambda check: check.state not in DONE)
    if missing:
        check = missing[0].sudo(False)
        return NextStep(
            SHADOW,
            env._("Next Row of the Checklist"),
            env._(
                "%(done)s of %(count)s rows of the checklist are done. Next: “%(row)s”. %(found)s",
                done=len(told.check_ids) - len(missing),
                count=len(told.check_ids),
                row=missing[0].name,
                found=missing[0].evidence or missing[0].requirement or "",
            ).strip(),
            check.action_satisfy,
        )
    gap = Approval(deployment).gap()
    if gap and told.approver_id == env.user:
        return NextStep(APPROVE, env._("Decide: Go or No-Go"), env._("You decide."), deployment.action_decide)
    if gap:
        person = told.approver_id.name or env._("an approver, who is not named yet,")
        return NextStep(APPROVE, "", env._("%s decides whether it goes live: ask for it.", person))
    return NextStep(
        LIVE,
        env._("Go Live"),
        env._("It is approved. From now on values are written where the owner allows it.")
        if deployment.is_task
        else env._("It is approved. The members of the groups under “Visible to Groups” will see the scores."),
        deployment.action_go_live,
    )


def take(deployment: BaseModel) -> Any:
    """Take the next step now, as who answers for the deployment; rows of the checklist are looked at before.

    :raise AccessError: where there is nothing that this user can do
    """
    deployment.ensure_one()
    deployment.check_access("read")
    is_approver = deployment.sudo().approver_id == deployment.env.user
    if not deployment._may_decide() and not is_approver:
        raise AccessError(deployment.env._("Only the owner, the deputy or an administrator may do this."))
    if deployment.state == "shadow":
        deployment.sudo().check_ids._refresh()
    found = next_step(deployment)
    return found.act() if found.act else True
