"""Readable inputs of a user: inputs are read with all rights and shown with the user's.

A path that leads through a many2one reaches one record, whose rules are asked when the value is shown. A path through
lines reaches records whose readers may differ line by line, so only lines that are part of the record can be an input,
or records that have no rules, such as tags.
"""

from collections.abc import Sequence
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools.existence import has_any
from .feature_reader import paths_of, walk_path

X2MANY = ("one2many", "many2many")


def passes_others(documents: BaseModel, steps: list[Any]) -> bool:
    """Return whether the steps of a path lead through lines that the user reads by rules of their own.

    :param documents: the document model with the rights of the user
    :param steps: of `walk_path`
    """
    return any(
        step.field.type in X2MANY
        and not (place == 0 and _is_own_line(documents, step.field))
        and _is_ruled(documents, step)
        for place, step in enumerate(steps)
    )


def _is_own_line(documents: BaseModel, field: Any) -> bool:
    """Return whether the lines are part of the record: deleted with it, and not able to exist without it."""
    inverse = field.type == "one2many" and documents.env[field.comodel_name]._fields.get(field.inverse_name)
    return bool(inverse) and inverse.type == "many2one" and inverse.required and inverse.ondelete == "cascade"


def _is_ruled(documents: BaseModel, step: Any) -> bool:
    field, lines = step.field, documents.env[step.field.comodel_name]
    if field.type == "one2many" and lines._fields[field.inverse_name].type != "many2one":
        return True  # activities, messages: they ask for access in their own way
    return not documents.env["ir.rule"].sudo(False)._compute_domain(field.comodel_name, "read").is_true()


def unreadable_keys(documents: BaseModel, specs: dict[str, dict[str, Any]]) -> frozenset[str]:
    """Return the keys of inputs that the user may read on no record.

    :param documents: the document model with the rights of the user
    :param specs: {key: declaration}, see `ai.deployment.feature._to_spec`
    """
    return frozenset(
        key for key, spec in specs.items() if not all(is_readable(documents, path) for path in paths_of(spec))
    )


def is_readable(documents: BaseModel, path: str) -> bool:
    """Return whether the user may read `path` on some record at all."""
    steps = walk_path(documents, path)
    if steps is None:  # the field is gone: what was read is told to nobody who could not look it up
        return False
    for step in steps:
        model = documents.env[step.field.model_name]
        if not (model.has_access("read") and model._has_field_access(step.field, "read")):
            return False
    return not passes_others(documents, steps)


def keys_hidden_on(documents: BaseModel, specs: dict[str, dict[str, Any]], ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the keys of inputs that the user may not read on single records: {id: set of keys}.

    The records on the way, of which the last value is read, are asked for; two statements per way.
    """
    hidden: dict[int, set[str]] = {}
    for prefix, keys in _prefixes(documents, specs).items():
        found = {record.id: record.mapped(prefix) for record in documents.sudo().browse(ids).exists()}
        steps = walk_path(documents, prefix) or []
        reached = documents.env[steps[-1].field.comodel_name].union(*found.values())
        unreadable = reached - reached.sudo(False).with_env(documents.env)._filtered_access("read").sudo()
        for res_id, records in found.items():
            if records & unreadable:
                hidden.setdefault(res_id, set()).update(keys)
    return hidden


def _prefixes(documents: BaseModel, specs: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Return {the way to the record that holds the last value: keys of the inputs that go it}.

    Where a field of a path is gone, the way ends before it.
    """
    prefixes: dict[str, set[str]] = {}
    for key, spec in specs.items():
        for path in paths_of(spec):
            names = path.split(".")[:-1]
            for end in range(1, len(names) + 1):
                prefix = ".".join(names[:end])
                steps = walk_path(documents, prefix)
                if not steps or not steps[-1].field.relational:
                    break
                prefixes.setdefault(prefix, set()).add(key)
    return prefixes


def reads_all(documents: BaseModel, domain: Any) -> bool:
    """Return whether the user may read every record of `domain`."""
    documents = documents.sudo(False).with_context(active_test=False)
    if not documents.has_access("read"):
        return False
    readable = documents._search(Domain(domain))
    return not has_any(documents.sudo(), Domain(domain) & ~Domain("id", "in", readable))
