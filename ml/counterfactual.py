"""Changes of a chance: the smallest change of one input that somebody can act on, and the chance then.

The card is a sum of points, so the chance with another value of one input is exact: the points of that input change,
and those of its pairs, nothing else. Told are changes within what the card knows: to a value at which enough rows were
learned from, with all others as they are. It is a description of leads that differ in this one input; what differs is
not always what makes the difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .binning import FIRST
from .cards import Card
from .columns import NUMBER

FEWEST_ROWS = 30  # learned from at the new value, for a change to be told
LEAST_GAIN = 0.02  # of the chance: less is not worth a sentence


class Change(NamedTuple):
    """The smallest change of one input that is worth a sentence: to ``value``, with ``chance`` then."""

    name: str
    value: Any
    chance: float
    rows: int  # that were learned from at the new value


def changes(card: Card, codes: np.ndarray, reachable: Mapping[str, Iterable[Any]]) -> list[Change]:
    """Return the changes that raise the chance of one record, the largest gain first.

    ``codes`` (k,) are those of its score, ``reachable`` holds for each input that somebody can act on the values that
    it could have next, the smallest change first. Of each input the first value counts that is worth a sentence.
    """
    codes = np.asarray(codes)
    now = chance_of(card, codes)
    found = []
    for j, feature in enumerate(card.features):
        for value in reachable.get(feature.name, ()):
            [code] = feature.bins.codes(_values(feature.kind, value)).tolist()
            if code < FIRST or feature.counts[code] < FEWEST_ROWS:
                continue
            then = codes.copy()
            then[j] = code
            chance = chance_of(card, then)
            if chance - now >= LEAST_GAIN:
                found.append(Change(feature.name, value, chance, int(feature.counts[code])))
                break
    return sorted(found, key=lambda change: -change.chance)


def chance_of(card: Card, codes: np.ndarray) -> float:
    """Return the chance of a record with ``codes`` (k,)."""
    [chance] = card.calibration.apply(card.raw(codes[None, :])).tolist()
    return chance


def _values(kind: str, value: Any) -> np.ndarray:
    if kind == NUMBER:
        return np.array([float(value)])
    values = np.empty(1, dtype=object)
    values[0] = value
    return values
