"""Shares of rows: their exact tails, also where weeks differ by more than chance.

A share of a week is binomial only while every week is drawn alike. Where weeks have a share of
their own, the number of hits is beta-binomial: ``spread`` is the variance of the share between
weeks, divided by share · (1 - share); 0 is the binomial. It is estimated from the weeks of a
reference as an upper bound, because eight weeks say little about how much weeks differ; weeks
that differ no more than chance explains have none, or rare events would never be seen.

What may be tolerated of a rate is a *ratio*, not points: 1 % that becomes 3 % is another way of
working, 40 % that becomes 42 % is not. The reference is a count as well, and its own rate is not
known: ``beyond_ratio`` averages over the rates that it may have. Of rare hits this is the exact
conditional test of two counts (Przyborowski and Wilenski 1940).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

BY_CHANCE = 0.02  # how often weeks that are alike may look as if they differed
SURE = 0.9  # that the spread of weeks is no larger than is said
MIN_WEEKS = 8  # that say how much weeks differ
PLAIN = 1e-8  # a spread under which a share is binomial
EXACT = 100_000  # cases, or hits of more, up to which a beta-binomial is added up
FAR = 12  # standard deviations beyond which nothing is left

Numbers = Any  # an array, a list or one number: broadcast against each other


def spread(hits: Numbers, cases: Numbers) -> float:
    """An upper bound of the spread of weeks that had ``hits`` among ``cases``, 0 where these are no more than chance.

    >>> spread([50] * 10, [100] * 10), round(spread([20, 80] * 5, [100] * 10), 2)
    (0.0, 0.86)
    """
    hits, cases = np.asarray(hits, dtype=float), np.asarray(cases, dtype=float)
    hits, cases = hits[cases > 1], cases[cases > 1]
    share = hits.sum() / cases.sum() if cases.sum() else 0.0
    if len(cases) < MIN_WEEKS or not 0 < share < 1:
        return 0.0
    from scipy.stats import chi2

    freedom = len(cases) - 1
    found = float(np.sum((hits - cases * share) ** 2 / cases)) / (share * (1 - share))  # about freedom while binomial
    usual = (cases.sum() - np.sum(cases**2) / cases.sum()) / freedom  # rows of a week, at least 2 as each has
    if found <= chi2.isf(BY_CHANCE, freedom):
        return 0.0
    bound = found / chi2.isf(SURE, freedom)
    return float(np.clip((bound - 1) / (usual - 1), 0.0, 0.95))


def tolerated(low: float, high: float, ratio: float) -> tuple[float, float]:
    """(lowest, highest) rate that is within ``ratio`` of one between ``low`` and ``high``.

    The smaller of a rate and its rest decides, so that "yes" and "no" are treated alike.

    >>> [round(end, 4) for end in tolerated(0.02, 0.02, 1.5)]
    [0.0133, 0.03]
    >>> [round(end, 4) for end in tolerated(0.98, 0.98, 1.5)]
    [0.97, 0.9867]
    """
    return max(low / ratio, 1 - ratio * (1 - low)), min(ratio * high, 1 - (1 - high) / ratio)


def beyond_ratio(hits: float, cases: float, ratio: float, spread: float = 0.0, *, more: bool) -> tuple[float, float]:
    """(rate, spread) of weeks that are just within ``ratio`` of a reference with ``hits`` among ``cases``.

    The rate behind the reference follows the beta that ends its exact interval on the side in question. What is
    tolerated of it has the mean and the variance of what is returned, together with the ``spread`` that weeks have.

    :param more: whether more hits than that are asked about, or fewer

    >>> rate, wide = beyond_ratio(50, 5000, 1.5, more=True)
    >>> round(rate, 4), round(rate * (1 - wide) / wide)
    (0.0153, 51)
    >>> beyond_ratio(0, 5000, 1.5, more=False)
    (0.0, 0.0)
    """
    above, below = (hits + 1, cases - hits) if more else (hits, cases - hits + 1)
    mean = above / (above + below)
    variance = mean * (1 - mean) / (above + below + 1)
    low, high = tolerated(mean, mean, ratio)
    rate = high if more else low
    if not 0 < rate < 1:
        return float(rate), 0.0
    slope = ratio if (mean if more else 1 - mean) < 1 / (1 + ratio) else 1 / ratio  # of what is tolerated
    return float(rate), float(min(spread + slope**2 * variance / (rate * (1 - rate)), 0.95))


def tail_more(hits: Numbers, cases: Numbers, rate: Numbers, spread: Numbers) -> np.ndarray:
    """Chance of at least so many hits, for arrays of the same length."""
    return _tails(np.asarray(hits) - 1, cases, rate, spread, upper=True)


def tail_fewer(hits: Numbers, cases: Numbers, rate: Numbers, spread: Numbers) -> np.ndarray:
    """Chance of at most so many hits, for arrays of the same length."""
    return _tails(hits, cases, rate, spread, upper=False)


def _tails(hits: Any, cases: Any, rate: float | np.ndarray, spread: float | np.ndarray, *, upper: bool) -> np.ndarray:
    from scipy.stats import binom

    hits, cases, rate, spread = np.broadcast_arrays(hits, cases, rate, spread)
    shape = hits.shape
    hits, cases, rate, spread = (np.atleast_1d(each) for each in (hits, cases, rate, spread))
    found = (binom.sf if upper else binom.cdf)(hits, cases, rate).astype(float)
    for place in np.flatnonzero(_is_wide(rate, spread)):
        above, upto = _tables(int(cases[place]), float(rate[place]), float(spread[place]))
        k = int(hits[place])
        if upper:
            found[place] = above(k + 1)
        else:
            found[place] = upto(k)
    return np.clip(found, 0.0, 1.0).reshape(shape)


def fewest_that_exceed(bars: Numbers, cases: Numbers, rate: Numbers, spread: Numbers) -> np.ndarray:
    """The smallest number of hits whose ``tail_more`` is at most the bar; more than the cases where none is."""
    from scipy.stats import binom

    bars, cases, rate, spread = np.broadcast_arrays(bars, cases, rate, spread)
    found = binom.isf(bars, cases, rate) + 1
    for place in np.flatnonzero(_is_wide(rate, spread)):
        above, _upto = _tables(int(cases[place]), float(rate[place]), float(spread[place]))
        found[place] = _first(lambda k, above=above, bar=bars[place]: above(k) <= bar, int(cases[place]) + 1)
    return found


def most_that_exceed(bars: Numbers, cases: Numbers, rate: Numbers, spread: Numbers) -> np.ndarray:
    """The largest number of hits whose ``tail_fewer`` is at most the bar; -1 where none is."""
    from scipy.stats import binom

    bars, cases, rate, spread = np.broadcast_arrays(bars, cases, rate, spread)
    found = np.asarray(binom.ppf(bars, cases, rate), dtype=float) - 1
    for place in np.flatnonzero(_is_wide(rate, spread)):
        _above, upto = _tables(int(cases[place]), float(rate[place]), float(spread[place]))
        found[place] = _first(lambda k, upto=upto, bar=bars[place]: upto(k) > bar, int(cases[place]) + 1) - 1
    return found


def _is_wide(rate: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return (spread > PLAIN) & (rate > 0) & (rate < 1)


def _tables(cases: Any, rate: float, spread: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """(chance of at least k, chance of at most k) of a beta-binomial, as functions of k."""
    from scipy.special import betaln
    from scipy.stats import beta

    if rate > 0.5:  # the rarer of the two is counted
        mirrored_above, mirrored_upto = _tables(cases, 1 - rate, spread)
        return (lambda k: mirrored_upto(cases - k)), (lambda k: mirrored_above(cases - k))
    size = (1 - spread) / spread
    deviation = math.sqrt(cases * rate * (1 - rate) * (1 + (cases - 1) * spread))
    if cases > EXACT and cases * rate + FAR * deviation > EXACT:  # its share is a beta of the same mean and variance
        size = 1 / (spread + (1 - spread) / cases) - 1
        law = beta(rate * size, (1 - rate) * size)
        return (lambda k: float(law.sf((k - 0.5) / cases))), (lambda k: float(law.cdf((k + 0.5) / cases)))
    last = min(int(cases), EXACT)
    k = np.arange(last)
    a, b = rate * size, (1 - rate) * size
    steps = np.log((cases - k) * (k + a) / ((k + 1) * (cases - k - 1 + b)))  # from the chance of k to that of k + 1
    chances = np.exp(betaln(a, cases + b) - betaln(a, b) + np.append(0.0, steps.cumsum()))
    above, upto = np.append(chances[::-1].cumsum()[::-1], 0.0), chances.cumsum()
    return (
        lambda k: float(above[max(k, 0)]) if k <= last else 0.0,
        lambda k: 0.0 if k < 0 else float(upto[min(k, last)]),
    )


def _first(holds: Callable[..., Any], end: int) -> int:
    """The first of 0 ... ``end`` that ``holds``, which holds for all that follow; ``end`` where none does."""
    low, high = 0, end
    while low < high:
        middle = math.floor((low + high) / 2)
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
