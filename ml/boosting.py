"""Additive boosting on bin codes, and reading the points off it.

Every tree may look at one input only (``interaction_cst`` of scikit-learn's
histogram boosting). The model is therefore a sum of tables, and can be read off
exactly by asking it: change the code of one input while all others stay put, and
subtract. Several boosters, each on most of the rows, are averaged: a mean of
sums of tables is one sum of tables, steadier than any of them, and every row has a
sum from boosters that did not learn from it. The same holds for an additive logistic
regression on the same rows (``linear``), and the two are averaged in turn. What two
inputs say only together is then added by ``pairs``.

scikit-learn is imported inside the functions: it costs two seconds and 100 MB.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MAX_BINS,
    MISSING,
    Bins,
)
from .columns import NUMBER
from .linear import fit_linear
from .logistic import log_loss
from .pairs import boost_pairs, rank_pairs
from .points import Additive

FOLDS = 5
MAX_TREES = 500
PATIENCE = 20  # trees without a better loss on the rows left out
CASES_PER_BIN = 10  # of a number
MANY_ROWS = 20_000  # from here on a second round of folds changes nothing
CLEARLY = 1.96  # standard errors that pairs, or one kind of model alone, must gain out of fold


@dataclass(frozen=True)
class Settings:
    """Settings of boosting: how closely a card may follow its rows."""

    max_bins: int = 64  # of a number
    even_bins: int = 64  # of them, for values that do not repeat: more gain nothing, and take time
    max_levels: int = 64  # of a category
    rate: float = 0.2
    leaves: int = 4
    min_leaf: int = 20
    shrinkage: float = 1.0
    most_inputs: int = 200
    min_level: int = 10  # rows of a level that gets a bin of its own
    pairs: int = 6


def settings_for(cases: Any, max_bins: int | None = None, pairs: int = 6) -> Settings:
    """Settings for ``cases``, the number of the rarer label among the rows to learn from.

    With few cases a booster takes small steps, and no pairs: a pair that two dozen wins
    speak for is an anecdote.

    >>> settings_for(90).pairs, settings_for(5000).pairs
    (0, 6)
    >>> [settings_for(cases).max_bins for cases in (90, 600, 1000, 5000)]
    [32, 64, 100, 250]
    """
    if max_bins is None:
        max_bins = min(max(cases // CASES_PER_BIN, 64), MAX_BINS)
    if cases >= 200:
        return Settings(max_bins=max_bins, rate=rate_for(cases), pairs=pairs)
    return Settings(
        max_bins=min(max_bins, 32),
        leaves=3,
        shrinkage=20.0,
        min_level=3,
        pairs=0,
    )


def rate_for(cases: Any) -> float:
    """Return the step size of one tree: large with many cases, small otherwise.

    >>> rate_for(1999), rate_for(2000)
    (0.2, 0.3)
    """
    return 0.2 if cases < 2000 else 0.3


@dataclass(frozen=True)
class Chosen:
    """Choices of ``boost``, to be reused in another run.

    ``pairs`` of inputs by position, ``share`` of the regressions, ``trees`` of each booster.
    """

    pairs: list
    share: float
    trees: int


@dataclass(frozen=True)
class Boosted:
    """Averaged models as tables of points, and how they were found.

    ``tables`` holds one (size,) array per input, ``pair_tables`` one (size, size)
    array per (i, j) of ``pairs``; ``share`` is how much the regressions count beside
    the boosters; ``out_of_fold`` (n,) are log odds from models that did not learn from
    the row; ``boosters`` and ``regressions`` are kept for comparison only.
    """

    intercept: float
    tables: list
    pairs: list
    pair_tables: list
    share: float
    out_of_fold: np.ndarray
    trees: int
    boosters: list
    regressions: list

    def raw(self, bins: list[Bins], codes: np.ndarray) -> np.ndarray:
        """(n,) mean log odds of the models themselves, to compare the tables with."""
        table = as_inputs(bins, codes)
        boosted = np.mean([booster.decision_function(table) for booster in self.boosters], axis=0)
        straight = [regression.raw(codes) for regression in self.regressions]
        raw = mixed(boosted, np.mean(straight, axis=0) if straight else None, self.share)
        for (i, j), points in zip(self.pairs, self.pair_tables, strict=True):
            raw += points[codes[:, i], codes[:, j]]
        return raw


def boost(
    bins: list[Bins],
    codes: np.ndarray,
    labels: np.ndarray,
    directions: list[int],
    settings: Settings,
    seed: int = 0,
    weights: np.ndarray | None = None,
    like: Chosen | None = None,
) -> Boosted:
    """Learn from (n, k) ``codes`` and (n,) bool ``labels``; a ``Boosted``.

    ``directions`` holds -1, 0 or +1 per input, ``weights`` (n,) how much each row
    counts. Pairs are chosen among what the additive models leave over, and kept
    only if they clearly lower the loss on rows that were left out. ``like`` is
    what was ``Chosen`` before, to be taken as it is.
    """
    if weights is None:
        weights = np.ones(len(labels))
    fold = folds_of(labels, seed)
    trees = like.trees if like else None
    boosters, sums, boosted = _fit_folds(codes, labels, weights, fold, bins, directions, settings, seed, trees)
    regressions, straight = fit_linear(bins, codes, labels, weights, fold, directions)
    share = like.share if like else choose_share(labels, boosted, straight, weights)
    out_of_fold = mixed(boosted, straight, share)
    pairs, pair_tables = like.pairs if like else [], []
    if not like and settings.pairs:
        pairs = rank_pairs(bins, codes, labels, out_of_fold, settings.pairs, weights)
        # Where the rows of one input must keep their order, a pair could break it.
        pairs = [pair for pair in pairs if not any(directions[j] for j in pair)]
    if pairs:
        starts = [
            mixed(one.raw(codes), regressions[k].raw(codes) if regressions else None, share)
            for k, one in enumerate(sums)
        ]
        pair_tables, with_pairs = boost_pairs(bins, codes, labels, weights, fold, starts, pairs)
        if like or clearly_better(labels, with_pairs, out_of_fold):
            out_of_fold = with_pairs
        else:
            pairs, pair_tables = [], []
    if len(labels) < MANY_ROWS:
        fold = folds_of(labels, seed + 1)
        again = _fit_folds(codes, labels, weights, fold, bins, directions, settings, seed + 1, trees)
        boosters, sums, boosted = boosters + again[0], sums + again[1], again[2]
        more, straight = fit_linear(bins, codes, labels, weights, fold, directions)
        regressions += more
        if not pairs:  # with pairs, these sums lack what only the pairs know
            out_of_fold = (out_of_fold + mixed(boosted, straight, share)) / 2
    additive = Additive.mean(sums)
    intercept, tables = additive.intercept, additive.tables
    if share:
        smooth = Additive.mean(regressions)
        intercept = mixed(intercept, smooth.intercept, share)
        tables = [mixed(table, other, share) for table, other in zip(tables, smooth.tables, strict=True)]
    return Boosted(
        intercept=intercept,
        tables=tables,
        pairs=pairs,
        pair_tables=pair_tables,
        share=share,
        out_of_fold=out_of_fold,
        trees=int(np.median([booster.n_iter_ for booster in boosters])),
        boosters=boosters,
        regressions=regressions,
    )


def choose_share(
    labels: np.ndarray, boosted: np.ndarray, straight: np.ndarray | None, weights: np.ndarray | None = None
) -> float:
    """Choose the weight of the regressions by log odds out of fold: half, or one kind alone if clearly better.

    >>> good = np.where(np.arange(99) % 2, 3.0, -3.0)
    >>> [choose_share(good > 0, one, other) for one, other in ((good, good), (good, -good), (-good, good))]
    [0.5, 0.0, 1.0]
    """
    if straight is None:
        return 0.0
    half = mixed(boosted, straight, 0.5)
    losses = {
        share: np.average(log_loss(labels, alone), weights=weights)
        for share, alone in ((0.0, boosted), (1.0, straight))
        if clearly_better(labels, alone, half, weights)
    }
    return min(losses, key=losses.__getitem__) if losses else 0.5


def mixed(boosted: Any, straight: Any, share: float) -> Any:
    """Weighted mean of two log odds (or tables of them)."""
    return boosted if not share else (1 - share) * boosted + share * straight


def _fit_folds(
    codes: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    fold: np.ndarray,
    bins: list[Bins],
    directions: list[int],
    settings: Settings,
    seed: int,
    trees: int | None = None,
) -> tuple[list, list[Additive], np.ndarray]:
    """(one booster per fold, each read off, (n,) log odds of each fold's rows from its booster).

    Each has as many trees as its own fold's rows speak for, or ``trees``.
    """
    inputs = as_inputs(bins, codes)
    boosters, sums, out_of_fold = [], [], np.empty(len(labels))
    for k in range(fold.max() + 1):
        held = fold == k
        booster = make_booster(bins, directions, settings, seed, trees=trees or MAX_TREES, early_stopping=not trees)
        unseen = {"X_val": inputs[held], "y_val": labels[held], "sample_weight_val": weights[held]}
        booster.fit(inputs[~held], labels[~held], sample_weight=weights[~held], **({} if trees else unseen))
        boosters.append(booster)
        sums.append(read_points(booster, bins))
        out_of_fold[held] = sums[-1].raw(codes[held])
    return boosters, sums, out_of_fold


def make_booster(
    bins: list[Bins],
    directions: list[int],
    settings: Settings,
    seed: int = 0,
    *,
    trees: int = MAX_TREES,
    early_stopping: bool = False,
) -> Any:
    """An unfitted booster that can only learn a sum of one function per input."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        categorical_features=[own.kind != NUMBER for own in bins],
        monotonic_cst=directions,
        learning_rate=settings.rate,
        max_iter=trees,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.min_leaf,
        l2_regularization=settings.shrinkage,
        early_stopping=early_stopping,
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )


