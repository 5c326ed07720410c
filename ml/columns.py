"""One input of many records, as a typed numpy column.

SQL and the ORM return Python objects: ``None``, booleans, integers, ``Decimal``,
text, dates. ``make_column`` turns them into one of three kinds:

``NUMBER``
    float64, NaN where missing. Booleans become 0 and 1, dates days since
    1970-01-01 (a ``datetime`` with its fraction of the day, in UTC), text is
    parsed. Infinities stay: binning puts them beyond the training range.
``CATEGORY``
    an object array of ``str`` or ``None``. Blank text is missing. What is stored
    in JSON and PostgreSQL later is made safe here: no NUL, no lone surrogate.
``TAGS``
    an object array of tuples of levels, sorted, each level once; None where there is
    none. A card reads it as one yes or no per frequent tag (see ``tags``).

A value that cannot be read does not fail the others: it counts as missing, and
``errors`` holds an ``InvalidFeature`` for its row.
"""

import hashlib
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from .errors import InvalidFeature

NUMBER = "number"
CATEGORY = "category"
TAGS = "tags"
KINDS = (NUMBER, CATEGORY, TAGS)

LONGEST_LEVEL = 256  # characters; a level is a word, not a document
_EPOCH = date(1970, 1, 1).toordinal()
_PLAIN_NUMBERS = {float, int, bool, Decimal, type(None)}


@dataclass(frozen=True, eq=False)
class Column:
    """One input: ``values`` has one entry per row, ``errors`` one per bad row."""

    name: str
    kind: str
    values: np.ndarray
    errors: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> "Column":
        """The column of these rows only; ``rows`` are indices or a mask."""
        rows = np.arange(len(self))[rows]
        errors = {}
        if self.errors:
            errors = {new: self.errors[old] for new, old in enumerate(rows.tolist()) if old in self.errors}
        return Column(self.name, self.kind, self.values[rows], errors)

    def named(self, name: str) -> "Column":
        """The column under another name, by which a card knows it: tags are spread by their name, and errors say it."""
        return self if name == self.name else Column(name, self.kind, self.values, self.errors)


