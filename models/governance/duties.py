"""Separation of duties: who built a deployment, who answers for it, and who is therefore barred from approving it."""

from odoo.models import BaseModel

# What a version learns from and is asked about: whoever writes it has built the deployment.
BUILT = {
    "flag_rate",
    "domain",
    "feature_ids",
    "horizon_days",
    "landmarks",
    "method",
    "model_id",
    "max_interactions",
    "positive_weight",
}
ANSWERED = "ai.deployment.hand.over"  # in `ai.deployment.edit`: who answered for a deployment before


def builders(deployment: BaseModel) -> BaseModel:
    """Return who made the deployment, wrote what it learns from, or trained a version of it."""
    deployment.ensure_one()
    env, told = deployment.env, deployment.sudo()
    system, wrote = env.ref("base.user_root"), env["ai.deployment.edit"]._people(deployment._origin)
    return (told.create_uid | told.version_ids.trained_by_id | wrote) - system


def conflicted_users(deployment: BaseModel) -> BaseModel:
    """Return who does not approve: who built it, and who answers for it or did so before."""
    told = deployment.sudo()
    before = deployment.env["ai.deployment.edit"]._people(deployment._origin, ANSWERED)
    return builders(deployment) | told.user_id | told.deputy_id | before


def has_independent_reviewer(deployment: BaseModel) -> bool:
    """Return whether a reviewer neither built it nor approves it, or one person may do it all."""
    told = deployment.sudo()
    apart = told.reviewer_ids - builders(told) - told.approver_id
    return bool(apart) or told.check_template_id.one_person
