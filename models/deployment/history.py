"""Production periods of a deployment or version, from its transitions, which never change."""

from datetime import datetime

from odoo.models import BaseModel


def went_live(deployment: BaseModel) -> datetime | None:
    """Return when the deployment went live for the first time (naive UTC), or None."""
    deployment.ensure_one()
    steps = deployment.env["ai.deployment.transition"].sudo()
    first = steps.search(
        [("deployment_id", "=", deployment._origin.id), ("to_state", "=", "production")], order="date, id", limit=1
    )
    return first.date or None


def versions_at(deployments: BaseModel, moment: datetime) -> dict[int, int | bool]:
    """Return {id: id of the version that served each deployment at `moment`}; False where none did.

    :param moment: naive UTC; an assignment holds from its start up to, not including, its end
    """
    rows = (
        deployments.env["ai.deployment.assignment"]
        .sudo()
        .search(
            [
                ("deployment_id", "in", deployments.ids),
                ("role", "=", "champion"),
                ("start_date", "<=", moment),
                "|",
                ("end_date", "=", False),
                ("end_date", ">", moment),
            ],
            order="id",
        )
    )
    served = {row.deployment_id.id: row.version_id.id for row in rows}
    return {deployment.id: served.get(deployment.id, False) for deployment in deployments}


def was_live(deployment: BaseModel, version: BaseModel | None = None) -> bool:
    """Return whether the deployment is or was in production, with `version` as its serving version where given."""
    deployment.ensure_one()
    deployment = deployment.sudo()
    steps = deployment.transition_ids.sorted("id")
    ends = [*(step.date for step in steps[1:]), datetime.max]
    live = [(step.date, end) for step, end in zip(steps, ends, strict=True) if step.to_state == "production"]
    if version is None:
        return bool(live)
    served = deployment.assignment_ids.filtered(lambda one: one.role == "champion" and one.version_id == version)
    return any(one.start_date < end and begin < (one.end_date or datetime.max) for one in served for begin, end in live)
