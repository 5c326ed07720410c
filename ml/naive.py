"""Naive Bayes as a sum of tables: what each input says alone, as if the others knew nothing of it.

It estimates nothing jointly, so it needs fewer cases than coefficients that are learned together (``shrinkage``), and
errs another way: what two inputs share, it counts twice. A number is normal among the rows of each label, over the mean
of its value and its rank; levels are counted. Both are drawn towards all rows, and none comes near more than
``STRONGEST``, as naive sums are too sure of themselves. What it is worth beside others is for rows out of fold to say.
"""

from collections.abc import Sequence

import numpy as np

from .binning import ABOVE, BELOW, FIRST, Bins
from .logistic import rising
from .points import Additive

FURTHEST = 3.0  # standard deviations beyond which a value counts no further
FIRST_RANK = 1e-3  # and a rank
NUMBER_WORTH = 4.0  # cases that the variance of all rows counts as, for each label; their mean counts half of them
LEVEL_WORTH = 2.0  # cases that the share of all rows counts as, for each level
STRONGEST = 3.0  # log odds that one input comes near
NARROWEST = 1e-9  # variance


class Naive:
    """Inputs whose scales are known; ``learn`` as often as there are folds."""

    def __init__(self, bins: Sequence[Bins], rows: Sequence[np.ndarray], centres: Sequence[np.ndarray | None]) -> None:
        """``rows`` and ``centres`` hold per input the (size,) rows and mean value of each code, None for a category."""
        self.bins = list(bins)
        self.places = [
            None if centre is None else _place(own, counts, centre)
            for own, counts, centre in zip(bins, rows, centres, strict=True)
        ]
        self.is_level = [centre is None for centre in centres]

    def learn(self, codes: np.ndarray, labels: np.ndarray, weights: np.ndarray, directions: Sequence[int]) -> Additive:
        """Learn from (n, k) ``codes``, (n,) ``labels`` of 0 and 1 and (n,) ``weights``; ``directions`` are kept."""
        wins, others = weights * labels, weights * (1 - labels)
        tables = []
        for j, (own, place, direction) in enumerate(zip(self.bins, self.places, directions, strict=True)):
            won, lost = (np.bincount(codes[:, j], side, own.size) for side in (wins, others))
            if self.is_level[j]:
                table = _of_levels(won, lost)
            elif place is None:
                table = np.zeros(own.size)
            else:
                table = _of_number(won, lost, place)
            table /= 1 + abs(table) / STRONGEST
            if direction and own.intervals > 1:
                table[FIRST:] = direction * rising(direction * table[FIRST:], (won + lost)[FIRST:])
                table[BELOW], table[ABOVE] = table[FIRST], table[-1]
            tables.append(table)
        return Additive(float(np.log((wins.sum() + 1) / (others.sum() + 1))), tables)


def standardised(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return (size,) ``values`` of mean 0 and deviation 1 over ``rows`` (size,)."""
    mean = np.average(values, weights=rows)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=rows))
    return (values - mean) / (deviation or 1.0)


def value_and_rank(centre: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (standardised value, normal score of the rank, rank as a share) of each interval, as (intervals,)."""
    from scipy.special import ndtri

    ranks = (np.cumsum(rows) - rows / 2) / rows.sum()
    rank = standardised(ndtri(np.clip(ranks, FIRST_RANK, 1 - FIRST_RANK)), rows)
    value = np.clip(standardised(centre, rows), -FURTHEST, FURTHEST)
    return standardised(value, rows), rank, ranks


def _place(own: Bins, rows: np.ndarray, centre: np.ndarray) -> np.ndarray | None:
    """(size,) where each code lies, NaN for "missing"; None where there is one interval."""
    inner = rows[FIRST:].astype(np.float64)
    if own.intervals < 2 or not inner.sum():
        return None
    value, rank, _ranks = value_and_rank(centre[FIRST:], inner)
    place = np.full(own.size, np.nan)
    place[FIRST:] = standardised(value + rank, inner)
    place[BELOW], place[ABOVE] = place[FIRST], place[-1]
    return place


def _of_levels(wins: np.ndarray, others: np.ndarray) -> np.ndarray:
    both = wins + others
    rate = (wins.sum() + 1) / (both.sum() + 2)
    odds = np.log((wins + LEVEL_WORTH * rate) / (others + LEVEL_WORTH * (1 - rate)))
    return np.where(both > 0, odds - np.log(rate / (1 - rate)), 0.0)


def _of_number(wins: np.ndarray, others: np.ndarray, place: np.ndarray) -> np.ndarray:
    known = np.isfinite(place)
    at, both = place[known], (wins + others)[known]
    if not both.sum():
        return np.zeros(len(place))
    mean = np.average(at, weights=both)
    variance = np.average((at - mean) ** 2, weights=both) + NARROWEST
    table = np.zeros(len(place))
    for side, sign in ((wins[known], 1), (others[known], -1)):
        cases = side.sum()
        own = (side @ at + NUMBER_WORTH / 2 * mean) / (cases + NUMBER_WORTH / 2)
        spread = (side @ (at - own) ** 2 + NUMBER_WORTH * variance) / (cases + NUMBER_WORTH)
        table[known] -= sign * (np.log(spread) + (at - own) ** 2 / spread) / 2
    return table
