"""Intervals of shares: one place for each.

``clopper_pearson``   a share of rows that are counted equally, exact: never too narrow
``wilson``            the same, on average of the stated level
``share_difference``  the difference of two shares (Newcombe's method 10, of two of Wilson's)
``weighted_share``    a share in a population of which each row was drawn with a chance of its own (Korn and Graubard)

Where a count of 0 comes to an interval of nothing, no interval has been computed: all of these say what 0 of so many is
worth. Their coverage is measured by ``dev/evaluate statistics``.

Sources: Clopper and Pearson 1934; Wilson 1927; Newcombe 1998; Korn and Graubard 1998.
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.95  # of an interval, where no other is asked for


def clopper_pearson(hits: Any, cases: Any, confidence: float = LEVEL) -> tuple[float, float]:
    """Exact two-sided interval ``(low, high)`` of a share; ``hits`` and ``cases`` need not be whole numbers.

    >>> [round(x, 4) for x in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    # What scipy.stats.binomtest comes to; that one takes whole counts only, and a hundred times as long.
    from scipy.special import betaincinv

    if cases <= 0:
        return 0.0, 1.0
    rest = (1 - confidence) / 2
    low = betaincinv(hits, cases - hits + 1, rest) if hits > 0 else 0.0
    high = betaincinv(hits + 1, cases - hits, 1 - rest) if hits < cases else 1.0
    return float(low), float(high)


def wilson(share: float, cases: Any, level: float = LEVEL) -> tuple[float, float]:
    """``(low, high)`` of a ``share`` seen in ``cases``; everything where there are none.

    >>> [round(end, 3) for end in wilson(0.0, 10)], [round(end, 4) for end in wilson(0.1, 100)]
    ([0.0, 0.278], [0.0552, 0.1744])
    """
    if cases <= 0:
        return 0.0, 1.0
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle = (share + z2 / (2 * cases)) / (1 + z2 / cases)
    half = math.sqrt(z2 * (share * (1 - share) / cases + z2 / (4 * cases * cases))) / (1 + z2 / cases)
    low = 0.0 if share <= 0 else max(middle - half, 0.0)
    high = 1.0 if share >= 1 else min(middle + half, 1.0)
    return low, high


def share_difference(
    one: float, cases: Any, two: float, other_cases: int, level: Any = LEVEL
) -> tuple[float, float, float]:
    """(``one`` minus ``two``, low, high): the difference of two shares, good for small and rare numbers too.

    >>> tuple(round(figure, 4) for figure in share_difference(56 / 70, 70, 48 / 80, 80))
    (0.2, 0.0524, 0.3339)
    """
    (low_one, high_one), (low_two, high_two) = wilson(one, cases, level), wilson(two, other_cases, level)
    difference = one - two
    return (
        difference,
        max(difference - math.hypot(one - low_one, high_two - two), -1.0),
        min(difference + math.hypot(high_one - one, two - low_two), 1.0),
    )


def weighted_share(hits: ArrayLike, chances: ArrayLike, level: Any = LEVEL) -> tuple[float, float, float]:
    """``(share, low, high)`` in all rows, from those that were drawn.

    ``hits`` (n,) true or false are what these were found to be, ``chances`` (n,) those with which they were drawn. Each
    stands for ``1 / chance`` rows like it. The interval is Clopper and Pearson's of as many rows as would be worth the
    same if drawn with equal chances: by the spread of the estimate, and by that of the weights where the former is 0,
    as none of the drawn is a hit. NaN without rows.

    >>> share, low, high = weighted_share([False] * 13, [0.05] * 13)
    >>> share, low, round(high, 3)
    (0.0, 0.0, 0.247)
    """
    hits, chances = np.asarray(hits, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    if not len(hits):
        return math.nan, math.nan, math.nan
    if not ((chances > 0) & (chances <= 1)).all():  # NaN is neither
        raise ValueError("a row without a chance of being drawn cannot be weighed")
    rows, weights = len(hits), 1 / chances
    share = float(np.average(hits, weights=weights))
    spread = float(np.sum((1 - chances) * (weights * (hits - share)) ** 2)) / weights.sum() ** 2
    spread *= rows / max(rows - 1, 1)
    if spread > 0:
        worth = min(share * (1 - share) / spread, rows)
    else:
        worth = weights.sum() ** 2 / np.sum(weights**2)
    return share, *clopper_pearson(share * worth, worth, level)
