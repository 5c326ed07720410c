"""Exact tests of how many came true: against what was said of each row, and against a share from before.

Both know that weeks differ. ``between`` is the standard deviation, in log odds, by which the outcomes of one week
differ from those of another beyond chance; a test that ignores it takes every ordinary week of a large deployment for
a change. It is estimated from weeks that nothing was wrong with (``weekly_spread``), and the tests average the law of
the count over weeks of such a spread that follow Student's t with ``DEGREES`` degrees of freedom (``spread_of_weeks``):
a year has holidays, imports and campaigns, and a dozen weeks do not tell a spread exactly. Under a normal law the one
odd week of a year is an alarm on its own.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import rates
from .intervals import clopper_pearson
from .logistic import logit, sigmoid

CHUNK = 64  # rows whose law is built one after the other
NEARLY_NORMAL, NORMAL = (
    25.0,
    2500.0,
)  # variance of a count from which on its law is not built: in a sum over weeks, ever
RATIO = 1.5  # by which a share may be more or less than before, on its rarer side
TOLERATED_EFFECT = 0.05  # squared, of a share that is not rare
SURELY = 2 / 3  # of sets of weeks whose true spread is below what is estimated
SHOWN = 0.9  # of sets of weeks without a spread differ by less
MIN_WEEKS = 4  # that a spread is estimated from
MOST_SPREAD = 3.0  # log odds
DEGREES = 8.0  # of freedom of what weeks have of their own
NODES, FINE_NODES = 31, 181  # of the average over weeks: where chance blurs the law, and where it hardly does
FARTHEST = 45.0  # node, in scales of the law


def sum_p_value(chances: np.ndarray, hits: Any, between: float = 0.0) -> float:
    """Two-sided p-value of ``hits`` among rows with these ``chances`` (n,) of one each.

    >>> sum_p_value([0.5] * 4, 0)
    0.125
    >>> sum_p_value([0.5] * 400, 240) < 0.001 < sum_p_value([0.5] * 400, 240, between=0.3)
    True
    """
    below, above = _averaged_tails(np.asarray(chances, dtype=np.float64), hits, between)
    return min(1.0, 2 * min(below, above))


def share_p_value(hits: Any, rows: int, before: tuple[int, int], between: float = 0.0) -> float:
    """Two-sided p-value of ``hits`` of ``rows`` against the share of ``before`` (hits, rows) and what is tolerated.

    Tolerated is every share that lies within ``tolerated`` of a share that ``before`` is compatible with (95 %).

    >>> share_p_value(0, 300, (500, 10_000)) < 0.001, share_p_value(45, 300, (1000, 10_000)) > 0.05
    (True, True)
    """
    low, high = clopper_pearson(*before)
    low, high = tolerated(low)[0], tolerated(high)[1]
    below, _above = _averaged_tails(np.full(rows, low), hits, between)
    _below, above = _averaged_tails(np.full(rows, high), hits, between)
    return min(1.0, 2 * min(below, above))


def tolerated(share: float) -> tuple[float, float]:
    """(lowest, highest) share that is no change: a ratio where one side is rare, else an effect.

    >>> [round(end, 3) for end in tolerated(0.03)], [round(end, 3) for end in tolerated(0.5)]
    ([0.02, 0.045], [0.388, 0.612])
    """
    effect = math.sqrt(TOLERATED_EFFECT * share * (1 - share))
    low, high = rates.tolerated(share, share, RATIO)
    return max(low, share - effect), min(high, share + effect)


def offset(labels: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """(log odds by which more came true than ``values`` said, its information), of one cohort; one step from 0."""
    information = float(np.sum(np.multiply(values, np.subtract(1, values))))
    if not information:
        return 0.0, 0.0
    return float(np.sum(labels) - np.sum(values)) / information, information


def spread_of(offsets: list[tuple[float, float]], weeks: int = 1) -> float | None:
    """The spread in log odds of so many ``weeks`` counted as one, from ``offsets`` of single weeks in order.

    Weeks that differ independently differ less together, those of a season do not. How much less is measured on blocks
    of so many; few blocks say little, so that it is no less than independent weeks would leave.

    >>> alike, turns = [(0.4, 1e6)] * 4 + [(-0.4, 1e6)] * 4, [(0.4, 1e6), (-0.4, 1e6)] * 4
    >>> spread_of(alike, 2) == spread_of(alike), round(spread_of(turns, 2) / spread_of(turns), 2)
    (True, 0.71)
    """
    week = weekly_spread(offsets)
    if not week:
        return week
    known = np.array([(size * information, information) for size, information in offsets], dtype=float)
    blocks = known[len(known) % weeks :].reshape(-1, weeks, 2).sum(axis=1)
    together = weekly_spread([(gained / whole if whole else 0.0, whole) for gained, whole in blocks.tolist()])
    return max(week if together is None else min(week, together), week / math.sqrt(weeks))


def weekly_spread(offsets: list[tuple[float, float]]) -> float | None:
    """The spread between weeks in log odds, from ``offsets`` [(offset, information)]; None for too few weeks.

    The value that two in three sets of such weeks stay below: too small a spread would ring every month, too large a
    one waits a little longer. Where the weeks do not differ by more than chance would have it (``SHOWN``), the most
    likely value: a margin on what nobody has seen would hide that no win comes any more.

    >>> weekly_spread([(0.0, 10.0)] * 3) is None
    True
    >>> weekly_spread([(0.4, 1e6), (-0.4, 1e6)] * 10) > 0.4
    True
    """
    from scipy.stats import chi2

    known = [(size, information) for size, information in offsets if information > 0]
    if len(known) < MIN_WEEKS:
        return None
    sizes, variances = np.array([(size, 1 / information) for size, information in known]).T
    free = len(known) - 1

    def difference(spread: float) -> float:
        weights = 1 / (variances + spread**2)
        mean = np.sum(weights * sizes) / weights.sum()
        return float(np.sum(weights * (sizes - mean) ** 2))

    is_shown = difference(0.0) > float(chi2.ppf(SHOWN, free))
    limit = float(chi2.ppf(1 - SURELY, free)) if is_shown else free
    if difference(0.0) <= limit:
        return 0.0
    low, high = 0.0, MOST_SPREAD
    for _step in range(30):  # falls as the spread grows
        middle = (low + high) / 2
        low, high = (middle, high) if difference(middle) > limit else (low, middle)
    return high


def poisson_binomial(chances: ArrayLike) -> np.ndarray:
    """The law (n + 1,) of the number of hits among rows with these ``chances`` (n,).

    Only sums and products of numbers above 0, so the tails are as exact as the middle.

    >>> poisson_binomial([0.5, 0.5]).tolist()
    [0.25, 0.5, 0.25]
    """
    chances = np.asarray(chances, dtype=np.float64)
    n = len(chances)
    # All chunks side by side; a last one is filled up with rows that never hit.
    filled = np.concatenate([chances, np.zeros(-n % CHUNK)]).reshape(-1, CHUNK)
    laws = np.zeros((len(filled), CHUNK + 1))
    laws[:, 0] = 1
    for p in filled.T[:, :, None]:
        laws[:, 1:] = laws[:, 1:] * (1 - p) + laws[:, :-1] * p
        laws[:, :1] *= 1 - p
    joined: list[np.ndarray] = list(laws)
    while len(joined) > 1:
        pairs = zip(joined[::2], joined[1::2], strict=False)
        joined = [np.convolve(one, two) for one, two in pairs] + joined[len(joined) // 2 * 2 :]
    return joined[0][: n + 1] if joined else np.ones(1)


def spread_of_weeks(nodes: Any, between: float) -> Any:
    """Density, up to a factor, of what a week has of its own at ``nodes``: Student's t with deviation ``between``.

    >>> bool(spread_of_weeks(3.0, 1.0) > math.exp(-4.5) * spread_of_weeks(0.0, 1.0))
    True
    """
    scale = between * math.sqrt((DEGREES - 2) / DEGREES)
    return (1 + (np.asarray(nodes) / scale) ** 2 / DEGREES) ** (-(DEGREES + 1) / 2)


def _averaged_tails(chances: np.ndarray, hits: Any, between: float) -> tuple[float, float]:
    """(chance of at most ``hits``, chance of at least so many), averaged over weeks that differ by ``between``."""
    if not between:
        return _tails(chances, hits, NORMAL)
    is_narrow = float(np.sum(chances * (1 - chances))) >= NEARLY_NORMAL
    # Dense around 0, ever farther apart towards the ends.
    places = np.linspace(-math.asinh(FARTHEST), math.asinh(FARTHEST), FINE_NODES if is_narrow else NODES)
    nodes = between * np.sinh(places)
    weights = spread_of_weeks(nodes, between) * np.cosh(places)
    weights = weights / weights.sum()
    odds = logit(chances)
    tails = [_tails(sigmoid(odds + node), hits, NEARLY_NORMAL, rare=is_narrow) for node in nodes]
    below, above = np.array(tails).T
    return float(weights @ below), float(weights @ above)


def _tails(chances: np.ndarray, hits: Any, most: float, rare: bool = False) -> tuple[float, float]:
    """(chance of at most ``hits``, chance of at least so many); from a variance of ``most`` on by a skewed normal law.

    :param rare: below it by Poisson's law, as many rows have so small a variance only where one side is rare
    """
    mean, variance = float(chances.sum()), float(np.sum(chances * (1 - chances)))
    if variance >= most:
        skewness = float(np.sum(chances * (1 - chances) * (1 - 2 * chances))) / variance**1.5
        # with half a hit, as counts come in steps
        below, above = ((hits + side - mean) / math.sqrt(variance) for side in (0.5, -0.5))
        return _skewed(below, skewness), _skewed(-above, -skewness)
    if rare:
        misses = len(chances) - mean
        if mean <= misses:
            return _poisson(hits, mean)
        above, below = _poisson(len(chances) - hits, misses)
        return below, above
    if len(chances) and np.ptp(chances) == 0:
        from scipy.special import bdtr, bdtrc

        rows, chance = len(chances), float(chances[0])
        return float(bdtr(hits, rows, chance)), float(bdtrc(hits - 1, rows, chance))
    law = poisson_binomial(chances)
    return float(law[: hits + 1].sum()), float(law[hits:].sum())


def _poisson(hits: int, mean: float) -> tuple[float, float]:
    from scipy.special import pdtr, pdtrc

    return float(pdtr(hits, mean)), float(pdtrc(hits - 1, mean)) if hits > 0 else 1.0


def _skewed(z: float, skewness: float) -> float:
    """The normal law at ``z``, corrected for skewness (Volkova 1996)."""
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    share = 0.5 * math.erfc(-z / math.sqrt(2)) + skewness * (1 - z * z) * density / 6
    return min(max(share, 0.0), 1.0)
