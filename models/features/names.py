"""Labels of the levels of a category: names of records, labels of options, deleted ones marked as such."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from odoo.models import BaseModel

from .feature_reader import Step, walk_path


class LevelNames:
    """Names of the levels at the end of `path` of `documents`; nothing where levels are what people read anyway.

    :param learned: what a version keeps of the path (see `describe_path`), None where that is not at hand
    """

    def __init__(self, documents: BaseModel, path: str, learned: dict[str, Any] | None = None) -> None:
        self.env = documents.env
        self.learned = learned or {}
        steps = walk_path(documents, path) if path else None
        self.step = steps[-1] if steps else None

    def of(self, levels: Sequence[str]) -> Any:
        """{level: name} of `levels`, and of all options where there are some."""
        if self.step is None:
            return {}
        if self.step.property_name:
            return self._of_property(self.step, levels)
        field = self.step.field
        if field.type == "selection":
            return dict(field._description_selection(self.env))
        if field.type == "boolean":
            return self._of_boolean()
        if field.type in ("reference", "many2one_reference"):
            return self._of_references(levels)
        return self._of_records(field.comodel_name, levels) if field.relational else {}

    def _of_property(self, step: Step, levels: Sequence[str]) -> dict[str, str]:
        definition = step.definition(self.env)
        type_ = definition.get("type") or self.learned.get("type")
        if type_ == "boolean":
            return self._of_boolean()
        if type_ in ("many2one", "many2many"):
            return self._of_records(definition.get("comodel") or self.learned.get("model"), levels)
        if type_ not in ("selection", "tags"):
            return {}
        labels = {**self.learned.get("options", {}), **{key: label for key, label, *_ in definition.get(type_) or ()}}
        gone = self.env._("deleted option")
        named = {level: ", ".join(labels.get(key, gone) for key in level.split(",")) for level in levels}
        return {**labels, **named}

    def _of_boolean(self) -> dict[str, str]:
        return {"true": self.env._("yes"), "false": self.env._("no")}

    def _of_records(self, model: BaseModel, levels: Sequence[str]) -> dict[str, str]:
        ids = {int(part) for level in levels for part in level.split(",") if part.isdigit()}
        known = self._display_names(model, ids)
        gone = self.env._("deleted record")
        # By name: the level's own order is that of ids as text, in which 100 stands before 99.
        return {
            level: ", ".join(
                sorted(known.get(int(part), gone) if part.isdigit() else part for part in level.split(","))
            )
            for level in levels
        }

    def _of_references(self, levels: Sequence[str]) -> dict[str, str]:
        ids_by_model = defaultdict(set)
        for level in levels:
            model, _comma, res_id = level.partition(",")
            if res_id.isdigit():
                ids_by_model[model].add(int(res_id))
        gone = self.env._("deleted record")
        known = {model: self._display_names(model, ids) for model, ids in ids_by_model.items()}
        return {
            level: known[model].get(int(res_id), gone) if res_id.isdigit() else level
            for level in levels
            for model, _comma, res_id in [level.partition(",")]
        }

    def _display_names(self, model: BaseModel, ids: Iterable[int]) -> dict[int, str]:
        """{id: name} of the records that are there, archived ones too; whoever sees a reason may see these names."""
        if model not in self.env:
            return {}
        if not ids:
            return {}
        records = self.env[model].sudo().with_context(active_test=False)
        found = records.search_fetch([("id", "in", list(ids))], ["display_name"], order="id")
        return {record.id: record.display_name for record in found}
