"""Viewers of the scores of deployments, in the form that every list of records asks for."""

from typing import NamedTuple

from odoo.fields import Domain
from odoo.models import BaseModel

# What `viewed` reads of a deployment.
VIEWED_FIELDS = frozenset({"model_id", "company_id", "is_primary", "viewer_group_ids", "active"})


class Viewed(NamedTuple):
    """A deployment, and who may be shown its scores where these are shown at all."""

    id: int
    company_id: int
    is_primary: bool
    group_ids: frozenset


def viewed(deployments: BaseModel, res_model: str) -> tuple[Viewed, ...]:
    """Return the deployments on records of `res_model`, as a tuple of `Viewed`.

    :param deployments: ai.deployment with all rights
    """
    found = deployments.with_context(active_test=True).search(Domain("res_model", "=", res_model), order="id")
    return tuple(
        Viewed(one.id, one.company_id.id, one.is_primary, frozenset(one.viewer_group_ids._ids)) for one in found
    )