def folds_of(labels: np.ndarray, seed: int) -> np.ndarray:
    """(n,) fold of each row, with as many positives in each fold as in the next."""
    fold = np.empty(len(labels), dtype=np.int64)
    random = np.random.default_rng(seed)
    for label in (False, True):
        rows = np.flatnonzero(labels == label)
        fold[random.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return fold


def clearly_better(labels: np.ndarray, new: np.ndarray, old: np.ndarray, weights: np.ndarray | None = None) -> bool:
    """Is the log loss of ``new`` (n,) lower than that of ``old`` by more than chance?"""
    gains = log_loss(labels, old) - log_loss(labels, new)
    if weights is not None:
        gains = gains * weights / weights.mean()
    return bool(gains.mean() > CLEARLY * gains.std(ddof=1) / np.sqrt(len(gains)))


def as_inputs(bins: list[Bins], codes: ArrayLike) -> np.ndarray:
    """(n, k) float64 that the booster sees: ordered numbers, NaN where missing.

    Numbers keep their order, with below first and above last; categories are handed
    over as their codes and declared as categories.
    """
    codes = np.asarray(codes)
    return np.stack([_as_input(own, codes[:, j]) for j, own in enumerate(bins)], axis=1)


def _as_input(bins: Bins, codes: np.ndarray) -> np.ndarray:
    shown = codes.astype(np.float64)
    if bins.kind == NUMBER:
        shown[codes == BELOW] = FIRST - 1
        shown[codes == ABOVE] = bins.size
    shown[codes == MISSING] = np.nan
    return shown


def read_points(booster: Any, bins: list[Bins]) -> Additive:
    """Return the learned points of a booster as an ``Additive``.

    Exact up to rounding: in a sum of one function per input, a difference between
    rows that differ in one input does not depend on what the others are.
    """
    base = np.full((1, len(bins)), FIRST)
    probes: list[np.ndarray] = [base]
    for j, own in enumerate(bins):
        rows = np.repeat(base, own.size, axis=0)
        rows[:, j] = np.arange(own.size)
        probes.append(rows)
    inputs = as_inputs(bins, np.concatenate(probes))
    raw = booster.decision_function(inputs)
    intercept, *tables = np.split(raw, np.cumsum([len(rows) for rows in probes])[:-1])
    return Additive(float(intercept[0]), [table - intercept for table in tables])
