"""A sum of tables for few cases: every input stays, drawn towards nothing as far as its rows ask for.

The effect of an input is a sum of a few columns over its bins. A number has its value, its rank and some smooth bends
of the rank; a category has a column per level; "missing" has its own. Their coefficients are normal around 0, and how
wide is learned from the labels (empirical Bayes, by the update of MacKay, Neural Computation 4, 1992), in two steps:
levels are drawn towards their input, and the width of an input towards that of all inputs of its kind. So an input
that says nothing is worth next to nothing, and none has to be left out beforehand.

What each input says alone (``naive``) is added as far as rows out of fold ask for it (``stacking``).

The posterior covariance (Laplace) tells how sure each point and each sum of points is (``uncertainty``). The result is
one table per input, so it can be averaged with boosters on the same bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN, Bins
from .groups import effective, together
from .logistic import Columns, newton, rising
from .naive import Naive, value_and_rank
from .points import ENOUGH as POOLED_ROWS
from .points import Additive
from .stacking import shares
from .uncertainty import Uncertainty, reduced

MOST_ROWS = 5_000  # beyond, boosters lose nothing by having no prior, and dense algebra gets slow
LINEAR, BEND, LEVEL, EMPTY = range(4)  # kinds of columns, each with widths of its own
EXPECTED = (1.0, 0.4, 0.7, 0.5)  # standard deviation of all inputs of a kind together, before a row is seen
ALL_WORTH = 3.0  # coefficients that this expectation counts as
OWN_WORTH = 4.0  # coefficients that the width of all inputs counts as, for one input
WIDTHS = (1e-6, 25.0)  # variance of a coefficient
BENDS = 4  # smooth columns of a number, besides its value and its rank
REACH = 0.25  # share of the ranks over which a bend is alike
MOST_COLUMNS = 240  # beyond, numbers have no bends: a step costs the cube of it
WIDER = 1.15  # deviations, as widths are learned: what four generators need so that 80 % hold the truth
INTERCEPT = 1e-4  # precision of the intercept: next to none
ROUNDS = 25  # of learning the widths
AGAIN = 6  # rounds of each fold, which starts where all rows ended
SETTLED = 0.03  # change of the log variances after which they are learned
STEPS = 30  # of Newton's method, at most
ENOUGH = 1e-6  # gain in log likelihood that is not worth another step
MANY_ROWS = 300  # fewer are cut into MORE_FOLDS, so that each is learned without few of them
FOLDS, MORE_FOLDS = 5, 10  # each of which is scored by a model that did not learn from it
JOINT_SHARE = 1.0  # expected of what is learned jointly; of what each input says alone, the rest
FAINT = 0.3  # log odds: a sum that varies less counts as if it did that much, where the scales of two are compared


@dataclass(frozen=True)
class Shrunk:
    """Tables of log odds, (n,) log odds out of fold, and how sure the sums are."""

    additive: Additive
    out_of_fold: np.ndarray
    uncertainty: Uncertainty


def shrink(
    bins: Sequence[Bins],
    codes: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    centres: Sequence[np.ndarray | None],
    directions: Sequence[int],
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> Shrunk:
    """Learn from (n, k) ``codes``, (n,) bool ``labels`` and (n,) ``weights``; a ``Shrunk``.

    ``centres`` holds per number the (size,) mean value of each code (None for a category), ``directions`` -1, 0 or +1
    per input. Widths are learned again for each fold, so that rows out of fold are truly unknown. Rows of one of the
    ``groups`` (n,) are one case, in one fold.
    """
    weights = weights * effective(weights, groups) / weights.sum()  # as many cases as they speak for (Kish)
    truth = labels.astype(np.float64)
    basis = _Basis(bins, codes, centres)
    design = basis.design(codes)
    found = _learn(basis, design, truth, weights)
    naive = Naive(bins, basis.rows, centres)
    joint, alone = np.empty(len(truth)), np.empty(len(truth))
    fold = together(folds_by_label(labels, MORE_FOLDS if len(labels) < MANY_ROWS else FOLDS, seed), groups)
    for k in range(fold.max() + 1):
        held = fold == k
        again = _learn(basis, design[~held], truth[~held], weights[~held], found)
        joint[held] = basis.additive(again.beta, directions).raw(codes[held])
        alone[held] = naive.learn(codes[~held], truth[~held], weights[~held], directions).raw(codes[held])
    # naive sums are too wide: before they are weighed, they get the width of the others
    scale = min(1.0, (joint.std() + FAINT) / (alone.std() + FAINT))
    parts = shares([joint, scale * alone], truth, weights, (JOINT_SHARE, 1 - JOINT_SHARE)) * (1.0, scale)
    sums = basis.additive(found.beta, directions), naive.learn(codes, truth, weights, directions)
    uncertainty = basis.uncertainty(found, design)
    return Shrunk(Additive.weighted(sums, parts), parts @ np.stack([joint, alone]), uncertainty)


def folds_by_label(labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(n,) fold of each row; both labels are spread evenly, the rarer one starting where the other ended.

    >>> np.bincount(folds_by_label(np.array([True, False, False, True, False]), 5, 0)).tolist()
    [1, 1, 1, 1, 1]
    """
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(np.flatnonzero(labels == label)) for label in (False, True)])
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold


