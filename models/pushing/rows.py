"""Rows that an external program pushes, checked: what is wrong with one names its number and field."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from odoo.api import Environment
from odoo.exceptions import ValidationError

from ...ml.errors import InferenceError, OutsideFailure
from ...remote.answer_fields import AnswerField, Told, read

MOST_ROWS = 1000  # of one push
LONGEST_KEY = 200  # characters of the key of a push
LONGEST_MESSAGE = 300  # characters of a failure's message
LONGEST_DETAILS = 4096  # characters of a failure's details, the last ones
LARGEST = 1e300  # JSON has integers that no float can hold
FIELDS = {"res_id", "score", "confidence", "inputs", "failure", "answers"}
FAILURE_FIELDS = {"message", "details"}


class PushedRow(NamedTuple):
    """One result: the record, the answer or the failure, and the inputs as the program read them."""

    res_id: int
    answer: tuple[float, float] | InferenceError
    inputs: dict[str, Any]
    details: str = ""
    told: Told | None = None  # the values, where the version proposes some


def storable(text: str) -> str:
    """Return `text` as PostgreSQL can store it: no NUL, no half of a character.

    >>> storable("a" + chr(0) + chr(0xD800))
    'a\ufffd?'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def digest_of(rows: Any, env: Environment) -> str:
    """Return the fingerprint of what was pushed: the same whatever the order of its keys.

    :raise ValidationError: where it is not plain JSON
    """
    try:
        text = json.dumps(rows, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(env._("The rows are not plain JSON, or hold a number that is not finite.")) from error
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_key(key: Any, env: Environment) -> str:
    """Return the idempotency key that was given, or raise."""
    if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise ValidationError(env._("The key must be a text of 1 to %s characters.", LONGEST_KEY))
    return key


class RowCheck:
    """Checks of pushed rows.

    :param inputs: {key of an input: its kind}
    :param asked: the answer fields of the version, see `remote.answer_fields`; none where it scores
    """

    def __init__(self, env: Environment, inputs: dict[str, str], asked: Sequence[AnswerField] = ()) -> None:
        self.env, self.inputs, self.asked = env, inputs, asked

    def rows(self, rows: Any) -> list[PushedRow]:
        """Return the checked rows; raise a ValidationError about the first that is wrong."""
        if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MOST_ROWS:
            raise ValidationError(self.env._("Push a list of 1 to %s rows.", MOST_ROWS))
        found: dict[int, int] = {}
        checked = []
        for number, row in enumerate(rows, 1):
            one = self._row(number, row)
            if one.res_id in found:
                self._wrong(number, "res_id", self.env._("row %s is about the same record", found[one.res_id]))
            found[one.res_id] = number
            checked.append(one)
        return checked

    def _wrong(self, number: int, field: str, why: str) -> NoReturn:
        raise ValidationError(self.env._("Row %(number)s, %(field)s: %(why)s.", number=number, field=field, why=why))

    def _row(self, number: int, row: Any) -> PushedRow:
        if not isinstance(row, dict) or not all(isinstance(key, str) for key in row):
            self._wrong(number, "row", self.env._("it is not an object"))
        for key in sorted(row.keys() - FIELDS):
            self._wrong(number, key[:40], self.env._("there is no such field"))
        res_id = row.get("res_id")
        if type(res_id) is not int or not 0 < res_id < 2**31:
            self._wrong(number, "res_id", self.env._("the id of a record is missing"))
        inputs = self._inputs(number, {} if row.get("inputs") is None else row["inputs"])
        if row.get("failure") is not None:
            for name in ("score", "confidence", "answers"):
                if row.get(name) is not None:
                    self._wrong(number, name, self.env._("a failure has no score"))
            message, details = self._failure(number, row["failure"])
            return PushedRow(res_id, OutsideFailure(message), inputs, details)
        if self.asked:
            told = self._told(number, row)
            return PushedRow(res_id, (told.confidence, told.confidence), inputs, "", told)
        if row.get("answers") is not None:
            self._wrong(number, "answers", self.env._("the version has a score, and no answers"))
        score = self._share(number, "score", row.get("score"))
        sure = row.get("confidence")
        confidence = max(score, 1 - score) if sure is None else self._share(number, "confidence", sure)
        return PushedRow(res_id, (score, confidence), inputs)

    def _told(self, number: int, row: dict[str, Any]) -> Told:
        """Return the values of a row; what is wrong with a value itself is judged later and ends in a review."""
        for name in ("score", "confidence"):
            if row.get(name) is not None:
                self._wrong(number, name, self.env._("the version has answers, each with its own confidence"))
        try:
            return read(self.asked, row.get("answers"))
        except InferenceError as error:
            return self._wrong(number, "answers", str(error).strip().rstrip("."))

    def _share(self, number: int, field: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(number, field, self.env._("a number from 0 to 1 is missing"))
        if not 0 <= value <= 1:
            self._wrong(number, field, self.env._("%s is not from 0 to 1", repr(value)[:20]))
        return float(value)

    def _inputs(self, number: int, inputs: Any) -> dict[str, Any]:
        if not isinstance(inputs, dict):
            self._wrong(number, "inputs", self.env._("it is not an object"))
        for key, value in inputs.items():
            if key not in self.inputs:
                self._wrong(number, f"inputs.{str(key)[:40]}", self.env._("the version has no such input"))
            if not (value is None or isinstance(value, bool | int | float | str)):
                self._wrong(number, f"inputs.{key}", self.env._("it is not a single value"))
            if self.inputs[key] == "number" and isinstance(value, str):
                self._wrong(number, f"inputs.{key}", self.env._("it is not a number"))
            if isinstance(value, int | float) and not abs(value) <= LARGEST:
                self._wrong(number, f"inputs.{key}", self.env._("it is not finite, or too large"))
        return inputs

    def _failure(self, number: int, failure: Any) -> tuple[str, str]:
        if not isinstance(failure, dict) or failure.keys() - FAILURE_FIELDS:
            self._wrong(number, "failure", self.env._("it is not an object of “message” and “details”"))
        message, details = failure.get("message"), failure.get("details") or ""
        if not isinstance(message, str) or not message.strip():
            self._wrong(number, "failure.message", self.env._("a text is missing"))
        if not isinstance(details, str):
            self._wrong(number, "failure.details", self.env._("it is not a text"))
        return storable(message.strip())[:LONGEST_MESSAGE], storable(details)[-LONGEST_DETAILS:]


def columns_with(
    columns: dict[str, Any], rows: Sequence[PushedRow], places: dict[int, int], make: Callable[..., Any]
) -> dict[str, Any]:
    """Return `columns` with the inputs that the rows bring in place of what Odoo holds.

    :param places: {record id: row of the columns}
    :param make: ``ml.columns.make_column``
    """
    brought = {key for row in rows for key in row.inputs}
    result = dict(columns)
    for key in brought:
        values = [None if value != value else value for value in columns[key].values.tolist()]
        for row in rows:
            if key in row.inputs and row.res_id in places:
                values[places[row.res_id]] = row.inputs[key]
        result[key] = make(key, columns[key].kind, values)
    return result
