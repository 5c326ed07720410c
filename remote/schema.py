"""Form of an answer, as a part of JSON Schema: one object whose fields are single values.

That part is what answers of models have, and what the strict mode of OpenAI-compatible servers takes: `type`,
`properties`, `required`, `enum`, `minimum`, `maximum`, `maxLength` and texts for people. A schema that uses anything
else is refused when a version is made, so that no keyword is ever ignored (ADR 0061).
"""

import math
from collections.abc import Mapping
from typing import Any

from ..ml.errors import AnswerOutOfRange, AnswerSchema

TYPES = {"string": str, "number": (int, float), "integer": int, "boolean": bool}
OF_OBJECT = {"type", "properties", "required", "additionalProperties", "title", "description"}
OF_FIELD = {"type", "enum", "minimum", "maximum", "maxLength", "title", "description"}
MOST_FIELDS = 50  # of one answer
LONGEST_TEXT = 10_000  # characters of a text whose schema sets no limit
LARGEST = 1e300  # JSON has integers that no float can hold


class SchemaError(ValueError):
    """The schema cannot be used; the message says why."""


def check_schema(schema: Any) -> None:
    """Raise SchemaError unless `schema` is one that `check` understands as a whole."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise SchemaError("it must describe an object")
    _only(schema, OF_OBJECT, "it")
    fields = schema.get("properties")
    if not isinstance(fields, dict) or not 1 <= len(fields) <= MOST_FIELDS:
        raise SchemaError(f"it must have 1 to {MOST_FIELDS} properties")
    if schema.get("additionalProperties", False) is not False:
        raise SchemaError("additionalProperties must be false")
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) and name in fields for name in required):
        raise SchemaError("required must name properties")
    for name, field in fields.items():
        _check_field(name, field)


def _check_field(name: str, field: Any) -> None:
    if not isinstance(field, dict) or not isinstance(field.get("type"), str) or field["type"] not in TYPES:
        raise SchemaError(f"“{name}” must be of the type string, number, integer or boolean")
    _only(field, OF_FIELD, f"“{name}”")
    for key in ("minimum", "maximum"):
        limit = field.get(key, 0)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not math.isfinite(limit):
            raise SchemaError(f"“{name}”: {key} must be a number")
    if field.get("minimum", -math.inf) > field.get("maximum", math.inf):
        raise SchemaError(f"“{name}”: minimum is above maximum")
    values = field.get("enum", [None])
    if not isinstance(values, list) or not values:
        raise SchemaError(f"“{name}”: enum must list values")
    if "enum" in field and not all(_is_of(field["type"], value) for value in values):
        raise SchemaError(f"“{name}”: enum has a value of another type")
    if not isinstance(field.get("maxLength", 0), int):
        raise SchemaError(f"“{name}”: maxLength must be an integer")


def _only(data: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key)[:40] for key in data.keys() - known)
    if unknown:
        raise SchemaError(f"{where} uses “{unknown[0]}”, which is not checked here")


def check(value: Any, schema: Mapping[str, Any]) -> None:
    """Raise AnswerSchema or AnswerOutOfRange unless `value` has the form of a checked `schema`.

    >>> check({"chance": 0.5}, {"type": "object", "properties": {"chance": {"type": "number", "maximum": 1}}})
    """
    fields = schema["properties"]
    if not isinstance(value, dict):
        raise AnswerSchema("It is not an object.")
    for name in schema.get("required", ()):
        if name not in value:
            raise AnswerSchema(f"“{name}” is missing.")
    if unknown := value.keys() - fields.keys():
        raise AnswerSchema(f"It has {len(unknown)} fields that were not asked for.")
    for name, each in value.items():
        _check_value(name, each, fields[name])


def _check_value(name: str, value: Any, field: Mapping[str, Any]) -> None:
    if not _is_of(field["type"], value):
        raise AnswerSchema(f"“{name}” is not of the type {field['type']}.")
    if "enum" in field and value not in field["enum"]:
        raise AnswerSchema(f"“{name}” is none of the values allowed.")
    if isinstance(value, str) and len(value) > field.get("maxLength", LONGEST_TEXT):
        raise AnswerSchema(f"“{name}” is too long.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = field.get("minimum", -math.inf), field.get("maximum", math.inf)
        if not (abs(value) <= LARGEST and low <= value <= high):
            raise AnswerOutOfRange(f"“{name}” is outside of its range.")


def _is_of(kind: str, value: Any) -> bool:
    """Return whether `value` is of a type of the schema; true and false are no numbers, 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[kind])  # type: ignore[arg-type]
