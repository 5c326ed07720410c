"""Records that the end of the transaction scores: what is created, and what changes that a deployment reads.

See `models/scoring/ai_deployment.py`.
"""

from collections.abc import Iterable, Mapping

from odoo.models import BaseModel

from ..tools import noted
from ..tools.ai_deployment_readable_mixin import readable_origin

KEY = "ai.deployment"


def note_created(records: BaseModel) -> None:
    """Note new records for the deployments that score on creation."""
    if rules := records.env["ai.deployment"]._scoring_rules(records._name):
        wanted = [rule.deployment_id for rule in rules if rule.on_create]
        if not wanted and not any(rule.names or rule.course for rule in rules):
            return
        noted.begin(records.env.cr, KEY).created.setdefault(records._name, set()).update(records.ids)
        _note(records, dict.fromkeys(records.ids, wanted))


def course_noted(documents: BaseModel) -> frozenset[str]:
    """Return what any deployment reads of the course of `documents`; remembered, so that it costs no query."""
    return frozenset().union(*(rule.course for rule in documents.env["ai.deployment"]._scoring_rules(documents._name)))


def note_course(documents: BaseModel, told: Mapping[str, Iterable[int]]) -> None:
    """Note records whose course went on, to be scored or marked by the deployments that read it.

    :param told: {name of `features.course`: ids of the records of which this has changed}
    """
    found = noted.notes(documents.env.cr)
    created = found.created.get(documents._name, ()) if found else ()
    wanted: dict[int, list[int]] = {}
    changed: dict[int, list[int]] = {}
    for rule in documents.env["ai.deployment"]._scoring_rules(documents._name):
        notes = wanted if rule.on_change else changed
        for res_id in set().union(*(told[name] for name in rule.course & told.keys())) - set(created):
            notes.setdefault(res_id, []).append(rule.deployment_id)
    _note(documents, wanted)
    _note(documents, changed, "changed")


def note_planned(documents: BaseModel, name: str, ids: Iterable[int]) -> None:
    """Note records for which another moment is planned from which an input counts, for the deployments that read it.

    :param name: of the input, in `features.course`
    """
    for rule in documents.env["ai.deployment"]._scoring_rules(documents._name):
        if name in rule.course:
            _note(documents, dict.fromkeys(ids, [rule.deployment_id]), "planned")


def note_changes(records: BaseModel, vals_list: Iterable[dict]) -> None:
    """Note those of `records` on which an input of a deployment is among the values, to be scored or marked.

    :param vals_list: the values of each record, in their order
    """
    rules = [rule for rule in records.env["ai.deployment"]._scoring_rules(records._name) if rule.names]
    if not rules:
        return
    found = noted.notes(records.env.cr)
    created = found.created.get(records._name, ()) if found else ()
    wanted, changed = {}, {}
    for res_id, vals in zip(records._ids, vals_list, strict=True):
        if res_id and res_id not in created:
            read = [rule for rule in rules if not rule.names.isdisjoint(vals)]
            wanted[res_id] = [rule.deployment_id for rule in read if rule.on_change]
            changed[res_id] = [rule.deployment_id for rule in read if not rule.on_change]
    _note(records, wanted)
    _note(records, changed, "changed")


def score_noted(records: BaseModel) -> None:
    """Score now what the end of the transaction would, where `records` are among it: somebody asks for a score."""
    if noted.is_wanted(records.env.cr, readable_origin(records).ids):
        noted.hook(records.env.cr, KEY)


def _note(records: BaseModel, wanted: dict[int, list[int]], what: str = "wanted") -> None:
    """Let the end of the transaction score records, or mark their scores: {record id: ids of the deployments}."""
    if not any(wanted.values()):
        return
    notes = getattr(noted.begin(records.env.cr, KEY), what)
    for res_id, deployment_ids in wanted.items():
        for deployment_id in deployment_ids:
            notes.setdefault(deployment_id, {}).setdefault(res_id, records.env.uid)
