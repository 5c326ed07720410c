"""A card as plain JSON, and back, trusting nothing.

``dump`` gives a dict of plain JSON types; ``digest`` a fingerprint that survives
PostgreSQL's ``jsonb`` (key order and ``1.0`` against ``1`` do not matter); ``load``
checks everything and only then constructs. An artifact is data: nothing in it can
name code. The format is written down in the ``_check_*`` functions below; a new
one gets a new number, and each former one keeps a test.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .anomaly import AnomalyCard
from .binning import FIRST, MAX_BINS, MAX_KNOWN
from .cards import LARGEST_TABLE, Card
from .columns import (
    CATEGORY,
    LONGEST_LEVEL,
    NUMBER,
    TAGS,
)
from .errors import ArtifactRejected
from .imported import ImportedCard
from .remote_card import PushedCard, RemoteCard
from .reviewed import SURPRISE, ReviewedCard
from .scorecard import Scorecard
from .tags import MOST_OTHERS, MOST_TAGS, TagBins
from .uncertainty import DIMENSIONS

FORMAT = 1
FORMATS = (1, 2, 3, 4)  # 2 has tags as inputs; 3 besides says how sure it is, or has pairs in blocks; 4 has tails
CARDS = {card.kind: card for card in (Scorecard, AnomalyCard, ReviewedCard, ImportedCard, RemoteCard, PushedCard)}

MAX_FEATURES = 200  # inputs of a card
MAX_PAIRS = 50  # of a card
MAX_POINTS = 10_000  # of a calibration
LONGEST_NAME = 256  # characters of a name in a card
LONGEST_CONTRACT = 100_000  # characters of its JSON
LARGEST = 1e12  # |points|; log odds beyond a few hundred are already nonsense


def dump(card: Card) -> dict[str, Any]:
    """The artifact of a card: a dict of plain JSON types."""
    data = card.to_dict()
    return {"format": _format_of(data), **data}


def _format_of(data: dict[str, Any]) -> int:
    """The one format that a card of this content has, so that equal cards have equal fingerprints."""
    if _goes_on(data):
        return 4
    pairs = data.get("pairs")
    if "uncertainty" in data or (isinstance(pairs, list) and any(_in_blocks(pair) for pair in pairs)):
        return 3
    features = data.get("features")
    return 2 if isinstance(features, list) and any(_has_tags(item) for item in features) else FORMAT


def digest(data: Any) -> str:
    """sha256 over the canonical JSON of an artifact, as 64 hex digits.

    >>> digest({"a": 1, "b": [2.5]}) == digest({"b": [2.5], "a": 1.0})
    True
    """
    try:
        text = json.dumps(_canonical(data), sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ArtifactRejected("it is not plain JSON") from error
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(data: Any) -> Any:
    if isinstance(data, dict):
        if not all(isinstance(key, str) for key in data):
            raise TypeError("a key is not text")
        return {key: _canonical(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_canonical(value) for value in data]
    if isinstance(data, int | float) and not isinstance(data, bool):
        if not math.isfinite(data):
            raise ValueError("not finite")
        return repr(float(data) + 0.0)
    if data is None or isinstance(data, bool | str):
        return data if not isinstance(data, str) else f"'{data}"
    raise TypeError(f"{type(data).__name__} is not JSON")


def load(data: Any, expected_digest: str | None = None, content: bytes | None = None) -> Card:
    """The card that ``data`` describes, or ArtifactRejected with the cause.

    ``content`` are the bytes of the file that a pipeline has besides.

    >>> try:
    ...     load({"format": 99})
    ... except ArtifactRejected as error:
    ...     print(error)
    The artifact is rejected: format 99 is not known here, only 1, 2, 3 and 4
    """
    if not isinstance(data, dict):
        raise ArtifactRejected("it is not a JSON object")
    version = data.get("format")
    if isinstance(version, bool) or version not in FORMATS:
        shown = version if isinstance(version, int | float) else "missing"
        raise ArtifactRejected(
            f"format {shown} is not known here, only {', '.join(map(str, FORMATS[:-1]))} and {FORMATS[-1]}"
        )
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in CARDS:
        raise ArtifactRejected("kind is not one of " + ", ".join(sorted(CARDS)))
    if expected_digest is not None and digest(data) != expected_digest:
        raise ArtifactRejected("the content does not match its digest: it was changed")
    _check_card(data)
    parts = {"content": content} if kind == ImportedCard.kind else {}
    return CARDS[kind].from_dict(data, **parts)


# The format
def _check_card(data: Any) -> None:
    card = CARDS[data["kind"]]
    common = ("format", "kind", "features", "pairs", "intercept", "calibration", "score_bins")
    known = ("uncertainty",) if card is Scorecard and "uncertainty" in data else ()
    _keys("the card", data, (*common, *card.own, *known))
    features = _list("features", data["features"], 1, MAX_FEATURES)
    sizes = {}
    for place, item in enumerate(features):
        name, size = _check_feature(f"feature {place + 1}", item)
        if name in sizes:
            raise ArtifactRejected(f"two features are called {name!r}")
        sizes[name] = size
    for place, item in enumerate(_list("pairs", data["pairs"], 0, MAX_PAIRS)):
        _check_pair(f"pair {place + 1}", item, sizes)
    _number("intercept", data["intercept"])
    _check_calibration("calibration", data["calibration"], card)
    if data["format"] != _format_of(data):
        raise ArtifactRejected(
            "format 3 is that of cards with uncertainty or pairs in blocks, format 2 that of others with tags, "
            "format 1 that of the rest"
        )
    bins = data["score_bins"]
    if _check_bins("score_bins", bins) > FIRST + 20 or bins["kind"] != NUMBER:
        raise ArtifactRejected("score_bins: at most 20 intervals of a number")
    _CHECK_OWN[data["kind"]](data)


def _check_scorecard(data: Any) -> None:
    _number("threshold", data["threshold"], 0, 1)
    if "uncertainty" in data:
        _check_uncertainty(data["uncertainty"], [len(feature["points"]) for feature in data["features"]])


def _check_uncertainty(data: Any, sizes: list[int]) -> None:
    """A vector per code and a variance per code, all finite; vectors as long as that of the intercept."""
    _keys("uncertainty", data, ("constant", "shared", "alone"))
    constant = _list("uncertainty: constant", data["constant"], 1, DIMENSIONS)
    shared = _list("uncertainty: shared", data["shared"], len(sizes), len(sizes))
    alone = _list("uncertainty: alone", data["alone"], len(sizes), len(sizes))
    vectors = [constant]
    for size, own, variances in zip(sizes, shared, alone, strict=True):
        vectors += _list("uncertainty: shared", own, size, size)
        for variance in _list("uncertainty: alone", variances, size, size):
            _number("uncertainty: alone", variance, 0)
    for vector in vectors:
        for value in _list("uncertainty: shared", vector, len(constant), len(constant)):
            _number("uncertainty: shared", value)


def _check_anomaly(data: Any) -> None:
    _number("threshold", data["threshold"])
    _ascending("block_thresholds", _list("block_thresholds", data["block_thresholds"], 1, 1000), strictly=False)
    _number("flag_rate", data["flag_rate"], 0, 1)


def _check_reviewed(data: Any) -> None:
    _check_scorecard(data)
    surprise = data["surprise"]
    if not isinstance(surprise, dict) or surprise.get("kind") != AnomalyCard.kind or "format" in surprise:
        raise ArtifactRejected("surprise: an anomaly card is expected")
    _check_card({**surprise, "format": _format_of(surprise)})
    kinds = {feature["name"]: feature["bins"]["kind"] for feature in data["features"]}
    tags = {f["name"]: f["bins"] for f in data["features"] if f["bins"]["kind"] == TAGS}
    for own in surprise["features"]:
        if own["bins"]["kind"] == TAGS and own["bins"]["members"] != tags.get(own["name"], {}).get("members"):
            raise ArtifactRejected(f"surprise: {own['name']!r} has other tags than in the card")
    wanted = {feature["name"]: feature["bins"]["kind"] for feature in surprise["features"]}
    for name, kind in {**wanted, SURPRISE: NUMBER}.items():
        if kinds.get(name) != kind:
            raise ArtifactRejected(f"surprise: {name!r} is not an input of the card, or of another kind")


def _in_blocks(pair: Any) -> bool:
    return isinstance(pair, dict) and "rows" in pair


def _goes_on(data: dict[str, Any]) -> bool:
    """Does a number have bins beyond its range, in this card or in the one that it is made of?"""
    features, inner = data.get("features"), data.get("surprise")
    own = isinstance(features, list) and any(
        isinstance(item, dict) and isinstance(item.get("bins"), dict) and "tails" in item["bins"] for item in features
    )
    return own or (isinstance(inner, dict) and _goes_on(inner))


def _has_tags(item: dict[str, Any]) -> bool:
    return isinstance(item, dict) and isinstance(item.get("bins"), dict) and item["bins"].get("kind") == TAGS


def _check_imported(data: Any) -> None:
    _check_scorecard(data)
    if data["pairs"]:
        raise ArtifactRejected("pairs: a pipeline has none")
    features = data["features"]
    for size in _list("importances", data["importances"], len(features), len(features)):
        _number("importances", size, 0)
    for feature, values in zip(features, _list("typical", data["typical"], len(features), len(features)), strict=True):
        size = _check_bins("bins", feature["bins"])
        for value in _list("typical", values, size, size):
            if value is not None and feature["bins"]["kind"] == NUMBER:
                _number("typical", value, limit=math.inf)
            elif value is not None:
                _text("typical", value, LONGEST_LEVEL)
    _keys("file", data["file"], ("sha256", "size"))
    _count("file: size", data["file"]["size"])
    if not isinstance(data["file"]["sha256"], str) or len(data["file"]["sha256"]) != 64:
        raise ArtifactRejected("file: 64 hexadecimal digits are expected")


def _check_remote(data: Any) -> None:
    """Check that a contract is plain and not large; its meaning is checked by whoever calls (``remote.contract``)."""
    _check_scorecard(data)
    if data["pairs"]:
        raise ArtifactRejected("pairs: a remote model has none")
    for size in _list("importances", data["importances"], len(data["features"]), len(data["features"])):
        _number("importances", size, 0)
    contract = data["contract"]
    digest(contract)  # refuses what is not plain JSON
    if not isinstance(contract, dict) or len(json.dumps(_canonical(contract))) > LONGEST_CONTRACT:
        raise ArtifactRejected("contract: an object that is not too large is expected")


_CHECK_OWN = {
    Scorecard.kind: _check_scorecard,
    AnomalyCard.kind: _check_anomaly,
    ReviewedCard.kind: _check_reviewed,
    ImportedCard.kind: _check_imported,
    RemoteCard.kind: _check_remote,
    PushedCard.kind: _check_remote,
}


def _check_feature(where: str, item: Any) -> tuple[str, int]:
    _keys(where, item, ("name", "required", "bins", "points", "counts"))
    name = _text(f"{where}: name", item["name"], LONGEST_NAME)
    if not isinstance(item["required"], bool):
        raise ArtifactRejected(f"{name}: required must be true or false")
    size = _check_bins(f"{name}: bins", item["bins"])
    for points in _list(f"{name}: points", item["points"], size, size):
        _number(f"{name}: points", points)
    for count in _list(f"{name}: counts", item["counts"], size, size):
        _count(f"{name}: counts", count)
    return name, size


def _check_pair(where: str, item: dict[str, Any], sizes: dict[str, int]) -> None:
    blocks = ("rows", "columns") if _in_blocks(item) else ()
    _keys(where, item, ("first", "second", *blocks, "points"))
    names = [_text(f"{where}: {end}", item[end], LONGEST_NAME) for end in ("first", "second")]
    if names[0] == names[1] or not set(names) <= set(sizes):
        raise ArtifactRejected(f"{where} does not name two features of the card")
    shape = [sizes[name] for name in names]
    if bool(blocks) != (shape[0] * shape[1] > LARGEST_TABLE):
        raise ArtifactRejected(f"{where}: large tables are stored in blocks, and no others")
    if blocks:
        shape = [_check_blocks(f"{where}: {key}", item[key], size) for key, size in zip(blocks, shape, strict=True)]
    for row in _list(f"{where}: points", item["points"], shape[0], shape[0]):
        for points in _list(f"{where}: points", row, shape[1], shape[1]):
            _number(f"{where}: points", points)


def _check_blocks(where: str, places: Any, size: int) -> int:
    """The number of blocks that the codes of an input are in."""
    for place in _list(where, places, size, size):
        if _count(where, place) >= size:
            raise ArtifactRejected(f"{where}: there is no such block")
    if set(places) != set(range(max(places) + 1)):
        raise ArtifactRejected(f"{where}: a block has no codes")
    return max(places) + 1


def _check_bins(where: str, data: Any) -> int:
    """The number of codes that the bins have."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == NUMBER:
        return _check_numeric_bins(where, data)
    if kind == CATEGORY:
        return _check_category_bins(where, data)
    if kind == TAGS:
        return _check_tag_bins(where, data)
    raise ArtifactRejected(f"{where} are of no known kind")


