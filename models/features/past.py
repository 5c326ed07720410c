"""Inputs as of a moment: what can be known of the past of a record, by the source of each input.

Three sources, one each:

- ``COURSE``: what happened strictly before the moment, counted from dated records (`course`);
- ``TRACKED``: a field of the record itself whose changes Odoo tracks: the old value of the first change at or after
  the moment, or the value now where there is none. It is *known* only where the changes form a chain: what the change
  before the moment left is what the one after it found. Tracking that was purged in between, a merge that brought the
  changes of another record, or a clock that went back break it;
- ``KEPT``: everything else. Its value is the one now, so the leak guard decides whether anything edits it later.

Before the first change that was ever tracked, nobody can say whether somebody watched (`known_since`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from . import course

COURSE, TRACKED, KEPT = "course", "tracked", "kept"
# Columns of mail.tracking.value that hold the values of a field, without "old_" and "new_".
COLUMNS = {
    "integer": "value_integer",
    "boolean": "value_integer",
    "many2one": "value_integer",
    "float": "value_float",
    "monetary": "value_float",
    "char": "value_char",
    "text": "value_text",
    "date": "value_datetime",
    "datetime": "value_datetime",
}
CENT = 0.005  # amounts that differ by less are the same


def tracked_field(documents: BaseModel, spec: dict[str, Any]) -> Any:
    """Return the tracked field of the record itself that `spec` reads; None where it reads something else.

    Selections are not: tracking keeps their label, in the language of who changed it.
    """
    if spec["source"] != "path" or "." in spec["path"]:
        return None
    field = documents._fields.get(spec["path"])
    if field is None or not field.store or not getattr(field, "tracking", None) or field.type not in COLUMNS:
        return None
    return field


def source_of(documents: BaseModel, spec: dict[str, Any]) -> str:
    """Return from where the past of the input `spec` is known: `COURSE`, `TRACKED` or `KEPT`."""
    if spec["source"] == "course":
        return COURSE
    return TRACKED if tracked_field(documents, spec) is not None else KEPT


def known_since(documents: BaseModel, specs: Iterable[dict[str, Any]]) -> tuple[datetime | None, list[str]]:
    """Return (from when on the past of all `specs` is known, keys of those of which it is never known).

    That is the first tracked change of the latest field that is tracked; None where none of them needs tracking.
    """
    names: dict[str, list[str]] = {}
    for spec in specs:
        if tracked_field(documents, spec) is not None:
            names.setdefault(spec["path"], []).append(spec["key"])
        elif spec["source"] == "course" and spec["measure"] in course.OF_STAGE:
            names.setdefault(documents._ai_stage_field, []).append(spec["key"])
    if not names:
        return None, []
    _flush(documents.env)
    fields = documents.env["ir.model.fields"]
    first, never = None, []
    for name, keys in names.items():
        is_tracked = name in documents._fields and getattr(documents._fields[name], "tracking", None)
        begun = _first_change(documents, fields._get(documents._name, name).id) if is_tracked else None
        if begun is None:
            never += keys
        elif first is None or begun > first:
            first = begun
    return first, never


def _first_change(documents: BaseModel, field_id: int) -> datetime | None:
    [[since]] = documents.env.execute_query(
        SQL(
            "SELECT MIN(message.date) FROM mail_tracking_value value JOIN mail_message message"
            " ON message.id = value.mail_message_id WHERE value.field_id = %s AND message.model = %s",
            field_id,
            documents._name,
        )
    )
    return since


def _flush(env: Environment) -> None:
    env["mail.tracking.value"].flush_model()
    env["mail.message"].flush_model(course.OF_A_MESSAGE)


class AsOf:
    """The parts of the one statement that read `specs` as of a moment per record.

    :param documents: records of the model, with all rights
    :param specs: declarations of the inputs
    :param is_past: whether moments lie in the past: then tracked fields are read as they were
    """

    def __init__(self, documents: BaseModel, specs: Sequence[dict[str, Any]], is_past: bool) -> None:
        self.documents = documents
        self.course = [spec for spec in specs if spec["source"] == "course"]
        self.tracked = [spec for spec in specs if is_past and tracked_field(documents, spec) is not None]
        self._aliases = {spec["path"]: f"tracked_{n}" for n, spec in enumerate(self.tracked)}
        self._course = documents._ai_course() if self.course else None

    def __bool__(self) -> bool:
        return bool(self.course or self.tracked)

    def parts(self, ids: Sequence[int], moments: Sequence[datetime] | datetime) -> dict[str, SQL]:
        """Return the parts by their name: `asked` (id, at), and one row per asked record in each of the others.

        :param moments: one per record, or one for all
        """
        _flush(self.documents.env)
        starts = {spec["start_path"] for spec in self.course} & set(self.documents._fields)
        self.documents.flush_model([*starts, "create_date"])
        if isinstance(moments, datetime):
            asked = SQL("SELECT id, %s::timestamp AS at FROM unnest(%s::int[]) AS asked (id)", moments, list(ids))
        else:
            asked = SQL("SELECT * FROM unnest(%s::int[], %s::timestamp[]) AS asked (id, at)", list(ids), list(moments))
        found = {"asked": asked}
        for path, alias in self._aliases.items():
            found[alias] = self._changes(path)
        if self._course:
            found |= self._course.parts({spec["measure"] for spec in self.course})
        return found

    def value(self, spec: dict[str, Any], table: str, now: SQL | None) -> SQL:
        """Return SQL of the value of `spec` then, NULL where it is not known; `now` is the column of a field."""
        if spec["source"] == "course":
            assert self._course
            return self._course.value(spec["measure"], table, spec["start_path"])
        assert now is not None
        alias = self._aliases[spec["path"]]
        return SQL("CASE WHEN %s THEN %s ELSE %s END", SQL.identifier(alias, "is_later"), _then(spec, self, alias), now)

    def is_known(self, spec: dict[str, Any], table: str, now: SQL | None) -> SQL:
        """Return SQL of whether the value of `spec` then is known."""
        if spec["source"] == "course":
            assert self._course
            return self._course.is_known(spec["measure"], table, spec["start_path"])
        alias, kind = self._aliases[spec["path"]], self.documents._fields[spec["path"]].type
        left, found = SQL.identifier(alias, "left_by"), self.value(spec, table, now)
        left = _as_value(kind, left)
        if kind in ("float", "monetary"):
            same = SQL("ABS(COALESCE(%s, 0) - COALESCE(%s, 0)) < %s", left, found, CENT)
        elif kind in ("integer", "boolean"):
            same = SQL("COALESCE(%s, %s) = COALESCE(%s, %s)", left, _zero(kind), found, _zero(kind))
        else:
            same = SQL("%s IS NOT DISTINCT FROM %s", left, found)
        return SQL("(%s IS NOT TRUE OR %s)", SQL.identifier(alias, "is_earlier"), same)

    def _changes(self, path: str) -> SQL:
        """One row per asked record: the first tracked change at or after its moment, and the last one before."""
        field = self.documents._fields[path]
        column = COLUMNS[field.type]
        looked = SQL(
            "FROM mail_message message JOIN mail_tracking_value value ON value.mail_message_id = message.id"
            " AND value.field_id = %s WHERE message.model = %s AND message.res_id = asked.id",
            self.documents.env["ir.model.fields"]._get(self.documents._name, path).id,
            self.documents._name,
        )
        return SQL(
            "SELECT asked.id, later.found AS is_later, later.value AS found_by, earlier.found AS is_earlier,"
            " earlier.value AS left_by FROM asked"
            " LEFT JOIN LATERAL (SELECT TRUE AS found, value.%s AS value %s AND message.date >= asked.at"
            " ORDER BY message.date, value.id LIMIT 1) AS later ON TRUE"
            " LEFT JOIN LATERAL (SELECT TRUE AS found, value.%s AS value %s AND message.date < asked.at"
            " ORDER BY message.date DESC, value.id DESC LIMIT 1) AS earlier ON TRUE",
            SQL.identifier(f"old_{column}"),
            looked,
            SQL.identifier(f"new_{column}"),
            looked,
        )


def _then(spec: dict[str, Any], as_of: AsOf, alias: str) -> SQL:
    return _as_value(as_of.documents._fields[spec["path"]].type, SQL.identifier(alias, "found_by"))


def _as_value(kind: str, value: SQL) -> SQL:
    """Return SQL of a tracked `value` as the column of the record holds it."""
    match kind:
        case "many2one":
            return SQL("NULLIF(%s, 0)", value)
        case "boolean":
            return SQL("(COALESCE(%s, 0) <> 0)", value)
        case "integer":
            return SQL("COALESCE(%s, 0)", value)
        case "float" | "monetary":
            return SQL("COALESCE(%s, 0)::numeric", value)
        case "date":
            return SQL("%s::date", value)
        case "char" | "text":
            return SQL("NULLIF(%s, '')", value)
    return value


def _zero(kind: str) -> SQL:
    return SQL("FALSE") if kind == "boolean" else SQL("0")
