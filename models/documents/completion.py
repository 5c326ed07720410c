"""Missing inputs of a record, and a small form to complete it, also where its own form shows no such field."""

from typing import Any

from lxml.builder import E

from odoo.models import BaseModel

from ..features.feature_reader import walk_path

REF = "ai_complete_view_ref"  # Odoo's client sends keys that end so when it asks for a view, and caches by them


def missing_inputs(record: BaseModel, specs: dict[str, dict]) -> dict[str, str]:
    """Return what keeps `record` from being scored: {field of the record: label of the input}.

    The field is the first step of an input's path: what follows is a matter of the record that is chosen there.

    :param record: one record, with the rights of who asks: a field that may not be read is not named, nor is one
        that nobody can fill in
    :param specs: the declared inputs of the serving version
    """
    missing = {}
    for spec in specs.values():
        steps = walk_path(record, spec["path"]) if spec["required"] and spec["source"] == "path" else None
        if not steps:
            continue
        name = steps[0].field.name
        may_read = record._has_field_access(steps[0].field, "read") and not steps[0].field.readonly
        if may_read and not record.sudo().mapped(spec["path"].split(".")[0]):
            missing[name] = spec["name"]
        elif may_read and len(steps) > 1 and not any(record.sudo().mapped(spec["path"])):
            missing[name] = spec["name"]
    return missing


def completion_action(record: BaseModel, names: list[str]) -> dict:
    """Return the action that opens the small form with the fields `names` of `record`."""
    return {
        "type": "ir.actions.act_window",
        "name": record.env._("Complete %s", record.display_name),
        "res_model": record._name,
        "res_id": record.id,
        "views": [(False, "form")],
        "target": "new",
        "context": {REF: ",".join(names)},
    }


def completion_form(documents: BaseModel) -> Any:
    """Return the small form that the context asks for, as an element of lxml; None where it asks for none."""
    asked = documents.env.context.get(REF)
    names = [name for name in asked.split(",") if name in documents._fields] if isinstance(asked, str) else []
    if not names:
        return None
    return E.form(E.sheet(E.group(*(E.field(name=name) for name in names))))