def _check_numeric_bins(where: str, data: Any) -> int:
    known = ("kind", "low", "high", "edges", "whole")
    _keys(where, data, (*known, "tails") if "tails" in data else known)
    edges = _list(f"{where}: edges", data["edges"], 0, MAX_BINS - 1)
    if not isinstance(data["whole"], bool):
        raise ArtifactRejected(f"{where}: whole must be true or false")
    if data["low"] is None and data["high"] is None:
        if edges:
            raise ArtifactRejected(f"{where}: edges without a range")
        return FIRST
    low = _number(f"{where}: low", data["low"], limit=math.inf)
    high = _number(f"{where}: high", data["high"], limit=math.inf)
    _ascending(f"{where}: edges", edges, limit=math.inf)
    if low > high or (edges and not low < edges[0] <= edges[-1] <= high):
        raise ArtifactRejected(f"{where}: edges are not inside the range")
    tails = _list(f"{where}: tails", data.get("tails", [0, 0]), 2, 2)
    if sum(_count(f"{where}: tails", tail) for tail in tails) > len(edges):
        raise ArtifactRejected(f"{where}: all intervals are beyond the range")
    return FIRST + len(edges) + 1


def _check_tag_bins(where: str, data: Any) -> int:
    size = _check_category_bins(where, data, TagBins.own)
    if not set(data["levels"]) <= {str(count) for count in range(MOST_OTHERS + 1)}:
        raise ArtifactRejected(f"{where}: levels are no counts of other tags")
    members = _list(f"{where}: members", data["members"], 0, MOST_TAGS)
    for tag in members:
        _text(f"{where}: members", tag, LONGEST_LEVEL)
    _check_counts(f"{where}: known", data["known"])
    if len(set(members)) != len(members) or not set(members) <= set(data["known"]):
        raise ArtifactRejected(f"{where}: members must differ and be known")
    return size


