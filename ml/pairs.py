"""Which inputs act together: pairs ranked by what the additive card leaves over.

For each pair a two-way table of the residuals is compared with what its rows and
columns say alone, a score test as in GA2M (Lou, Caruana, Gehrke and Hooker, KDD
2013). Bins are grouped coarsely first: an interaction worth naming is a broad one.
"""

from itertools import combinations

import numpy as np

from .binning import FIRST
from .calibration import sigmoid
from .columns import NUMBER

GROUPS = 8  # per input
CLEAR = 4.0  # standard deviations above what chance leaves over
WIDEST = 40  # inputs that are compared with each other


def rank_pairs(bins, codes, labels, raw, most):
    """The ``most`` clearest pairs as (i, j) positions, the clearest first.

    ``codes`` (n, k), ``labels`` (n,), ``raw`` (n,) log odds of the additive model,
    out of fold: on rows that it learned from, residuals would look too small.
    """
    p = sigmoid(raw)
    gap, weight = labels - p, p * (1 - p)
    groups = [_coarse(own, codes[:, j]) for j, own in enumerate(bins)]
    found = []
    for i, j in combinations(range(min(len(bins), WIDEST)), 2):
        score = _clearness(groups[i], groups[j], gap, weight)
        if score > CLEAR:
            found.append((score, i, j))
    return [(i, j) for _score, i, j in sorted(found, reverse=True)[:most]]


def _coarse(bins, codes):
    """Group number of each row: neighbours together, or the commonest levels alone."""
    counts = np.bincount(codes, minlength=bins.size)
    group = np.zeros(bins.size, dtype=np.int64)  # 0: missing, unseen, other, rare
    if bins.kind == NUMBER:
        inner = counts[FIRST:]
        upto = inner.cumsum() - inner / 2
        group[FIRST:] = 1 + (upto * (GROUPS - 1) / max(inner.sum(), 1)).astype(np.int64)
    else:
        for place, code in enumerate(np.argsort(-counts[FIRST:], kind="stable")[: GROUPS - 1]):
            group[FIRST + code] = 1 + place
    return np.unique(group[codes], return_inverse=True)[1]


def _clearness(one, two, gap, weight):
    """How far the two-way residuals exceed the one-way ones, in standard deviations."""
    a, b = one.max() + 1, two.max() + 1
    if min(a, b) < 2:
        return 0.0
    cell = one * b + two
    gaps = np.bincount(cell, gap, a * b).reshape(a, b)
    weights = np.bincount(cell, weight, a * b).reshape(a, b)
    gain = _gain(gaps, weights) - _gain(gaps.sum(0), weights.sum(0)) - _gain(gaps.sum(1), weights.sum(1))
    gain += _gain(gaps.sum(), weights.sum())
    freedom = max(int((weights > 0).sum()) - a - b + 1, 1)
    return float((gain - freedom) / np.sqrt(2 * freedom))


def _gain(gaps, weights):
    return float(np.sum(gaps**2 / (weights + 1.0)))
