"""An additive logistic regression on bins, shrunk as far as its rows ask for.

Boosting finds the shape of an input step by step; this looks at all bins at once and
draws each towards the others of its input. Both are sums of one table per input, and
they err in different ways, so their mean is again one exact card and mostly the better
one (see ``boosting``).

How strongly an input is shrunk is learned from the rows too: its bins' effects are
taken as draws from a normal distribution whose width makes the labels most likely
(empirical Bayes, by the update of Wood and Fasiolo, Biometrics 2017). An input that
says nothing is drawn to 0; with few cases every one is.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .binning import MAX_BINS, Bins
from .columns import NUMBER
from .logistic import newton, rising
from .pairs import coarse_groups
from .points import Additive

INTERVALS = 16  # of a number; finer ones would be shrunk to nothing
WIDEST = 60  # inputs; every pair of them is counted, which beyond takes too long
FIRST_PENALTY = 30.0  # of each input, before it is learned
PENALTIES = (0.3, 1e4)  # the widest and the narrowest distribution, as 1 / variance
ROUNDS = 15  # of learning the penalties
STEPS = 30  # of Newton's method, at most
ENOUGH = 0.01  # gain in log likelihood over all rows that is not worth another step


def fit_linear(
    bins: list[Bins],
    codes: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    folds: Sequence[np.ndarray],
    directions: Sequence[Any],
) -> list[tuple[list[Additive], np.ndarray | None]]:
    """For each of ``folds``, each (n,): (one ``Additive`` per number in it, (n,) log odds out of fold).

    Each is learned from the rows of the other folds; the penalties, a few numbers,
    from all of them. ``weights`` (n,) tell how much a row counts, ``directions`` hold
    -1, 0 or +1 per input. No fit at all, and None, for more than ``WIDEST`` inputs.
    """
    if len(bins) > WIDEST:
        return [([], None) for _fold in folds]
    weights = _as_cases(weights)
    labels = labels.astype(np.float64)
    design = _Design(bins, codes)
    penalties, start = _learn_penalties(design, labels, weights)
    return [_fit_fold(design, codes, labels, weights, fold, penalties, start, directions) for fold in folds]


def _fit_fold(
    design: "_Design",
    codes: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    fold: np.ndarray,
    penalties: np.ndarray,
    start: np.ndarray,
    directions: Sequence[Any],
) -> tuple[list[Additive], np.ndarray]:
    fits, out_of_fold = [], np.empty(len(labels))
    for k in range(fold.max() + 1):
        held = fold == k
        found, _covariance = _newton(design, labels, np.where(held, 0.0, weights), penalties, start, STEPS)
        fits.append(Additive(float(found[0]), _tables(design, codes, found[1:], directions)))
        out_of_fold[held] = fits[-1].raw(codes[held])
    return fits, out_of_fold


def _as_cases(weights: np.ndarray) -> np.ndarray:
    """Weights that together are as many cases as they speak for (Kish)."""
    return weights * weights.sum() / np.sum(weights**2)


class _Design:
    """A constant, and one column of zeros and ones per group of codes of each input: never written out."""

    def __init__(self, bins: list[Bins], codes: np.ndarray) -> None:
        self.groups = [
            coarse_groups(own, codes[:, j], INTERVALS if own.kind == NUMBER else MAX_BINS) for j, own in enumerate(bins)
        ]
        self.sizes = [int(group.max()) + 1 for group in self.groups]
        ends = np.cumsum(self.sizes)
        self.slices = [slice(end - size, end) for end, size in zip(ends, self.sizes, strict=True)]
        self.columns = [group[codes[:, j]] for j, group in enumerate(self.groups)]

    def times(self, beta: np.ndarray) -> np.ndarray:
        """(n,) intercept plus the effects of each row's groups."""
        pairs = zip(self.slices, self.columns, strict=True)
        return beta[0] + np.sum([beta[1:][own][column] for own, column in pairs], axis=0)

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Sums of (n,) values: over all rows, then per group."""
        pairs = zip(self.columns, self.sizes, strict=True)
        return np.concatenate([[values.sum()], *(np.bincount(column, values, size) for column, size in pairs)])

    def information(self, weights: np.ndarray) -> np.ndarray:
        """design.T @ diag(weights) @ design: weighted joint counts."""
        total = 1 + sum(self.sizes)
        square = np.empty((total, total))
        square[0] = square[:, 0] = self.transposed_times(weights)
        inner = square[1:, 1:]
        for i, (one, first) in enumerate(zip(self.columns, self.slices, strict=True)):
            inner[first, first] = np.diag(square[0, 1:][first])
            for j in range(i):
                size = self.sizes[j]
                cells = np.bincount(one * size + self.columns[j], weights, self.sizes[i] * size)
                inner[first, self.slices[j]] = cells.reshape(-1, size)
                inner[self.slices[j], first] = inner[first, self.slices[j]].T
        return square


def _learn_penalties(design: _Design, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(penalty per input, where Newton's method stands): the labels most likely."""
    penalties = np.full(len(design.sizes), FIRST_PENALTY)
    rate = np.average(labels, weights=weights)
    found = np.zeros(1 + sum(design.sizes))
    found[0] = np.log(rate / (1 - rate))
    for _round in range(ROUNDS):
        found, information = _newton(design, labels, weights, penalties, found, 1)
        spread = np.diag(np.linalg.inv(information))[1:]
        before = penalties.copy()
        for j, own in enumerate(design.slices):
            free = design.sizes[j] - penalties[j] * spread[own].sum()  # degrees of freedom in use
            penalties[j] = np.clip(free / max(np.sum(found[1:][own] ** 2), 1e-9), *PENALTIES)
        if abs(np.log(penalties / before)).max() < 0.05:
            break
    return penalties, found


def _newton(
    design: _Design, labels: np.ndarray, weights: np.ndarray, penalties: np.ndarray, start: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """(intercept and effects, information with penalties) where the penalised loss is least."""
    pull = np.diag(np.concatenate([[0.0], np.repeat(penalties, design.sizes)]))
    found = newton(design, labels, weights, start, precision=pull, steps=steps, enough=ENOUGH)
    return found.beta, found.information


def _tables(design: _Design, codes: np.ndarray, effects: np.ndarray, directions: Sequence[Any]) -> list[np.ndarray]:
    tables = []
    for j, own in enumerate(design.slices):
        effect = effects[own].copy()
        if directions[j] and len(effect) > 3:
            rows = np.bincount(design.columns[j], minlength=len(effect))
            effect[2:] = directions[j] * rising(directions[j] * effect[2:], rows[2:])
        tables.append(effect[design.groups[j]])
    return tables
