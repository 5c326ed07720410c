"""Values of this package as bytes and back, without code: what a training process is told and what it answers.

A frame is a length, a JSON tree and the raw bytes of its arrays. Only the types listed here pass, and decoding builds
nothing else: plain values, lists, tuples, dicts, arrays of numbers, columns, cards (checked as every artifact is),
profiles and the results of trainings. The same value always gives the same bytes, so that a frame has a fingerprint.
"""

import json
import math
import struct
from dataclasses import fields
from typing import Any, BinaryIO

import numpy as np

from . import artifact
from .anomaly import AnomalyCard
from .cards import Card
from .columns import NUMBER, Column
from .errors import InvalidFeature
from .profile import Profile
from .reviewed import ReviewedCard
from .scorecard import Scorecard

LENGTH = struct.Struct(">Q")
LARGEST = 2**32  # bytes of a frame; 40,000 rows of 14 inputs need about 5 million
NUMBERS = "fiub"  # kinds of arrays that are sent as they are
CARDS = (Scorecard, AnomalyCard, ReviewedCard)


class BadFrame(ValueError):
    """The bytes are no frame, or the value holds a type that must not be sent."""


def encode(value: Any) -> bytes:
    """Return ``value`` as the bytes of a frame, or BadFrame where it holds another type.

    >>> decode(encode({"a": (1, None), "b": np.arange(3)}))
    {'a': (1, None), 'b': array([0, 1, 2])}
    """
    arrays: list[np.ndarray] = []
    tree = _packed(value, arrays)
    kinds = [[array.dtype.str, list(array.shape)] for array in arrays]
    head = json.dumps({"tree": tree, "arrays": kinds}, separators=(",", ":")).encode()
    return b"".join([LENGTH.pack(len(head)), head, *(array.tobytes() for array in arrays)])


def decode(data: bytes) -> Any:
    """Return the value of a frame, or BadFrame."""
    try:
        (size,) = LENGTH.unpack_from(data)
        head = json.loads(data[LENGTH.size : LENGTH.size + size])
        arrays, start = [], LENGTH.size + size
        for kind, shape in head["arrays"]:
            dtype, count = np.dtype(kind), math.prod(shape)
            if dtype.kind not in NUMBERS:
                raise BadFrame(f"an array of {kind}")
            arrays.append(np.frombuffer(data, dtype, count, start).reshape(shape).copy())
            start += count * dtype.itemsize
        return _unpacked(head["tree"], arrays)
    except BadFrame:
        raise
    except (KeyError, IndexError, TypeError, ValueError, struct.error) as error:
        raise BadFrame(f"no frame: {error}") from error


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write a frame, with its length before it."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame of a stream, None where it has ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    if size > LARGEST:
        raise BadFrame(f"a frame of {size} bytes")
    data = stream.read(size)
    return data if len(data) == size else None


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return ["tuple" if isinstance(value, tuple) else "list", [_packed(item, arrays) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]]
    if isinstance(value, np.ndarray):
        return _packed_array(value, arrays)
    if isinstance(value, Column):
        reasons = [[row, error.args[0], error.args[1]] for row, error in value.errors.items()]
        return ["column", value.name, value.kind, _packed_array(value.values, arrays), reasons]
    if isinstance(value, Card) and type(value) in CARDS:
        return ["card", artifact.dump(value)]
    if isinstance(value, Profile):
        return ["profile", value.to_dict()]
    if type(value).__name__ in _results():
        named = [[field.name, _packed(getattr(value, field.name), arrays)] for field in fields(value)]
        return ["result", type(value).__name__, named]
    raise BadFrame(f"a {type(value).__name__} cannot be sent")


def _packed_array(values: np.ndarray, arrays: list[np.ndarray]) -> list:
    """Numbers as they are; texts and tags as their levels, and a number for each row."""
    if values.dtype.kind in NUMBERS:
        arrays.append(np.ascontiguousarray(values))
        return ["array", len(arrays) - 1]
    place: dict[Any, int] = {}
    codes = np.fromiter((place.setdefault(value, len(place)) for value in values.tolist()), np.int32, len(values))
    arrays.append(codes)
    return ["objects", len(arrays) - 1, [_packed(level, arrays) for level in place]]


def _unpacked(tree: Any, arrays: list[np.ndarray]) -> Any:
    if not isinstance(tree, list):
        return tree
    kind, *rest = tree
    if kind in ("list", "tuple"):
        items = [_unpacked(item, arrays) for item in rest[0]]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {_unpacked(key, arrays): _unpacked(item, arrays) for key, item in rest[0]}
    if kind == "array":
        return arrays[rest[0]]
    if kind == "objects":
        levels = [_unpacked(level, arrays) for level in rest[1]]
        values = np.empty(len(arrays[rest[0]]), dtype=object)
        values[:] = [levels[code] for code in arrays[rest[0]].tolist()]
        return values
    if kind == "column":
        name, column_kind, values, reasons = rest
        errors = {row: InvalidFeature(feature, why) for row, feature, why in reasons}
        found = _unpacked(values, arrays)
        return Column(name, column_kind, found if column_kind == NUMBER else found.astype(object), errors)
    if kind == "card":
        return artifact.load(*rest)
    if kind == "profile":
        return Profile.from_dict(*rest)
    if kind == "result":
        class_name, named = rest
        return _results()[class_name](**{name: _unpacked(item, arrays) for name, item in named})
    raise BadFrame(f"an unknown kind {kind!r}")


def _results() -> dict[str, type]:
    """Return name -> class of the results of trainings; imported late, as a process that only scores has none."""
    from .training import Recipe, Training

    return {"Recipe": Recipe, "Training": Training}
