"""Additive boosting on bin codes: averaged over folds, beside a regression, with pairs.

Every tree looks at one input only (``trees``), so the model is a sum of tables. Several
boosters, each on most of the rows, are averaged: a mean of
sums of tables is one sum of tables, steadier than any of them, and every row has a
sum from boosters that did not learn from it. The same holds for an additive logistic
regression on the same rows (``linear``), and the two are averaged in turn. What two
inputs say only together is then added by ``pairs``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .binning import MAX_BINS, Bins
from .groups import together
from .linear import fit_linear
from .logistic import log_loss
from .pairs import boost_pairs, rank_pairs
from .points import Additive
from .trees import BinTable, Grown, Growth, grow

FOLDS = 5  # each of which is scored by trees that did not learn from it
MAX_TREES = 500  # of a model
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

    @property
    def growth(self) -> Growth:
        """Return the growth of its trees."""
        return Growth(self.rate, self.leaves, self.min_leaf, self.shrinkage)


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
    the row; ``trees`` is the median of the boosters' trees.
    """

    intercept: float
    tables: list
    pairs: list
    pair_tables: list
    share: float
    out_of_fold: np.ndarray
    trees: int

    def raw(self, codes: np.ndarray) -> np.ndarray:
        """(n,) log odds of (n, k) ``codes``."""
        raw = Additive(self.intercept, self.tables).raw(codes)
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
    groups: np.ndarray | None = None,
) -> Boosted:
    """Learn from (n, k) ``codes`` and (n,) bool ``labels``; a ``Boosted``.

    ``directions`` holds -1, 0 or +1 per input, ``weights`` (n,) how much each row
    counts. Pairs are chosen among what the additive models leave over, and kept
    only if they clearly lower the loss on rows that were left out. ``like`` is
    what was ``Chosen`` before, to be taken as it is. Rows of one of the ``groups`` (n,)
    are in one fold.
    """
    if weights is None:
        weights = np.ones(len(labels))
    folds = [together(folds_of(labels, seed), groups)]
    if len(labels) < MANY_ROWS:
        folds.append(together(folds_of(labels, seed + 1), groups))
    fold = folds[0]
    grown = grow_folds(
        BinTable(bins, codes), labels, weights, folds, directions, settings, like.trees if like else None
    )
    boosted = _of_others(grown, folds)
    fits = fit_linear(bins, codes, labels, weights, folds, directions)
    regressions, straight = [each for fit, _raw in fits for each in fit], [raw for _fit, raw in fits]
    share = like.share if like else choose_share(labels, boosted[0], straight[0], weights)
    out_of_fold = mixed(boosted[0], straight[0], share)
    pairs, pair_tables = like.pairs if like else [], []
    if not like and settings.pairs:
        pairs = rank_pairs(bins, codes, labels, out_of_fold, settings.pairs, weights)
        # Where the rows of one input must keep their order, a pair could break it.
        pairs = [pair for pair in pairs if not any(directions[j] for j in pair)]
    if pairs:
        starts = [mixed(grown.raw[k], regressions[k].raw(codes) if regressions else None, share) for k in range(FOLDS)]
        pair_tables, with_pairs = boost_pairs(bins, codes, labels, weights, fold, starts, pairs)
        if like or clearly_better(labels, with_pairs, out_of_fold):
            out_of_fold = with_pairs
        else:
            pairs, pair_tables = [], []
    if not pairs:  # with pairs, the sums of the second round lack what only the pairs know
        sums = [mixed(one, other, share) for one, other in zip(boosted, straight, strict=True)]
        out_of_fold = np.mean(sums, axis=0)
    additive = Additive.mean(grown.sums)
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
        trees=int(np.median(grown.trees)),
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


def grow_folds(
    table: BinTable,
    labels: np.ndarray,
    weights: np.ndarray,
    folds: list[np.ndarray],
    directions: list[int],
    settings: Settings,
    trees: int | None = None,
) -> Grown:
    """One booster per fold of each of ``folds``, each (n,), all grown at once.

    Each has as many trees as its own fold's rows speak for, or ``trees``.
    """
    held = [fold == k for fold in folds for k in range(FOLDS)]
    learned = weights * ~np.stack(held)
    if trees:
        return grow(table, labels, learned, directions, settings.growth, trees)
    rows = [np.flatnonzero(own) for own in held]
    return grow(table, labels, learned, directions, settings.growth, MAX_TREES, rows, weights)


def _of_others(grown: Grown, folds: list[np.ndarray]) -> list[np.ndarray]:
    """For each of ``folds`` the (n,) log odds of each row by the booster that did not learn from it."""
    rows = np.arange(grown.raw.shape[1])
    return [grown.raw[place * FOLDS + fold, rows] for place, fold in enumerate(folds)]


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
