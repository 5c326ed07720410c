"""Notes of a transaction: which records its end scores, with which deployments, and which scores it makes outdated.

Creating and writing records only adds ids to a note, `cr.precommit.data` holds it, and Odoo calls `hook` before the
commit: once, however many records there are. Odoo calls it before each savepoint as well. What a rolled back savepoint
noted, Odoo forgets together with its records.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from odoo.api import SUPERUSER_ID, Environment
from odoo.sql_db import BaseCursor

NOTED = "ai_deployment.noted"


@dataclass
class Notes:
    """Notes of one transaction so far; plain values, as Odoo copies them in tests."""

    wanted: dict[int, dict[int, int]] = field(default_factory=dict)  # {deployment id: {record id: id of who asks}}
    changed: dict[int, dict[int, int]] = field(default_factory=dict)  # the same, of scores that only get a mark
    planned: dict[int, dict[int, int]] = field(default_factory=dict)  # the same, of scores that stand until another day
    created: dict[str, set[int]] = field(default_factory=dict)  # {model: ids}: what is computed for them is no change


def notes(cr: BaseCursor) -> Notes | None:
    """Return the notes of the transaction of `cr`, None where there are none."""
    return cr.precommit.data.get(NOTED)


def begin(cr: BaseCursor, model: str) -> Notes:
    """Return the notes of the transaction, to add to; the method `_score_noted` of `model` is called at its end."""
    found = notes(cr)
    if found is None:
        found = cr.precommit.data[NOTED] = Notes()
        cr.precommit.add(partial(hook, cr, model))
    return found


def forget(cr: BaseCursor, deployment_id: int, ids: Iterable[int]) -> None:
    """Take records out of the notes: they are scored in another way."""
    found = notes(cr)
    for records in (found.wanted, found.changed) if found else ():
        if deployment_id in records:
            for res_id in ids:
                records[deployment_id].pop(res_id, None)


def is_wanted(cr: BaseCursor, ids: Iterable[int]) -> bool:
    """Return whether one of the records `ids` is noted."""
    found = notes(cr)
    return found is not None and any(
        not records.keys().isdisjoint(ids) for noted in (found.wanted, found.changed) for records in noted.values()
    )


def hook(cr: BaseCursor, model: str) -> None:
    """Hand over what was noted, after everything that others want to do before the commit."""
    found = notes(cr)
    if not found or not any((*found.wanted.values(), *found.changed.values(), *found.planned.values())):
        return
    cr.flush()  # the work of others: their errors are theirs, and what they write is noted here still
    wanted, found.wanted = found.wanted, {}
    changed, found.changed = found.changed, {}
    planned, found.planned = found.planned, {}
    if notes(cr) is found:
        del cr.precommit.data[NOTED]
    deployments = Environment(cr, SUPERUSER_ID, {})[model]
    if any((*changed.values(), *planned.values())):
        changed, planned = ({one: ids for one, ids in told.items() if ids} for told in (changed, planned))
        deployments._mark_noted(changed, planned)
    if any(wanted.values()):
        deployments._score_noted({one: ids for one, ids in wanted.items() if ids})