@dataclass(frozen=True)
class _Fit:
    """``widths`` (groups,) as variances, ``beta`` (1 + p,) and its covariance."""

    widths: np.ndarray
    beta: np.ndarray
    covariance: np.ndarray


class _Basis:
    """The columns of all inputs over their codes, and which of them share a width."""

    def __init__(self, bins: Sequence[Bins], codes: np.ndarray, centres: Sequence[np.ndarray | None]) -> None:
        bends = BENDS if len(bins) * (BENDS + 2) <= MOST_COLUMNS else 0
        self.bins, self.tables, keys = list(bins), [], []
        self.rows = [np.bincount(codes[:, j], minlength=own.size) for j, own in enumerate(bins)]
        for j, (own, rows, centre) in enumerate(zip(bins, self.rows, centres, strict=True)):
            table, kinds = _levels(rows) if centre is None else _number(own, rows, centre, bends)
            self.tables.append(table)
            keys += [(j, kind) for kind in kinds]
        ends = 1 + np.cumsum([table.shape[1] for table in self.tables])
        self.slices = [slice(end - table.shape[1], end) for end, table in zip(ends, self.tables, strict=True)]
        self.groups = list(dict.fromkeys(keys))  # (input, kind): what has a width
        place = {key: number for number, key in enumerate(self.groups)}
        self.group = np.array([place[key] for key in keys], dtype=np.int64)
        self.kind = np.array([kind for _j, kind in self.groups], dtype=np.int64)
        inputs = np.maximum(np.bincount(self.kind, minlength=4), 1)
        self.expected = np.array(EXPECTED) ** 2 / inputs

    def design(self, codes: np.ndarray) -> np.ndarray:
        """(n, 1 + p) of (n, k) codes; the first column is the intercept's."""
        parts = [table[codes[:, j]] for j, table in enumerate(self.tables)]
        return np.concatenate([np.ones((len(codes), 1)), *parts], axis=1)

    def additive(self, beta: np.ndarray, directions: Sequence[int]) -> Additive:
        tables = [table @ beta[own] for table, own in zip(self.tables, self.slices, strict=True)]
        for table, own, rows, direction in zip(tables, self.bins, self.rows, directions, strict=True):
            if direction and own.intervals > 1:
                table[FIRST:] = direction * rising(direction * table[FIRST:], rows[FIRST:])
                table[BELOW], table[ABOVE] = table[FIRST], table[-1]
        return Additive(float(beta[0]), tables)

    def uncertainty(self, found: _Fit, design: np.ndarray) -> Uncertainty:
        """Return the uncertainty of the sums; a level without rows of its own is as unsure as its input is wide."""
        values, vectors = np.linalg.eigh(found.covariance)
        root = reduced(vectors * np.sqrt(np.maximum(values, 0.0)), design)
        root *= WIDER
        shared = [table @ root[own] for table, own in zip(self.tables, self.slices, strict=True)]
        alone = [np.zeros(own.size) for own in self.bins]
        for (j, kind), width in zip(self.groups, found.widths, strict=True):
            if kind == LEVEL:
                rows = self.rows[j]
                # "other" is known as the mean of its levels: each of them has something of its own
                is_mean = len(self.bins[j].level_counts) - len(self.bins[j].levels) != 1
                lacking = [code for code in (MISSING, UNSEEN, OTHER) if not rows[code] or (code == OTHER and is_mean)]
                alone[j][lacking] = WIDER**2 * width
                if not rows[UNSEEN] and rows[OTHER] >= POOLED_ROWS:  # whose points it has (``points.complete``)
                    shared[j][UNSEEN] = shared[j][OTHER]
        return Uncertainty(root[0], shared, alone)