def _check_category_bins(where: str, data: Any, own: Sequence[str] = ()) -> int:
    _keys(where, data, ("kind", "levels", "level_counts", "dropped", *own))
    levels = _list(f"{where}: levels", data["levels"], 0, MAX_BINS)
    for level in levels:
        _text(f"{where}: levels", level, LONGEST_LEVEL)
    counts = _check_counts(f"{where}: level_counts", data["level_counts"])
    if len(set(levels)) != len(levels) or not set(levels) <= set(counts):
        raise ArtifactRejected(f"{where}: levels must differ and be counted")
    _count(f"{where}: dropped", data["dropped"])
    return FIRST + len(levels)


def _check_counts(where: str, counts: dict[str, int] | list) -> dict[str, int]:
    if not isinstance(counts, dict) or len(counts) > MAX_KNOWN:
        raise ArtifactRejected(f"{where} must map at most {MAX_KNOWN} levels")
    for level, count in counts.items():
        _text(where, level, LONGEST_LEVEL)
        _count(where, count)
    return counts


def _check_calibration(where: str, data: Any, card: type) -> None:
    kind = data.get("kind") if isinstance(data, dict) else None
    if (kind == "percentile") != (card is AnomalyCard):
        raise ArtifactRejected(f"{where} does not fit a card of this kind")
    if kind == "identity":
        _keys(where, data, ("kind",))
    elif kind == "platt":
        _keys(where, data, ("kind", "slope", "intercept"))
        if _number(f"{where}: slope", data["slope"]) <= 0:
            raise ArtifactRejected(f"{where}: slope must be above 0")
        _number(f"{where}: intercept", data["intercept"])
    elif kind in ("isotonic", "percentile"):
        own = ("scale",) if kind == "percentile" else ()
        _keys(where, data, ("kind", "x", "y", *own))
        x = _ascending(f"{where}: x", _list(f"{where}: x", data["x"], 1, MAX_POINTS))
        y = _ascending(f"{where}: y", _list(f"{where}: y", data["y"], len(x), len(x)), strictly=bool(own))
        for share in y:
            _number(f"{where}: y", share, 0, 1)
        if own and _number(f"{where}: scale", data["scale"]) <= 0:
            raise ArtifactRejected(f"{where}: scale must be above 0")
    else:
        raise ArtifactRejected(f"{where} is of no known kind")


