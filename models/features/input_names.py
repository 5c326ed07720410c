"""Names of declared inputs in the language of the reader: that of the field, or of what is measured.

A declaration is the values of `ai.deployment.feature`, or what a version keeps of them (a "spec"). The name that a
person typed is that of the version; every other one is made from the declaration when it is read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from odoo.models import BaseModel

from .feature_reader import walk_path

OVERALL = "Overall unusualness"  # of what a card works out by itself, as a version keeps it
LANGUAGE = "en_US"  # of the names that a version keeps: they must not depend on who trained it


def declaration_key(declared: Mapping[str, Any]) -> str:
    """Return what tells a declaration from every other one of its deployment."""
    source, groups = declared.get("source") or "path", declared.get("group_paths") or ()
    if source == "course":
        parts = ["course", declared.get("course") or declared.get("measure")]
    elif source == "path":
        parts = [declared.get("path")]
    elif source == "zeros":
        parts = ["zeros", declared.get("path")]
    elif source == "age":
        parts = ["days", declared.get("start_path"), declared.get("end_path")]
    else:
        groups = groups.split(",") if isinstance(groups, str) else groups
        same = "+".join(filter(None, (path.strip() for path in groups)))
        parts = [declared.get("measure"), same, declared.get("value_path"), str(declared.get("window_days") or "")]
    return ":".join(part for part in parts if part)


def proposed_name(documents: BaseModel, declared: Mapping[str, Any]) -> str:
    """Return the name of an input that nobody named, in the language of `documents`; "" where its field is gone."""
    env, source, key = documents.env, declared.get("source") or "path", declaration_key(declared)
    for usual in documents._ai_usual_inputs():
        if declaration_key(usual) == key:
            return usual["name"]
    if source == "card":
        return env._("Overall unusualness")
    if source in ("path", "zeros"):
        label = _label(documents, declared.get("path"))
        return label and (label if source == "path" else env._("Trailing zeros: %s", label))
    if source == "age":
        start, end = _label(documents, declared.get("start_path")), _label(documents, declared.get("end_path"))
        return env._("Days from “%(start)s” to “%(end)s”", start=start, end=end) if start and end else ""
    name = "course" if source == "course" else "measure"
    options = dict(env["ai.deployment.feature"]._fields[name]._description_selection(env))
    return options.get(declared.get(name) or declared.get("measure"), "")


def _label(documents: BaseModel, path: str | None) -> str:
    steps = walk_path(documents, path) if path else None
    return steps[-1].label(documents.env) if steps else ""


def names_of(features: BaseModel, keys: Iterable[str]) -> str:
    """Return the names of those of the inputs `features` with these keys, in a row; of one that is gone, its key."""
    names = {feature.key: feature.name for feature in features}
    return ", ".join(names.get(key, key) for key in keys)


def reader_specs(documents: BaseModel, specs: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return `specs` of a version ({key: spec}) with their names in the language of `documents`.

    Properties keep the name that their definition gave them: it has no translation, and another container may use the
    same property under another name.
    """
    return {key: {**spec, "name": _reader_name(documents, spec)} for key, spec in specs.items()}


def _reader_name(documents: BaseModel, spec: dict[str, Any]) -> str:
    if spec.get("is_named"):
        return spec["name"]
    steps = walk_path(documents, spec["path"]) if spec["path"] else None
    if steps and steps[-1].property_name:
        return spec["name"]
    return proposed_name(documents, spec) or spec["name"]
