"""Additive boosting on bin codes, and reading the points off it.

Every tree may look at one input only (``interaction_cst`` of scikit-learn's
histogram boosting). The model is therefore a sum of tables, and can be read off
exactly by asking it: change the code of one input while all others stay put, and
subtract. Several boosters, each on four fifths of the rows, are averaged: a mean of
sums of tables is one sum of tables, steadier than any of them, and every row has a
sum from boosters that did not learn from it. What two inputs say only together is
then added by ``pairs``.

scikit-learn is imported inside the functions: it costs two seconds and 100 MB.
"""

from dataclasses import dataclass

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING
from .columns import NUMBER
from .pairs import boost_pairs, rank_pairs

FOLDS = 5
MAX_TREES = 500
PATIENCE = 20  # trees without a better loss on the rows left out
MANY_ROWS = 20_000  # from here on a second round of folds changes nothing
CLEARLY = 1.96  # standard errors that pairs must gain out of fold


@dataclass(frozen=True)
class Settings:
    """How freely a card may follow its rows."""

    max_bins: int = 64
    rate: float = 0.2
    leaves: int = 4
    min_leaf: int = 20
    shrinkage: float = 1.0
    most_inputs: int = 200
    pairs: int = 6


def settings_for(cases, max_bins=64, pairs=6):
    """Settings for ``cases``, the number of the rarer label among the rows to learn from.

    With few cases a card has few bins, few inputs and strong shrinkage: an input
    that two dozen wins speak for is an anecdote.

    >>> settings_for(90).most_inputs, settings_for(5000).pairs
    (6, 6)
    """
    if cases >= 200:
        return Settings(max_bins=max_bins, pairs=pairs if cases >= 500 else 0)
    return Settings(
        max_bins=min(max_bins, 8),
        leaves=3,
        shrinkage=20.0,
        most_inputs=max(2, cases // 15),
        pairs=0,
    )


@dataclass(frozen=True)
class Boosted:
    """Averaged boosters as tables of points, and how they were found.

    ``tables`` holds one (size,) array per input, ``pair_tables`` one (size, size)
    array per (i, j) of ``pairs``; ``out_of_fold`` (n,) are log odds from boosters
    that did not learn from the row; ``boosters`` are kept for comparison only.
    """

    intercept: float
    tables: list
    pairs: list
    pair_tables: list
    out_of_fold: np.ndarray
    trees: int
    boosters: list

    def raw(self, bins, codes):
        """(n,) mean log odds of the boosters themselves, to compare the tables with."""
        table = as_inputs(bins, codes)
        raw = np.mean([booster.decision_function(table) for booster in self.boosters], axis=0)
        for (i, j), points in zip(self.pairs, self.pair_tables, strict=True):
            raw += points[codes[:, i], codes[:, j]]
        return raw


def boost(bins, codes, labels, directions, settings, seed=0, weights=None):
    """Learn from (n, k) ``codes`` and (n,) bool ``labels``; a ``Boosted``.

    ``directions`` holds -1, 0 or +1 per input, ``weights`` (n,) how much each row
    counts. Pairs are chosen among what the additive boosters leave over, and kept
    only if they clearly lower the loss on rows that were left out.
    """
    if weights is None:
        weights = np.ones(len(labels))
    inputs = as_inputs(bins, codes)
    fold = _folds(labels, seed)
    boosters, out_of_fold = _fit_folds(inputs, labels, weights, fold, bins, directions, settings, seed)
    pairs, pair_tables = [], []
    if settings.pairs:
        pairs = rank_pairs(bins, codes, labels, out_of_fold, settings.pairs, weights)
        # Where the rows of one input must keep their order, a pair could break it.
        pairs = [pair for pair in pairs if not any(directions[j] for j in pair)]
    if pairs:
        starts = [booster.decision_function(inputs) for booster in boosters]
        pair_tables, with_pairs = boost_pairs(bins, codes, labels, weights, fold, starts, pairs)
        if clearly_better(labels, with_pairs, out_of_fold):
            out_of_fold = with_pairs
        else:
            pairs, pair_tables = [], []
    if len(labels) < MANY_ROWS:
        fold = _folds(labels, seed + 1)
        again, raw = _fit_folds(inputs, labels, weights, fold, bins, directions, settings, seed + 1)
        boosters += again
        if not pairs:  # with pairs, these sums lack what only the pairs know
            out_of_fold = (out_of_fold + raw) / 2
    intercept, tables = read_points(boosters, bins)
    return Boosted(
        intercept=intercept,
        tables=tables,
        pairs=pairs,
        pair_tables=pair_tables,
        out_of_fold=out_of_fold,
        trees=int(np.median([booster.n_iter_ for booster in boosters])),
        boosters=boosters,
    )


def _fit_folds(inputs, labels, weights, fold, bins, directions, settings, seed):
    """One booster per fold, and (n,) log odds of each fold's rows from its booster."""
    boosters, out_of_fold = [], np.empty(len(labels))
    for k in range(FOLDS):
        held = fold == k
        booster = make_booster(bins, directions, settings, seed, early_stopping=True)
        booster.fit(
            inputs[~held],
            labels[~held],
            sample_weight=weights[~held],
            X_val=inputs[held],
            y_val=labels[held],
            sample_weight_val=weights[held],
        )
        out_of_fold[held] = booster.decision_function(inputs[held])
        boosters.append(booster)
    return boosters, out_of_fold


def make_booster(bins, directions, settings, seed=0, *, trees=MAX_TREES, early_stopping=False):
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


def _folds(labels, seed):
    """(n,) fold of each row, with as many positives in each fold as in the next."""
    fold = np.empty(len(labels), dtype=np.int64)
    random = np.random.default_rng(seed)
    for label in (False, True):
        rows = np.flatnonzero(labels == label)
        fold[random.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return fold


def clearly_better(labels, new, old):
    """Is the log loss of ``new`` (n,) lower than that of ``old`` by more than chance?"""
    gains = (np.logaddexp(0, old) - labels * old) - (np.logaddexp(0, new) - labels * new)
    return bool(gains.mean() > CLEARLY * gains.std(ddof=1) / np.sqrt(len(gains)))


def as_inputs(bins, codes):
    """(n, k) float64 that the booster sees: ordered numbers, NaN where missing.

    Numbers keep their order, with below first and above last; categories are handed
    over as their codes and declared as categories.
    """
    codes = np.asarray(codes)
    return np.stack([_as_input(own, codes[:, j]) for j, own in enumerate(bins)], axis=1)


def _as_input(bins, codes):
    shown = codes.astype(np.float64)
    if bins.kind == NUMBER:
        shown[codes == BELOW] = FIRST - 1
        shown[codes == ABOVE] = bins.size
    shown[codes == MISSING] = np.nan
    return shown


def read_points(boosters, bins):
    """(intercept, one (size,) table per input) of the boosters' mean.

    Exact up to rounding: in a sum of one function per input, a difference between
    rows that differ in one input does not depend on what the others are.
    """
    base = np.full((1, len(bins)), FIRST)
    probes = [base]
    for j, own in enumerate(bins):
        rows = np.repeat(base, own.size, axis=0)
        rows[:, j] = np.arange(own.size)
        probes.append(rows)
    inputs = as_inputs(bins, np.concatenate(probes))
    raw = np.mean([booster.decision_function(inputs) for booster in boosters], axis=0)
    intercept, *tables = np.split(raw, np.cumsum([len(rows) for rows in probes])[:-1])
    return float(intercept[0]), [table - intercept for table in tables]