# Building blocks: each returns what it checked
def _keys(where: str, data: Any, expected: tuple[str, ...]) -> None:
    if not isinstance(data, dict):
        raise ArtifactRejected(f"{where}: an object is expected")
    if missing := [key for key in expected if key not in data]:
        raise ArtifactRejected(f"{where}: {missing[0]!r} is missing")
    if unknown := [key for key in data if key not in expected]:
        raise ArtifactRejected(f"{where}: {str(unknown[0])[:40]!r} is not known")


def _list(where: str, data: Any, fewest: int, most: int) -> list:
    if not isinstance(data, list):
        raise ArtifactRejected(f"{where}: a list is expected")
    if not fewest <= len(data) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise ArtifactRejected(f"{where}: {len(data)} entries where {wanted} are expected")
    return data


def _number(where: str, data: Any, low: float = -math.inf, high: float = math.inf, limit: float = LARGEST) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise ArtifactRejected(f"{where}: a number is expected")
    if isinstance(data, int) and abs(data) > 10**308:  # no float can hold it
        raise ArtifactRejected(f"{where}: a number is not finite or out of range")
    if not math.isfinite(data) or not low <= data <= high or abs(data) > limit:
        raise ArtifactRejected(f"{where}: a number is not finite or out of range")
    return data


def _count(where: str, data: Any) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 2**53:
        raise ArtifactRejected(f"{where}: a count is expected")
    return data


def _ascending(where: str, data: list, *, strictly: bool = True, limit: float = LARGEST) -> list[float]:
    numbers = [_number(where, x, limit=limit) for x in data]
    for one, two in pairwise(numbers):
        if one > two or (strictly and one == two):
            raise ArtifactRejected(f"{where} do not ascend")
    return numbers


def _text(where: str, data: Any, longest: int) -> str:
    if not isinstance(data, str) or not data or len(data) > longest:
        raise ArtifactRejected(f"{where}: text of 1 to {longest} characters is expected")
    if "\0" in data or not data.isprintable() and any("\ud800" <= c <= "\udfff" for c in data):
        raise ArtifactRejected(f"{where}: text that cannot be stored")
    return data
