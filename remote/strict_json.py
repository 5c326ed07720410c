"""JSON of the other side, read strictly: one value, each key once, finite numbers, nothing around it.

What is wrong with a text is told by the leaf of ``ml/errors.py`` that is raised; sentences never quote the text.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from ..ml.errors import (
    AnswerAmbiguous,
    AnswerEmpty,
    AnswerError,
    AnswerMismatch,
    AnswerNotJson,
    AnswerOutOfRange,
    AnswerSchema,
    AnswerTruncated,
    AnswerWrapped,
)

FENCE = "```"


def read(body: bytes, media_type: str = "") -> Any:
    """Return the JSON value of a body, or raise an AnswerError.

    >>> read(b'{"predictions": [0.25]}')
    {'predictions': [0.25]}
    """
    if not body.strip():
        raise AnswerEmpty()
    if media_type in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<":
        raise AnswerNotJson("It is a web page.")
    if media_type.startswith(("image/", "audio/", "video/")) or media_type in ("text/csv", "text/xml"):
        raise AnswerNotJson(f"It is of the type {media_type[:40]}.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise AnswerNotJson("It is not UTF-8.") from None
    return read_text(text)


def read_text(text: str) -> Any:
    """Return the JSON value of a text that holds nothing else."""
    text = text.strip()
    if not text:
        raise AnswerEmpty()
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise AnswerNotJson("It holds characters that are no text.")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except AnswerError:
        raise
    except json.JSONDecodeError as error:
        raise _why(text, error) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists in lists in lists
        raise AnswerNotJson("It is too deep, or a number in it too long.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise AnswerAmbiguous("A key stands in it twice.")
    return found


def _no_constant(_name: str) -> Any:
    raise AnswerOutOfRange("A number is not finite.")


def _why(text: str, error: json.JSONDecodeError) -> AnswerError:
    """The error of a text that is not JSON as a whole."""
    start = min((place for place in (text.find("{"), text.find("[")) if place >= 0), default=-1)
    if text.startswith(FENCE):
        return AnswerWrapped("It is in a code fence.")
    if start < 0:
        return AnswerNotJson("It is prose." if text[:1].isalpha() else "")
    if start == 0 and _is_cut(text, error):
        return AnswerTruncated("It ends in the middle.")
    try:
        _value, end = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return AnswerNotJson("It is damaged.")
    if start or text[start + end :].strip():
        return AnswerWrapped("There is text around it.")
    return AnswerNotJson("It is damaged.")


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Return whether what is wrong is that the text ends: at its end, or in a string that is never closed."""
    return (
        error.pos >= len(text)
        or error.msg.startswith(("Unterminated string", "Invalid \\u"))
        or (text[error.pos :] in ("t", "tr", "tru", "f", "fa", "fal", "fals", "n", "nu", "nul", "-"))
    )


def pick(value: Any, path: str) -> Any:
    """Return what stands in `value` at `path`: keys and places in lists, with dots between them; AnswerSchema if none.

    >>> pick({"out": [{"p": 0.5}]}, "out.0.p")
    0.5
    """
    for step in path.split(".") if path else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise AnswerSchema(f"“{path}” is missing.")
    return value


def share(value: Any, what: str) -> float:
    """Return `value` as a number from 0 to 1, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerSchema(f"{what} is not a number.")
    if not (0 <= value <= 1 and math.isfinite(value)):
        raise AnswerOutOfRange(f"{what} is not a number from 0 to 1.")
    return float(value)


def rows(value: Any, count: int) -> Sequence[Any]:
    """Return `value` if it is a list of `count` entries, or raise."""
    if not isinstance(value, list):
        raise AnswerSchema("There is no list of answers.")
    if len(value) != count:
        raise AnswerMismatch(f"{count} records were sent, and {len(value)} answers came back.")
    return value
