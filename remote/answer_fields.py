"""Answers that are values: what a model chooses or extracts, as declared, as asked for, and as it comes back.

A version that classifies or extracts has a list of answer fields in its contract. What comes back on a record is one
object, the same over every protocol and in the push API::

    {"team": "Direct Sales", "team_confidence": 0.92, "unfamiliar": ""}

Each field has a confidence of its own, from 0 to 1. ``unfamiliar`` is how a model says that it should not be trusted
here. Only the form is judged in this module; whether a value is allowed is known to Odoo alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..ml.errors import AnswerSchema
from . import strict_json

KINDS = ("choice", "record", "text", "date", "number", "boolean")
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
OF_CONFIDENCE = "_confidence"
UNFAMILIAR = "unfamiliar"
WHY_UNFAMILIAR = ("layout", "language", "empty")
MOST_FIELDS = 15  # of one answer
MOST_CHOICES = 200  # of one field
LONGEST_NAME = 200  # characters of a label or a choice
LONGEST_TEXT = 500  # characters of a text that is answered
TEXTS = {
    "choice": "One of the values, word for word.",
    "record": "The name, as it is written in the document.",
    "text": "The text, as it is written in the document.",
    "date": "A date as YYYY-MM-DD.",
    "number": "A number without thousands separators, with a point before the decimals.",
}
EMPTY = " Empty if there is none."


class AnswerFieldError(ValueError):
    """The declared fields cannot be used; the message is a sentence for the person who declared them."""


@dataclass(frozen=True)
class AnswerField:
    """One value that is asked for.

    ``choices`` maps what the model may say to what is stored; it is empty where any name or text may come.
    """

    key: str
    label: str
    kind: str
    required: bool = True
    choices: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def schema(self) -> dict[str, Any]:
        """Return the part of the schema that asks for it; numbers come as texts, so that they can be left out."""
        if self.kind == "boolean":
            return {"type": "boolean", "description": self.label}
        text = TEXTS[self.kind] + ("" if self.required else EMPTY)
        asked: dict[str, Any] = {"type": "string", "description": f"{self.label}. {text}"}
        if self.choices:
            return {**asked, "enum": [*self.choices, *([] if self.required else [""])]}
        return {**asked, "maxLength": LONGEST_TEXT}


@dataclass(frozen=True)
class Told:
    """What was answered on one record: {key: (value as it came, confidence)}, and why it is unfamiliar, if it is."""

    values: dict[str, tuple[Any, float]]
    unfamiliar: str = ""

    @property
    def confidence(self) -> float:
        """The confidence in the answer as a whole: that of its least certain value."""
        return min((sure for _value, sure in self.values.values()), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        return {"values": {key: list(each) for key, each in self.values.items()}, UNFAMILIAR: self.unfamiliar}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Told":
        values = {key: (value, sure) for key, (value, sure) in data["values"].items()}
        return cls(values, data.get(UNFAMILIAR, ""))


def fields_of(declared: Any) -> tuple[AnswerField, ...]:
    """Return the checked answer fields of a contract; AnswerFieldError where they are none."""
    if not isinstance(declared, list | tuple) or len(declared) > MOST_FIELDS:
        raise AnswerFieldError(f"At most {MOST_FIELDS} values can be asked for.")
    try:
        found = tuple(each if isinstance(each, AnswerField) else AnswerField(**each) for each in declared)
    except TypeError as error:
        raise AnswerFieldError("An answer field is not an object of key, label and kind.") from error
    for each in found:
        _check_field(each)
    keys = [each.key for each in found]
    if len(set(keys)) < len(keys):
        raise AnswerFieldError("Two answer fields have the same key.")
    return found


def _check_field(each: AnswerField) -> None:
    reserved = each.key in (UNFAMILIAR, "record_token", "document") if isinstance(each.key, str) else True
    if reserved or not KEY.fullmatch(each.key) or each.key.endswith(OF_CONFIDENCE):
        raise AnswerFieldError("An answer field needs a key of small letters, digits and underscores.")
    if not isinstance(each.label, str) or not 1 <= len(each.label) <= LONGEST_NAME:
        raise AnswerFieldError(f"“{each.key}” needs a label.")
    if each.kind not in KINDS or not isinstance(each.required, bool):
        raise AnswerFieldError(f"“{each.key}” has a kind that is not known.")
    if not isinstance(each.choices, dict) or len(each.choices) > MOST_CHOICES:
        raise AnswerFieldError(f"“{each.key}” can have at most {MOST_CHOICES} values.")
    named = all(isinstance(name, str) and 1 <= len(name) <= LONGEST_NAME for name in each.choices)
    if not named or not all(isinstance(value, str) for value in each.choices.values()):
        raise AnswerFieldError(f"“{each.key}” has a value without a name.")
    if each.kind == "choice" and not each.choices:
        raise AnswerFieldError(f"“{each.key}” has no values to choose from.")


def schema_of(fields: Sequence[AnswerField], own_confidence: bool = True) -> dict[str, Any]:
    """Return the schema of the answer on one record.

    >>> [*schema_of([AnswerField("due", "Due", "date")])["properties"]]
    ['due', 'due_confidence', 'unfamiliar']
    """
    properties: dict[str, Any] = {}
    for each in fields:
        properties[each.key] = each.schema()
        if own_confidence:
            text = f"How likely “{each.label}” is right, from 0 to 1."
            properties[each.key + OF_CONFIDENCE] = {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": text,
            }
    properties[UNFAMILIAR] = {
        "type": "string",
        "enum": ["", *WHY_UNFAMILIAR],
        "description": "Empty; or why this record is unlike those described: its layout, its language, no text.",
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def form_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `schema` without the values allowed: what is none of them is told of that one value, not of the answer."""
    properties = {
        name: each if name == UNFAMILIAR else {key: part for key, part in each.items() if key != "enum"}
        for name, each in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def read(fields: Sequence[AnswerField], said: Any, confidence_of: Callable[[str], float] | None = None) -> Told:
    """Return what `said` says of the fields; AnswerSchema or AnswerOutOfRange where it has another form.

    :param confidence_of: function from a key to its confidence, where the answer does not say it itself

    >>> read([AnswerField("due", "Due", "date")], {"due": "2026-03-01", "due_confidence": 0.5}).confidence
    0.5
    """
    if not isinstance(said, dict):
        raise AnswerSchema("It is not an object.")
    known = {UNFAMILIAR}
    values: dict[str, tuple[Any, float]] = {}
    for each in fields:
        name = each.key + OF_CONFIDENCE
        known |= {each.key, name}
        if each.key not in said:
            raise AnswerSchema(f"“{each.key}” is missing.")
        value = said[each.key]
        if not (value is None or isinstance(value, str | int | float | bool)):
            raise AnswerSchema(f"“{each.key}” is not a single value.")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise AnswerSchema(f"“{each.key}” is too long.")
        if confidence_of is None and name not in said:
            raise AnswerSchema(f"“{name}” is missing.")
        if isinstance(value, str):  # as PostgreSQL can store it: no NUL, no half of a character
            value = value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        sure = confidence_of(each.key) if confidence_of else strict_json.share(said[name], f"“{name}”")
        values[each.key] = (value, sure)
    if said.keys() - known:
        raise AnswerSchema(f"It has {len(said.keys() - known)} fields that were not asked for.")
    unfamiliar = said.get(UNFAMILIAR) or ""
    if unfamiliar not in ("", *WHY_UNFAMILIAR):
        raise AnswerSchema(f"“{UNFAMILIAR}” is none of the values allowed.")
    return Told(values, unfamiliar)
