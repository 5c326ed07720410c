"""Beyond the range of a number: how far out a value lies, as bins that no reference row is in.

A card of a few hundred rows meets numbers beyond all it has seen every week, on one of a dozen inputs. A little beyond
is no news, a hundred times is; with both in one bin, a line that lets the first pass lets the second pass, too. So the
range goes on by ``STEPS`` bins on either side, and what lies beyond each is ``STEP`` times as rare.

How far a step reaches follows from the outermost rows: their excess over the next row within falls off exponentially,
in the log of a number that keeps its sign (a power, as of amounts: Hill, Annals of Statistics 3, 1975). As the mean
``m`` of ``k`` excesses is uncertain, the tail is the predictive one, ``(1 + t / (k m)) ** -k``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import NumericBins, round_between

STEPS, STEP = 3, 8.0
OUTERMOST, OF_ROOT = 10, 2.0  # rows that say how a tail falls off: at least, and per root of the rows; at most half
GROWN = 5  # rows of the later half beyond the earlier one, from which on a number grows rather than varies
SAME = 0.02  # of its size, or of the range where it changes sign: numbers less apart are about the same
NEAR = 0.1  # of the first step: where it begins


def extended(bins: Any, values: ArrayLike) -> Any:
    """``bins`` of a number with ``STEPS`` more on either side; ``values`` (n,) are its reference, in order of time.

    >>> values = np.arange(100) % 10 + 1.0
    >>> bins = extended(NumericBins.fit(values, 2), values)
    >>> bins.tails, bins.codes(np.array([10.0, 12, 15, 20, 40])).tolist()
    ((3, 3), [7, 8, 9, 10, 2])
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if bins.low is None or not len(known):
        return bins
    above, below = _cuts(known, bins.whole), (-_cuts(-known, bins.whole))[::-1]
    cuts = np.concatenate([below, above])
    if not (np.isfinite(cuts).all() and (cuts[1:] > cuts[:-1]).all()):
        return bins  # numbers so large, or so near to each other, that nothing lies beyond
    return NumericBins(below[0], above[-1], [*below[1:], *bins.edges, *above[:-1]], bins.whole, (STEPS, STEPS))


def _cuts(values: np.ndarray, whole: bool) -> np.ndarray:
    """(STEPS + 1,) ascending: a number just above all ``values``, and those that are one step farther out each."""
    ordered = np.sort(values)
    top, k = ordered[-1], min(max(OUTERMOST, math.ceil(OF_ROOT * math.sqrt(len(values)))), (len(values) + 1) // 2)
    inner = ordered[-k - 1] if k < len(ordered) else ordered[0]
    sign = 1 if inner > 0 else -1 if top < 0 and not whole else 0

    def size(numbers: Any) -> Any:
        return sign * np.log(np.abs(numbers)) if sign else numbers

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        least = size(top + 1) - size(top) if whole else SAME * (1.0 if sign else max(top - ordered[0], abs(top), 1e-9))
        mean = max(np.mean(size(ordered[-k:]) - size(inner)), least)
        earlier, later = np.array_split(values, 2)
        if np.sum(later > earlier.max(initial=-np.inf)) >= GROWN:
            mean = max(mean, size(top) - size(earlier.max()))
        reach = k * mean * (STEP ** (np.arange(1, STEPS + 1) / k) - 1)
        far = top * np.exp(sign * reach) if sign else top + reach
        first = top + NEAR * (far[0] - top)
        before = np.concatenate([[top], far[:-1]])
        return round_between(np.concatenate([[top], (before + far) / 2]), np.concatenate([[first], far]))
