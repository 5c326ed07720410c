"""An anomaly card that verdicts have weighed: how far its own reasons are confirmed.

With few verdicts nothing can be learned anew, but much can be kept. The log odds of "confirmed" begin as a line in the
log of how rare a row is overall (``-log(1 - rank)``, slope 1), and each reason of the card (an input, a pair) has one
number: how much more, or less, its points are worth than the card thinks. A normal prior holds these numbers near 0,
so a reason that is confirmed as often as others keeps its weight, and one that reviewers reject loses it. All terms
are points per bin, so they add up with those of any other additive model on the same bins.
"""

from typing import NamedTuple

import numpy as np

from .anomaly import AnomalyCard
from .binning import ABOVE, FIRST, NumericBins
from .cards import CardPair
from .logistic import Columns, newton

SLOPE, SLOPE_SD = 1.0, 0.5  # of the log of the rank, a priori
REASON_SD = 0.2  # of what a reason is worth beside that: a factor of 10 in its points moves the log odds by half
FREE_SD = 100.0  # of the intercept


class Reweighted(NamedTuple):
    """Log odds as ``intercept`` plus points per bin: ``tables`` by input, ``pairs``."""

    intercept: float
    tables: dict[str, np.ndarray]
    pairs: list[CardPair]

    def raw(self, codes: dict[str, np.ndarray]) -> np.ndarray:
        """(n,) log odds of rows with these ``codes`` (n,) by input."""
        raw = np.full(len(next(iter(codes.values()))), self.intercept)
        for name, table in self.tables.items():
            raw += table[codes[name]]
        for pair in self.pairs:
            raw += pair.points[codes[pair.first], codes[pair.second]]
        return raw


def reweigh(
    card: AnomalyCard,
    overall: tuple[str, NumericBins],
    codes: dict[str, np.ndarray],
    labels: np.ndarray,
    weights: np.ndarray,
    most_pairs: int,
) -> Reweighted:
    """Weigh the reasons of ``card`` by verdicts; a ``Reweighted``.

    ``overall`` is the name and the bins of the input that holds the rank, ``codes`` (n,) by input are in these bins
    and in those of the card, ``labels`` (n,) bool say what was confirmed, ``weights`` (n,) how many verdicts a row
    counts as. Of the pairs the first ``most_pairs`` are taken.
    """
    rank, bins = overall
    tables = {rank: rarity(bins)}
    tables |= {feature.name: worth(feature.points) for feature in card.features if feature.points.any()}
    pairs = [CardPair(pair.first, pair.second, worth(pair.points)) for pair in card.pairs[:most_pairs]]
    terms = [table[codes[name]] for name, table in tables.items()]
    terms += [pair.points[codes[pair.first], codes[pair.second]] for pair in pairs]
    design = np.column_stack([np.ones(len(labels)), *terms])
    spreads = np.array([FREE_SD, SLOPE_SD, *[REASON_SD] * (len(terms) - 1)])
    start = np.array([0.0, SLOPE, *[0.0] * (len(terms) - 1)])
    beta = newton(
        Columns(design), labels.astype(float), weights, start, precision=np.diag(spreads**-2), centre=start
    ).beta
    own = dict(zip(tables, beta[1:], strict=False))
    return Reweighted(
        float(beta[0]),
        {name: own[name] * table for name, table in tables.items()},
        [
            CardPair(pair.first, pair.second, factor * pair.points)
            for pair, factor in zip(pairs, beta[1 + len(tables) :], strict=True)
        ],
    )


def worth(points: np.ndarray) -> np.ndarray:
    """The log of one and the ``points`` of surprise, which grow like one over a share; 0 where nothing is unusual.

    >>> worth(np.array([-0.3, 0.0, 19.0])).round(2).tolist()
    [0.0, 0.0, 3.0]
    """
    return np.log1p(np.maximum(points, 0.0))


def rarity(bins: NumericBins) -> np.ndarray:
    """(size,) ``-log(1 - rank)`` of the bins of a rank; 0 where it is missing, or lower than any before.

    >>> rarity(NumericBins(0.0, 0.99, [0.9])).round(2).tolist()
    [0.0, 0.0, 5.3, 1.15, 3.45]
    """
    found = np.zeros(bins.size)
    if bins.low is None:
        return found
    ends = -np.log1p(-np.minimum([bins.low, *bins.edges, bins.high], 1 - 1e-9))
    found[FIRST:] = (ends[:-1] + ends[1:]) / 2
    found[ABOVE] = ends[-1] + np.log(2)  # halfway to 1
    return found
