"""Interactions of two inputs: found in the residuals of the additive model.

``rank_pairs`` compares, for each pair, a two-way table of the residuals with what
its rows and columns say alone: a score test as in GA2M (Lou, Caruana, Gehrke and
Hooker, KDD 2013). Trees grown greedily do not find a pair whose inputs say nothing
alone, so ``boost_pairs`` boosts two-way tables instead of trees: small Newton steps
per cell, coarse grids and fine ones in turn, which lets thin cells lean on their
neighbourhood.
"""

from itertools import combinations

import numpy as np

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    Bins,
)
from .columns import NUMBER
from .logistic import log_loss, sigmoid

GRIDS = (4, 8, 16)  # groups per input
CLEAR = 4.0  # standard deviations above what chance leaves over
WIDEST = 40  # inputs that are compared with each other
RATE = 0.2  # share of a step towards the cell's gap
SHRINKAGE = 5.0  # weight of "no effect" per cell, in units of p (1 - p)
ROUNDS = 90
PATIENCE = 9  # three times through the grids


def rank_pairs(
    bins: list[Bins],
    codes: np.ndarray,
    labels: np.ndarray,
    raw: np.ndarray,
    most: int,
    weights: np.ndarray | None = None,
) -> list[tuple[int, int]]:
    """The ``most`` clearest pairs as (i, j) positions, the clearest first.

    ``codes`` (n, k), ``labels`` (n,), ``raw`` (n,) log odds of the additive model,
    out of fold: on rows that it learned from, residuals would look too small.
    """
    p = sigmoid(raw)
    weights = np.ones(len(raw)) if weights is None else weights
    gaps, weight = weights * (labels - p), weights * p * (1 - p)
    # With unequal weights a residual's variance is larger than its weight says.
    noise = float(np.sum(weights**2 * p * (1 - p)) / np.sum(weight))
    groups = [
        np.unique(coarse_groups(own, codes[:, j], 8)[codes[:, j]], return_inverse=True)[1] for j, own in enumerate(bins)
    ]
    found = []
    for i, j in combinations(range(min(len(bins), WIDEST)), 2):
        score = _clearness(groups[i], groups[j], gaps, weight, noise)
        if score > CLEAR:
            found.append((score, i, j))
    return [(i, j) for _score, i, j in sorted(found, reverse=True)[:most]]


def coarse_groups(bins: Bins, codes: np.ndarray, most: int) -> np.ndarray:
    """(size,) group of each code: 0 missing, 1 rare or unknown, from 2 on the rest.

    Neighbouring intervals form at most ``most`` groups of about equal counts, with
    what lies beyond an end in the group at that end; of the levels, the commonest
    keep a group each.
    """
    counts = np.bincount(codes, minlength=bins.size)
    group = np.ones(bins.size, dtype=np.int64)
    group[MISSING] = 0
    inner = counts[FIRST:]
    if bins.kind == NUMBER and bins.intervals:
        middle = inner.cumsum() - inner / 2
        group[FIRST:] = 2 + np.minimum((middle * most / max(inner.sum(), 1)).astype(np.int64), most - 1)
        group[BELOW], group[ABOVE] = group[FIRST], group[-1]
    elif bins.kind != NUMBER:
        for place, code in enumerate(np.argsort(-inner, kind="stable")[:most]):
            group[FIRST + code] = 2 + place
    return group


def _clearness(one: np.ndarray, two: np.ndarray, gaps: np.ndarray, weight: np.ndarray, noise: float) -> float:
    """Return by how many standard deviations the two-way residuals exceed the one-way ones."""
    a, b = one.max() + 1, two.max() + 1
    if min(a, b) < 2:
        return 0.0
    cell = one * b + two
    table = np.bincount(cell, gaps, a * b).reshape(a, b)
    weights = np.bincount(cell, weight, a * b).reshape(a, b)
    gain = _gain(table, weights) + _gain(table.sum(), weights.sum())
    gain -= _gain(table.sum(0), weights.sum(0)) + _gain(table.sum(1), weights.sum(1))
    freedom = max(int((weights > 0).sum()) - a - b + 1, 1)
    return float((gain / noise - freedom) / np.sqrt(2 * freedom))


def _gain(gaps: float | np.ndarray, weights: float | np.ndarray) -> float:
    return float(np.sum(gaps**2 / (weights + 1.0)))


def boost_pairs(
    bins: list[Bins],
    codes: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    fold: np.ndarray,
    starts: list[np.ndarray],
    pairs: list[tuple[int, int]],
) -> tuple[list[np.ndarray], np.ndarray]:
    """(one (size, size) table per pair, (n,) log odds out of fold).

    ``fold`` (n,) numbers the rows' folds, ``starts`` holds for each fold the (n,) log
    odds of a model that did not learn from it. Tables are the mean over the folds.
    """
    grids = [_Grid(bins, codes, pairs, most) for most in GRIDS]
    sums = [[np.zeros(shape) for shape in grid.shapes] for grid in grids]
    out_of_fold = np.empty(len(labels))
    for k, start in enumerate(starts):
        held = fold == k
        steps, raw = _boost_fold(grids, labels, weights, held, start)
        out_of_fold[held] = raw[held]
        for total, found in zip(sums, steps, strict=True):
            for place, table in enumerate(found):
                total[place] += table / len(starts)
    tables = []
    for place, (i, j) in enumerate(pairs):
        table = np.zeros((bins[i].size, bins[j].size))
        for grid, total in zip(grids, sums, strict=True):
            table += total[place][np.ix_(grid.groups[i], grid.groups[j])]
        tables.append(table)
    return tables, out_of_fold


class _Grid:
    """All pairs at one coarseness: cell number of every row, shape of every table."""

    def __init__(self, bins: list[Bins], codes: np.ndarray, pairs: list[tuple[int, int]], most: int) -> None:
        self.groups = {j: coarse_groups(bins[j], codes[:, j], most) for pair in pairs for j in pair}
        self.shapes = [(self.groups[i].max() + 1, self.groups[j].max() + 1) for i, j in pairs]
        self.cells = [
            self.groups[i][codes[:, i]] * shape[1] + self.groups[j][codes[:, j]]
            for (i, j), shape in zip(pairs, self.shapes, strict=True)
        ]


def _boost_fold(
    grids: list[_Grid], labels: np.ndarray, weights: np.ndarray, held: np.ndarray, start: np.ndarray
) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Tables per grid and pair, as they were when the held rows' loss was lowest."""

    def loss(raw: np.ndarray) -> float:
        return np.average(log_loss(labels[held], raw[held]), weights=weights[held])

    learn = ~held
    raw = start.copy()
    tables = [[np.zeros(shape) for shape in grid.shapes] for grid in grids]
    best = loss(raw), [[table.copy() for table in grid] for grid in tables], raw.copy()
    waited = 0
    for step in range(ROUNDS):
        grid, own = grids[step % len(grids)], tables[step % len(grids)]
        for place, (cell, shape) in enumerate(zip(grid.cells, grid.shapes, strict=True)):
            p = sigmoid(raw[learn])
            size = shape[0] * shape[1]
            gaps = np.bincount(cell[learn], weights[learn] * (labels[learn] - p), size)
            weight = np.bincount(cell[learn], weights[learn] * p * (1 - p), size)
            move = RATE * gaps / (weight + SHRINKAGE)
            own[place] += move.reshape(shape)
            raw += move[cell]
        if (now := loss(raw)) < best[0]:
            best = now, [[table.copy() for table in grid] for grid in tables], raw.copy()
            waited = 0
        elif (waited := waited + 1) >= PATIENCE:
            break
    return best[1], best[2]