def make_column(name: str, kind: str, raw_values: Any) -> Column:
    """Build the ``Column`` of ``raw_values``, a sequence of Python objects.

    An empty field that the ORM reads as ``False`` must come as ``None``: here
    ``False`` is a value.

    >>> from decimal import Decimal
    >>> make_column("age", NUMBER, [3, None, Decimal("2.5"), "12", True]).values
    array([ 3. ,  nan,  2.5, 12. ,  1. ])
    >>> make_column("city", CATEGORY, ["Bern", " ", None, 3.0, True]).values
    array(['Bern', None, None, '3', 'true'], dtype=object)
    >>> make_column("tags", TAGS, [("b", "a", "b"), (), None]).values
    array([('a', 'b'), None, None], dtype=object)
    >>> str(make_column("age", NUMBER, ["old"]).errors[0])
    '“age” cannot be read: text that is not a number.'
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of column: {kind!r}")
    if isinstance(raw_values, np.ndarray):
        if kind == NUMBER and raw_values.dtype.kind in "fiub":
            return Column(name, kind, raw_values.astype(np.float64))
        raw_values = raw_values.tolist()
    convert = {NUMBER: _numbers, CATEGORY: _categories, TAGS: _several}[kind]
    values, reasons = convert(raw_values)
    errors = {row: InvalidFeature(name, why) for row, why in reasons.items()}
    return Column(name, kind, values, errors)


class _Unreadable(Exception):
    """The reason why one raw value cannot be read."""


# Numbers
def _numbers(raw: list) -> tuple[np.ndarray, dict[int, str]]:
    kinds = set(map(type, raw))
    if kinds <= _PLAIN_NUMBERS:
        with suppress(OverflowError, ValueError):  # an integer beyond 1e308 or a signalling NaN: it is found below
            return np.array(raw, dtype=np.float64), {}
    elif kinds <= {date, type(None)}:
        days = [np.nan if d is None else d.toordinal() - _EPOCH for d in raw]
        return np.array(days, dtype=np.float64), {}
    values = np.full(len(raw), np.nan)
    reasons = {}
    for row, value in enumerate(raw):
        try:
            values[row] = _number(value)
        except _Unreadable as error:
            reasons[row] = str(error)
    return values, reasons


def _number(value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        midnight = datetime(value.year, value.month, value.day)
        seconds = (value - midnight).total_seconds()
        return value.toordinal() - _EPOCH + seconds / 86400
    if isinstance(value, date):
        return value.toordinal() - _EPOCH
    if isinstance(value, str | bytes | bytearray | memoryview):
        return _parsed(_text(value))
    if isinstance(value, Decimal) and value.is_nan():
        return np.nan
    if isinstance(value, Real | Decimal):
        try:
            return float(value)
        except OverflowError:
            return np.inf if value > 0 else -np.inf  # type: ignore[operator]  # every Real can be compared
    raise _Unreadable(f"a {type(value).__name__} is not a number")


def _parsed(text: str) -> float:
    text = text.strip()
    if not text:
        return np.nan
    try:
        if "_" in text:  # Python reads 1_2 as 12; an identifier is not a number
            raise ValueError
        return float(text)
    except ValueError:
        raise _Unreadable("text that is not a number") from None


# Categories
def _categories(raw: list) -> tuple[np.ndarray, dict[int, str]]:
    # Columns repeat few levels: each distinct value is cleaned once. 1, 1.0 and
    # True are one dictionary key, so they are told apart by type where mixed.
    kinds = set(map(type, raw))
    mixed = len(kinds - {str, type(None)}) > 1
    known = {}
    values = np.empty(len(raw), dtype=object)
    reasons = {}
    try:
        keys = [(type(value), value) for value in raw] if mixed else raw
        for key in set(keys):
            known[key] = _level_or_reason(key[1] if mixed else key)
        cleaned = [known[key] for key in keys]
    except TypeError:  # something unhashable, such as a list
        cleaned = [_level_or_reason(value) for value in raw]
    for row, level in enumerate(cleaned):
        if isinstance(level, _Unreadable):
            reasons[row] = str(level)
            cleaned[row] = None
    values[:] = cleaned
    return values, reasons


# Tags
def _several(raw: list[tuple[str, ...] | None]) -> tuple[np.ndarray, dict]:
    known = {}
    values = np.empty(len(raw), dtype=object)
    reasons = {}
    for row, several in enumerate(raw):
        if isinstance(several, tuple) and several in known:
            values[row] = known[several]
            continue
        try:
            values[row] = _sorted_levels(several)
        except _Unreadable as error:
            reasons[row] = str(error)
            continue
        if isinstance(several, tuple) and all(type(member) is str for member in several):
            known[several] = values[row]
    return values, reasons


def _sorted_levels(several: Any) -> Any:
    if several is None:
        return None
    if not isinstance(several, list | tuple | set | frozenset):
        several = (several,)
    levels = {_level(member) for member in several} - {None}
    return tuple(sorted(levels)) or None


def _level_or_reason(value: str | None) -> Any:
    try:
        return _level(value)
    except _Unreadable as error:
        return error


def _level(value: Any) -> str | None:
    """The text of one level, or None where it is missing."""
    if value is None:
        return None
    if isinstance(value, str | bytes | bytearray | memoryview):
        return safe_text(_text(value))
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Integral) and -(10**18) < int(value) < 10**18:
        return str(int(value))
    if isinstance(value, Real | Decimal):
        number = _number(value)
        if np.isnan(number):
            return None
        return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)
    if isinstance(value, date):
        return value.isoformat()
    raise _Unreadable(f"a {type(value).__name__} is not a category")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise _Unreadable("bytes that are not UTF-8 text") from None


def safe_text(text: str) -> str | None:
    """``text`` as JSON and PostgreSQL can store it, or None if it is blank.

    NUL and lone surrogates are replaced, equal looking spellings made equal (NFC),
    and very long text is cut, with a digest that keeps different texts different.

    >>> safe_text(" a\\x00b ")
    'a\\ufffdb'
    """
    text = text.strip()
    if not text:
        return None
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = unicodedata.normalize("NFC", text)
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if len(text) > LONGEST_LEVEL:
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        text = f"{text[: LONGEST_LEVEL - 14]}… {digest}"
    return text
