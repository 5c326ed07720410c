"""When records are scored by themselves, or their scores marked: the documents and fields a deployment waits for."""

from collections.abc import Iterable
from typing import NamedTuple

from odoo.fields import Domain, Field
from odoo.models import BaseModel

from ..deployment.filters import FILTER_ERRORS
from ..features.course import OF_STAGE
from ..features.feature_reader import paths_of, walk_path

RULE_FIELDS = {"active", "domain", "model_id", "score_on_change", "score_on_create", "state"}


class Rule(NamedTuple):
    """What makes a deployment score a document, as documents need to know it."""

    deployment_id: int
    on_create: bool
    on_change: bool  # scored again at once; else the score is marked
    names: frozenset[str]  # fields of the document whose change counts
    course: frozenset[str]  # what it reads of the course of a document


def find_rules(deployments: BaseModel, res_model: str) -> tuple[Rule, ...]:
    """Return the rules of the deployments that records of `res_model` are scored with by themselves.

    :param deployments: the model `ai.deployment`, in sudo
    """
    found = deployments.search(
        Domain("res_model", "=", res_model) & Domain("state", "in", deployments._at_work_states()),
        order="id",
    )
    return tuple(
        Rule(one.id, one.score_on_create, one.score_on_change, names_read(one), course_read(one))
        for one in found
        if one.champion_id
    )


def names_read(deployment: BaseModel) -> frozenset[str]:
    """Return the names of the document's fields that make the score of a deployment another one.

    Read by its serving version, by its filter, or by whether a record is open.
    """
    documents, names = deployment.env[deployment.res_model], set()
    specs = [spec for spec in deployment.champion_id._specs().values() if spec["source"] != "card"]
    paths = [path for spec in specs for path in paths_of(spec)]
    for path in [*paths, *_filter_paths(deployment)]:
        steps = walk_path(documents, path)
        if steps:
            names |= _names_behind(documents, steps[0].field)
    if not course_read(deployment).isdisjoint(OF_STAGE):
        names.add(documents._ai_stage_field)
    # What was written on a closed record is noted when it is open again.
    names |= {condition.field_expr for condition in documents._ai_open_domain().iter_conditions()}
    return frozenset(names)


def course_read(deployment: BaseModel) -> frozenset[str]:
    """Return what the serving version reads of the course of a document, as names of `features.course`."""
    specs = deployment.champion_id._specs().values()
    return frozenset(spec["measure"] for spec in specs if spec["source"] == "course")


def _filter_paths(deployment: BaseModel) -> Iterable[str]:
    """Return the paths that "Only Records" reads; none where it cannot be used, which scoring tells of."""
    try:
        return [condition.field_expr for condition in deployment._record_domain().iter_conditions()]
    except FILTER_ERRORS:
        return []


def _names_behind(documents: BaseModel, field: Field) -> set[str]:
    """Return the name of a field and, where it is not stored, of those of the same model that it is computed from."""
    names, waiting = set(), [field]
    while waiting:
        one = waiting.pop()
        if one.name in names:
            continue
        names.add(one.name)
        if not one.store:
            first = (path.split(".")[0] for path in documents.pool.field_depends[one])
            waiting += [documents._fields[name] for name in first if name in documents._fields]
    return names
