"""The one place where a stored value becomes the value of an input, for SQL and ORM alike.

`converter(spec, steps)` gives a function from what the database (or `raw_value`) holds to what `ml.columns.make_column`
takes. What a form shows alike is read alike:

- nothing, False, "", blank text, empty HTML, [] and {} are None; a boolean that was never set is False;
- a number that was never set is 0, as Odoo reads it. Where the input is required, 0 is what nobody filled in: None;
- lists are sorted and hold each value once: the order in which tags were added says nothing;
- a number property that holds False is empty; a date property is a date;
- references of both kinds are "model,id".

Histories group in SQL: `text_sql` and `json_text_sql` hold the same rules there.
"""

import json
from collections.abc import Callable
from typing import Any

from odoo import fields
from odoo.models import BaseModel
from odoo.tools import SQL, is_html_empty

from ...ml.columns import TAGS

NUMBERS = ("integer", "float", "monetary")
TEXTS = ("char", "text")
SEVERAL = ("many2many", "tags")  # types, of fields or properties, whose values are lists
UNSET = {**dict.fromkeys(NUMBERS, "0"), "boolean": "FALSE"}  # what Odoo reads where nothing was stored
DATES = {"date": fields.Date.to_date, "datetime": fields.Datetime.to_datetime}


def value_type(spec: dict[str, Any], step: Any, path: str) -> str:
    """The type of the value at the end of `path`: of the field, or of the property as `spec` keeps its definition."""
    if step.property_name:
        return ((spec.get("fields") or {}).get(path) or {}).get("type") or "properties"
    return step.field.type


def converter(spec: dict[str, Any], path: str, steps: list[Any]) -> Callable[[Any], Any] | None:
    """A function from one raw value to the value of the input `spec`, or None where raw values are right as they are.

    :param path: the path of `spec` that is read
    :param steps: its `Step`s
    """
    kind, required = spec["kind"], spec.get("required")
    type_ = value_type(spec, steps[-1], path)
    if type_ in SEVERAL or any(step.field.type == "many2many" for step in steps):
        return _members if kind == TAGS else lambda value: ",".join(_members(value) or ()) or None
    if type_ == "html":
        return lambda value: None if not value or is_html_empty(value) else str(value)  # no Markup
    if steps[-1].property_name or type_ == "json":
        return lambda value: _json_value(value, type_)
    if type_ in NUMBERS and required:
        return lambda value: value or None
    if type_ == "reference":
        return lambda value: value if value and not value.endswith((",", ",0")) else None
    return None


def raw_value(record: BaseModel, name: str, property_name: str = "") -> Any:
    """Return the database value of the field `name` of one `record`, read through the ORM."""
    field = record._fields[name]
    value = record[name]
    if field.type == "properties":
        # As stored: neither labels instead of options nor what the definition does not allow any more.
        return value._values.get(property_name)
    if field.type == "many2one":
        return value.id or None
    if field.type == "one2many":
        return len(value)
    if field.type == "many2many":
        return value.ids
    if field.type == "reference":
        return f"{value._name},{value.id}" if value else None
    if field.type == "many2one_reference":
        model = record[field.model_field]
        return f"{model},{value}" if value and model else None
    if field.type in ("boolean", *NUMBERS):
        return value
    return None if value is False else value


def _members(value: Any) -> tuple[str, ...] | None:
    """Each of several values once, as sorted texts in a tuple; None where there is none."""
    if value is None or value is False:
        return None
    several = value if isinstance(value, (list, tuple)) else [value]
    kept = {member for member in several if member is not None and member is not False and str(member).strip()}
    numbers = all(isinstance(member, int) for member in kept)
    return tuple(str(member).strip() for member in sorted(kept, key=None if numbers else str)) or None


def _json_value(value: Any, type_: str) -> Any:
    """The value of a JSON field, or of a property of `type_` ("properties" where that is not known)."""
    if type_ == "boolean":
        return None if value is None else bool(value)
    if value is None or value is False or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, dict):  # the accounts of an analytic distribution
        return ",".join(sorted(value))
    if isinstance(value, list):
        texts = (json.dumps(item, sort_keys=True) if isinstance(item, (dict, list)) else item for item in value)
        return ",".join(_members(list(texts)) or ()) or None
    if isinstance(value, str):
        value = value.strip()
        if type_ in DATES and value:
            try:
                return DATES[type_](value)
            except ValueError:
                return value  # cannot be read: that record's own failure
        if type_ == "html" and is_html_empty(value):
            return None
    if type_ == "properties" and not isinstance(value, (bool, str)):
        return json.dumps(value)  # a number for all that is known: as it is written
    return value if value != "" else None


# The same in SQL


def unset_sql(type_: str, value: Any, exists: SQL | None = None) -> SQL:
    """`value` with what Odoo reads where nothing was stored; `exists`: SQL of whether there is a record at all."""
    if type_ not in UNSET:
        return value
    filled = SQL("COALESCE(%s, %s)", value, SQL(UNSET[type_]))
    return SQL("CASE WHEN %s THEN %s END", exists, filled) if exists else filled


def text_sql(value: Any) -> SQL:
    """SQL of a text, NULL where it is blank."""
    return SQL("NULLIF(BTRIM(%s, E' \\t\\r\\n'), '')", value)


def json_text_sql(value: Any) -> SQL:
    """SQL of one text for a JSON value: the keys of an object, the sorted items of a list, else the value itself."""
    return SQL(
        "CASE jsonb_typeof(%s) WHEN 'object'"
        " THEN (SELECT string_agg(k, ',' ORDER BY k) FROM jsonb_object_keys(%s) AS k)"
        " WHEN 'array' THEN (SELECT string_agg(k, ',' ORDER BY k)"
        " FROM (SELECT DISTINCT BTRIM(item) AS k FROM jsonb_array_elements_text(%s) AS item) AS items"
        " WHERE k NOT IN ('', 'false'))"
        " WHEN 'boolean' THEN NULLIF(%s #>> '{}', 'false') ELSE NULLIF(BTRIM(%s #>> '{}'), '') END",
        value,
        value,
        value,
        value,
        value,
    )
