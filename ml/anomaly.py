"""The unsupervised card: surprise per bin, added up, ranked against the reference.

The share of a bin is that of the reference rows at least as unusual: for a number
those as far out on the same side (or on either side), for a category those whose
level is as rare or rarer. Whatever the unit of the input, shares are then spread
evenly over 0 to 1 in the reference, as p-values are. ``surprise`` turns each into
points that may be added up whatever the inputs have to do with each other: the mean
of such points is a fair bet against "this row is as usual as the reference" (an
e-value: Vovk and Wang, Annals of Statistics 49, 2021). An anomaly shows in one or two
inputs, and the sum of many harmless ones must not drown it; yet two strong signals
should count more than one. Centring makes the usual bins about 0, so reasons name
what stands out.

Two inputs may also be declared to be a warning together: their share is that of the
rows at least as unusual in both at once.

No tail is taken to be rarer than it proved to be when looking forward: where the later
half of the reference went beyond the range of the earlier half (a count only grows
with the calendar), beyond the range is where next year will be, and no surprise. The
same holds for levels: where new vendors keep coming, a new vendor is as unusual as the
later half says, whatever share of the levels was seen only once (Good and Turing count
on rows that come independently; a new vendor comes again next month).

``values`` is the rank of a total among the reference totals, never a probability
of fraud; the prediction is "flagged", at a threshold that flags ``flag_rate`` of
rows that nothing was learned from. The confidence is the share of reference sub-windows whose own
threshold gives the same verdict: near the line the answer depends on which weeks
one happens to compare with, and the confidence says how much.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    Bins,
    CategoryBins,
)
from .cards import Card, CardPair
from .columns import NUMBER
from .tails import STEP

TWO_SIDED, HIGH, LOW = TAILS = ("two", "high", "low")
BLOCKS = 20  # reference sub-windows, in time order
NOWHERE = (0.0, 0.0)


class AnomalyCard(Card):
    """Points that add up to how unusual a record is.

    ``threshold`` is the raw total from which a row is flagged, ``block_thresholds``
    the same for each reference sub-window, ascending.
    """

    kind = "anomaly"
    own = ("threshold", "block_thresholds", "flag_rate")

    def __init__(
        self,
        features: Sequence[Any],
        intercept: float,
        calibration: Any,
        score_bins: Bins,
        pairs: Sequence[CardPair] = (),
        *,
        threshold: float,
        block_thresholds: list[float],
        flag_rate: float,
    ) -> None:
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.block_thresholds = sorted(float(x) for x in block_thresholds)
        self.flag_rate = float(flag_rate)

    def _verdicts(self, raw: np.ndarray, values: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        predictions = raw >= self.threshold
        blocks = np.array(self.block_thresholds)
        flagging = blocks.searchsorted(raw, "right") / len(blocks)
        return predictions, np.where(predictions, flagging, 1 - flagging)


def surprise(shares: np.ndarray) -> np.ndarray:
    """Points of p-values in (0, 1]: the bet that is spread evenly over all powers.

    Betting ``k * p ** (k - 1)`` is fair for every k in (0, 1), and how strong anomalies
    are is not known beforehand; the mean over all k is ``(1 - p + p log p) / (p log(p)^2)``.
    It grows nearly as ``1 / p``, and is 1/2 where nothing is unusual.

    >>> surprise(np.array([1.0, 0.1, 0.01, 0.001])).round(2).tolist()
    [0.5, 1.26, 4.45, 20.79]
    """
    x = -np.log(np.minimum(shares, 1.0))
    small = x < 1e-4  # where the difference below would be rounding errors only
    safe = np.where(small, 1.0, x)
    return np.where(small, 0.5 + x / 6, (np.expm1(safe) - safe) / safe**2)


def surprise_shares(
    bins: Bins, counts: ArrayLike, tail: str = TWO_SIDED, beyond: tuple[float, float] = NOWHERE, unseen: float = 0.0
) -> np.ndarray:
    """(size,) share of the reference rows that are at least as unusual as each code.

    ``counts`` (size,) are the reference rows per code; ``tail`` says which end of a
    number is suspicious, ``beyond`` (below, above) how much of the reference went
    beyond its own earlier range (bins of ``tails`` farther out are rarer step by step),
    ``unseen`` how much of a category was new in its later half. Half a row is added to
    every share, so that what was never seen is surprising but not infinitely so.

    >>> from .binning import NumericBins
    >>> surprise_shares(NumericBins(0, 2, [1]), [0, 0, 0, 98, 1], "high").round(3).tolist()
    [0.005, 0.995, 0.005, 0.505, 0.01]
    """
    if tail not in TAILS:
        raise ValueError(f"tail must be one of {TAILS}, not {tail!r}")
    counts = np.asarray(counts, dtype=np.float64)
    if bins.kind == NUMBER:
        shares = _tail_shares(bins, counts, tail, beyond)
    else:
        shares = np.maximum(_rarity_shares(bins, counts), unseen)
    shares[MISSING] = (counts[MISSING] + 0.5) / (counts.sum() + 1)
    return np.minimum(shares, 1.0)


def beyond_earlier_range(values: ArrayLike) -> tuple[float, float]:
    """(below, above): shares of the later half that lie beyond the range of the earlier one.

    ``values`` (n,) are in time order, NaN where missing.

    >>> beyond_earlier_range(np.arange(10.0)), beyond_earlier_range(np.array([1.0, 9, 4, 5]))
    ((0.0, 1.0), (0.0, 0.0))
    """
    values = np.asarray(values, dtype=np.float64)
    earlier, later = (part[np.isfinite(part)] for part in np.array_split(values, 2))
    if not len(earlier) or not len(later):
        return NOWHERE
    return float((later < earlier.min()).mean()), float((later > earlier.max()).mean())


def unseen_earlier(values: np.ndarray) -> float:
    """Share of the later half whose level the earlier half lacks.

    ``values`` (n,) are in time order, None where missing.

    >>> unseen_earlier(np.array(["a", "b", None, "a", "c", "c"], dtype=object))
    0.6666666666666666
    """
    earlier, later = ([level for level in part.tolist() if level is not None] for part in np.array_split(values, 2))
    known = set(earlier)
    return float(np.mean([level not in known for level in later])) if known and later else 0.0


def unseen_pairs(first: np.ndarray, second: np.ndarray, min_count: int) -> float:
    """Share of the later half whose combination of two categories the earlier half lacks.

    ``first`` and ``second`` (n,) are in time order. Levels that are rare in the earlier half count as one, as in the
    bins of a card that learns from it.
    """
    half = (len(first) + 1) // 2
    if half == len(first):
        return 0.0
    fitted = [CategoryBins.fit(values[:half], min_count=min_count) for values in (first, second)]
    one, two = (bins.codes(values) for bins, values in zip(fitted, (first, second), strict=True))
    known = np.zeros([bins.size for bins in fitted], dtype=bool)
    known[one[:half], two[:half]] = True
    return float(1 - known[one[half:], two[half:]].mean())


def level_pair_shares(joint: np.ndarray, unseen: float = 0.0) -> np.ndarray:
    """(a, b) share of the rows whose combination is as rare, or rarer; at least what is ``unseen``.

    ``joint`` (a, b) are reference rows per combination of two categories' codes.
    """
    return np.maximum(_at_most(joint[joint > 0], joint), unseen)


def joint_shares(first: np.ndarray, second: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """(a, b) share of the rows that are at least as unusual in both inputs at once.

    ``first`` (a,) and ``second`` (b,) are ``surprise_shares``, ``joint`` (a, b) the
    reference rows per combination. How often two rows in a hundred are that unusual in
    both depends on what the inputs have to do with each other, so combinations are
    ranked by it once more: like all shares, these are spread evenly.

    >>> joint_shares(np.array([1.0, 0.1]), np.array([1.0, 0.1]), np.array([[80, 9], [9, 1]])).round(2).tolist()
    [[0.6, 0.1], [0.1, 0.01]]
    """
    one, first = np.unique(first, return_inverse=True)
    two, second = np.unique(second, return_inverse=True)
    rows = np.zeros((len(one), len(two)))
    np.add.at(rows, (first[:, None], second[None, :]), joint)
    both = rows.cumsum(axis=0).cumsum(axis=1) - rows / 2
    values, place = np.unique(both, return_inverse=True)
    place = place.reshape(both.shape)
    tied = np.bincount(place.ravel(), rows.ravel(), len(values))
    shares = np.minimum((tied.cumsum() - tied / 2 + 0.5) / (rows.sum() + 1), 1.0)[place]
    # Farther out than any row in both: as rare as the less unusual of them.
    least = 0.5 / (rows.sum() + 1)
    shares *= np.minimum(np.maximum(one[:, None], two[None, :]) / least, 1.0)
    return shares[first][:, second]


def _at_most(known: np.ndarray, counts: Sequence[int] | np.ndarray) -> np.ndarray:
    """Share of the rows whose level is at most as common as each of ``counts``.

    ``known`` are the counts of all levels.
    """
    known = np.sort(np.asarray(known, dtype=np.float64))
    upto = np.concatenate([[0.0], known.cumsum()])
    return (upto[known.searchsorted(counts, "right")] + 0.5) / (upto[-1] + 1)


def _tail_shares(bins: Bins, counts: np.ndarray, tail: str, beyond: tuple[float, float]) -> np.ndarray:
    """Share of the non-missing rows at or beyond each bin, its own rows half; at least what is ``beyond``."""
    order = np.array([BELOW, *range(FIRST, bins.size), ABOVE])
    ascending = counts[order]
    total = ascending.sum()
    upper = ascending[::-1].cumsum()[::-1] - ascending / 2
    lower = ascending.cumsum() - ascending / 2
    upper = np.maximum((upper + 0.5) / (total + 1), beyond[1])
    lower = np.maximum((lower + 0.5) / (total + 1), beyond[0])
    below, above = bins.tails  # each step away from all that was seen is as many times as rare
    lower[: below + 1] *= STEP ** -np.arange(below, -1.0, -1)
    upper[len(upper) - above - 1 :] *= STEP ** -np.arange(above + 1.0)
    shares = np.ones(bins.size)
    both = np.minimum(1.0, 2 * np.minimum(upper, lower))
    shares[order] = {TWO_SIDED: both, HIGH: upper, LOW: lower}[tail]
    if bins.low is None:  # no number was ever seen: any number is a surprise
        shares[[BELOW, ABOVE]] = 0.5 / (counts.sum() + 1)
    return shares


def _rarity_shares(bins: Bins, counts: np.ndarray) -> np.ndarray:
    """Share of the non-missing rows whose level is as rare as this one or rarer."""
    known = np.array(list(bins.level_counts.values()), dtype=np.float64)
    shares = np.ones(bins.size)
    shares[FIRST:] = _at_most(known, [bins.level_counts[level] for level in bins.levels])
    rare = sorted(bins.level_counts.values())[: len(known) - len(bins.levels)]
    if rare:  # "other" stands for its rows together: their typical share
        shares[OTHER] = np.exp(np.average(np.log(_at_most(known, rare)), weights=rare))
    once = bins.seen_times(1)  # Good-Turing: the chance that a row is a new level
    shares[UNSEEN] = (once + 0.5) / (known.sum() + 1)
    return shares


def threshold_at(totals: np.ndarray, flag_rate: float) -> float:
    """The lowest total of which at most ``flag_rate`` of the rows reach.

    >>> threshold_at(np.array([1.0, 2, 3, 4]), 0.25)
    4.0
    """
    totals = np.sort(np.asarray(totals, dtype=np.float64))
    allowed = int(np.floor(flag_rate * len(totals) + 1e-9))
    if allowed == 0:
        return float(np.nextafter(totals[-1], np.inf))
    line = totals[-allowed]
    if allowed < len(totals) and totals[-allowed - 1] == line:  # a tie across the line
        higher = totals[totals > line]
        return float(higher[0] if len(higher) else np.nextafter(line, np.inf))
    return float(line)


def block_thresholds(totals: np.ndarray, flag_rate: float, blocks: int = BLOCKS) -> list[float]:
    """The threshold of each of ``blocks`` stretches of the time-ordered totals."""
    blocks = max(1, min(blocks, len(totals) // 10))
    return [threshold_at(part, flag_rate) for part in np.array_split(totals, blocks)]