def _learn(
    basis: _Basis, design: np.ndarray, labels: np.ndarray, weights: np.ndarray, start: _Fit | None = None
) -> _Fit:
    """Widths that make the labels most likely, and the coefficients with them."""
    columns = Columns(design)
    widths = basis.expected[basis.kind] if start is None else start.widths
    if start is None:
        rate = np.average(labels, weights=weights)
        beta = np.zeros(design.shape[1])
        beta[0] = np.log(rate / (1 - rate))
    else:
        beta = start.beta
    for _round in range(ROUNDS if start is None else AGAIN):
        fit = newton(columns, labels, weights, beta, precision=_precision(widths[basis.group]), steps=2)
        beta = fit.beta
        spread = np.diag(np.linalg.inv(fit.information))[1:]
        used = np.bincount(basis.group, np.clip(1 - spread / widths[basis.group], 0, 1), len(widths))
        squares = np.bincount(basis.group, beta[1:] ** 2, len(widths))
        all_used, all_squares = (np.bincount(basis.kind, each, 4) for each in (used, squares))
        whole = (all_squares + ALL_WORTH * basis.expected) / (all_used + ALL_WORTH)
        before, widths = widths, np.clip((squares + OWN_WORTH * whole[basis.kind]) / (used + OWN_WORTH), *WIDTHS)
        if abs(np.log(widths / before)).max(initial=0.0) < SETTLED:
            break
    precision = _precision(widths[basis.group])
    fit = newton(columns, labels, weights, beta, precision=precision, steps=STEPS, enough=ENOUGH)
    return _Fit(widths, fit.beta, np.linalg.inv(fit.information))


def _precision(widths: np.ndarray) -> np.ndarray:
    return np.diag(np.concatenate([[INTERCEPT], 1 / widths]))


def _levels(rows: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """One column per code that has rows."""
    filled = np.flatnonzero(rows)
    table = np.zeros((len(rows), len(filled)))
    table[filled, np.arange(len(filled))] = 1.0
    return table, [LEVEL] * len(filled)


def _number(bins: Bins, rows: np.ndarray, centre: np.ndarray, bends: int) -> tuple[np.ndarray, list[int]]:
    """Value and rank, bends of the rank, and "missing"; beyond the range its ends speak."""
    columns, kinds = [], []
    inner = rows[FIRST:].astype(np.float64)
    if bins.intervals > 1 and inner.sum():
        value, rank, ranks = value_and_rank(centre[FIRST:], inner)
        smooth = _bends(ranks, inner, rank, min(bends, np.count_nonzero(inner) - 3))
        within = np.column_stack([value / np.sqrt(2), rank / np.sqrt(2), smooth])
        table = np.zeros((bins.size, within.shape[1]))
        table[FIRST:], table[BELOW], table[ABOVE] = within, within[0], within[-1]
        columns.append(table)
        kinds += [LINEAR, LINEAR, *[BEND] * smooth.shape[1]]
    if rows[MISSING]:
        columns.append((np.arange(bins.size) == MISSING)[:, None].astype(np.float64))
        kinds.append(EMPTY)
    return np.concatenate(columns, axis=1) if columns else np.zeros((bins.size, 0)), kinds


def _bends(ranks: np.ndarray, rows: np.ndarray, rank: np.ndarray, most: int) -> np.ndarray:
    """(intervals, r ≤ ``most``) smooth functions of the ranks that a constant and the rank itself do not contain."""
    share = np.sqrt(np.maximum(rows / rows.sum(), 1e-12))
    straight, _triangle = np.linalg.qr(np.stack([share, share * rank], axis=1))
    outside = np.eye(len(ranks)) - straight @ straight.T
    kernel = np.exp(-((ranks[:, None] - ranks) ** 2) / (2 * REACH**2))
    values, vectors = np.linalg.eigh(outside @ (share[:, None] * kernel * share) @ outside)
    kept = [place for place in np.argsort(-values)[: max(most, 0)] if values[place] > 1e-6]
    return vectors[:, kept] / share[:, None] * np.sqrt(values[kept] / max(values[kept].sum(), 1e-12))
