"""Columns and labels in, a tested card out.

The supervised card is learned by gradient boosting on bin codes in which every
tree may look at one input only. Such a booster is a sum of one function per input,
so its points can be read off exactly: ask it about each code of each input while
all other inputs stay put, and subtract.

Rows are used in time order: the latest ones test, all before them are learned from,
and the later part of these calibrates, through sums that were predicted out of fold.
The card that is returned *is* the one that was tested. Refitting it on everything
would use the latest rows too, but would put a card into service that nobody has
tested. Calibrating on rows that are not learned from would be simpler; where the
world moves it loses more than it gains, as the latest rows teach the most.

scikit-learn is imported inside the functions: it costs two seconds and 100 MB.
"""

import time
from dataclasses import dataclass

import numpy as np

from . import performance
from .anomaly import (
    TWO_SIDED,
    AnomalyCard,
    block_thresholds,
    surprise,
    threshold_at,
)
from .binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN, CategoryBins, NumericBins
from .calibration import Identity, Percentile, choose
from .cards import Card, CardFeature, centred, score_bins_of
from .columns import NUMBER
from .errors import (
    BadTrainingInput,
    EmptyTable,
    NoUsableFeature,
    OneClass,
    ReservedFeature,
    TooFewCases,
)
from .profile import RESERVED, Profile
from .scorecard import Scorecard

SHARES = (0.70, 0.15, 0.15)  # learn; learn and calibrate; test
FOLDS = 5
MAX_TREES = 400
MIN_LATE = 30  # cases of either class among the rows that calibrate
ENOUGH = 10  # rows that let "other known" speak for levels never seen


@dataclass(frozen=True)
class Training:
    """What a training run hands back.

    ``card`` is the tested card, ``metrics`` plain numbers by name, ``reference`` the
    profile of all rows of the table, the provisional reference of the monitors.
    """

    card: Card
    metrics: dict
    reference: Profile


def train_scorecard(
    columns,
    labels,
    moments,
    *,
    required=(),
    monotone=None,
    max_bins=64,
    min_cases=50,
    shares=SHARES,
    seed=0,
):
    """Train, calibrate and test a ``Scorecard``; a ``Training``.

    ``columns`` maps names to ``Column``s of n rows, ``labels`` is (n,) bool,
    ``moments`` (n,) in days, only for the order in time. ``monotone`` maps a number's
    name to +1 (points may only rise with it) or -1. Fewer than ``min_cases`` of
    either class raise TooFewCases; whatever else cannot be learned from raises
    another TrainingError.
    """
    started = time.perf_counter()
    labels = np.asarray(labels)
    n = _check_table(columns, required, len(labels), moments)
    if labels.dtype != bool and not np.isin(labels, (0, 1)).all():
        raise BadTrainingInput("A label is neither true nor false.")
    labels = labels.astype(bool)
    _check_cases(labels, min_cases)
    order = np.argsort(np.asarray(moments, dtype=np.float64), kind="stable")
    columns = {name: column.take(order) for name, column in columns.items()}
    labels = labels[order]
    usable = _usable_rows(columns, required)
    learn, late, test = (rows[usable[rows]] for rows in _split(n, shares))
    _check_cases(labels[learn], max(min_cases // 2, 2))

    bins = _all_bins(columns, learn, max_bins)
    codes = np.stack([own.codes(columns[name].values) for name, own in bins.items()], axis=1)
    booster, out_of_fold = _boost(list(bins.values()), codes[learn], labels[learn], _directions(bins, monotone), seed)
    tables, intercept = read_points(booster, list(bins.values()))
    features = []
    for j, (name, own) in enumerate(bins.items()):
        seen = np.bincount(codes[learn, j], minlength=own.size)
        counts = np.bincount(codes[usable, j], minlength=own.size)
        points, mean = centred(_fill(own, tables[j], seen), seen)
        points[_silent(own, seen)] = 0.0
        intercept += mean
        features.append(CardFeature(name, own.kind, own, points, name in required, counts))
    card = Scorecard(features, intercept, Identity(), score_bins_of([]))
    calibration = _calibrate(out_of_fold, labels[learn], np.isin(learn, late), seed)
    values = calibration.apply(card.raw(codes[usable]))
    card = Scorecard(features, intercept, calibration, score_bins_of(values))
    scored = card.score(columns)
    metrics = {
        "rows": n,
        "positives": int(labels.sum()),
        "unusable_rows": int(n - usable.sum()),
        "train_rows": len(learn),
        "train_positives": int(labels[learn].sum()),
        "iterations": int(booster.n_iter_),
        **_tested(scored, labels, test, labels[late if len(late) else learn]),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))


def train_anomaly(columns, moments, *, alarm_rate=0.01, tails=None, required=(), seed=0):
    """Learn an ``AnomalyCard`` from unlabelled rows; a ``Training``.

    ``columns`` and ``moments`` as for ``train_scorecard``; ``tails`` maps a number's
    name to "two" (default), "high" or "low": the end that is suspicious. All rows
    are the reference, and ``alarm_rate`` of them is flagged. ``seed`` is unused, so
    far nothing here is random.
    """
    started = time.perf_counter()
    del seed
    n = _check_table(columns, required, len(np.asarray(moments)), moments)
    if not 0 < alarm_rate < 1:
        raise BadTrainingInput("The expected share of alarms must be between 0 and 1.")
    order = np.argsort(np.asarray(moments, dtype=np.float64), kind="stable")
    columns = {name: column.take(order) for name, column in columns.items()}
    usable = _usable_rows(columns, required)
    if not usable.any():
        raise NoUsableFeature()
    features, coded = [], []
    for name, column in columns.items():
        column = column.take(usable)
        if column.kind == NUMBER:
            own = NumericBins.fit(column.values, spacing="tails")
        else:
            own = CategoryBins.fit(column.values, min_count=5)
        codes = own.codes(column.values)
        counts = np.bincount(codes, minlength=own.size)
        if np.count_nonzero(counts) < 2:
            continue
        points, _mean = centred(surprise(own, counts, (tails or {}).get(name, TWO_SIDED)), counts)
        features.append(CardFeature(name, own.kind, own, points, name in required, counts))
        coded.append(codes)
    if not features:
        raise NoUsableFeature()
    codes = np.stack(coded, axis=1)
    blank = {"threshold": 0.0, "block_thresholds": [0.0], "alarm_rate": alarm_rate}
    totals = AnomalyCard(features, 0.0, Identity(), score_bins_of([]), **blank).raw(codes)
    ranks = Percentile.fit(totals)
    card = AnomalyCard(
        features,
        0.0,
        ranks,
        score_bins_of(ranks.apply(totals)),
        threshold=threshold_at(totals, alarm_rate),
        block_thresholds=block_thresholds(totals, alarm_rate),
        alarm_rate=alarm_rate,
    )
    scored = card.score(columns)
    metrics = {
        "rows": n,
        "unusable_rows": int(n - usable.sum()),
        "flagged": int(scored.predictions.sum()),
        "alarm_rate": float(alarm_rate),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))


# Refusals
def _check_table(columns, required, n, moments):
    if not columns or not n:
        raise EmptyTable()
    lengths = {len(column) for column in columns.values()} | {len(np.asarray(moments)), n}
    if len(lengths) > 1:
        raise BadTrainingInput("The inputs have different numbers of rows.")
    if np.isnan(np.asarray(moments, dtype=np.float64)).any():
        raise BadTrainingInput("A record has no date, so its place in time is unknown.")
    for name in columns:
        if name in RESERVED:
            raise ReservedFeature(name)
    if unknown := set(required) - set(columns):
        raise BadTrainingInput(f"The required input {min(unknown)!r} is not in the table.")
    return n


def _check_cases(labels, needed):
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise OneClass()
    for found, what in ((positives, "positive cases"), (negatives, "negative cases")):
        if found < needed:
            raise TooFewCases(needed, found, what)


def _usable_rows(columns, required):
    """bool mask: rows that scoring would not refuse."""
    usable = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name, column in columns.items():
        usable[list(column.errors)] = False
        if name in required:
            values = column.values
            missing = np.isnan(values) if column.kind == NUMBER else np.equal(values, None)
            usable &= ~missing.astype(bool)
    return usable


# Learning
def _split(n, shares):
    """Row numbers, in time order: to learn from, the latest of these, to test on."""
    first = round(n * shares[0])
    second = round(n * (shares[0] + shares[1]))
    rows = np.arange(n)
    return rows[:second], rows[first:second], rows[second:]


def _all_bins(columns, learn, max_bins):
    """name -> bins of the columns that vary within the rows to learn from."""
    bins = {}
    for name, column in columns.items():
        own = _fit_bins(column.take(learn), max_bins)
        if len(np.unique(own.codes(column.values[learn]))) > 1:
            bins[name] = own
    if not bins:
        raise NoUsableFeature()
    return bins


def _fit_bins(column, max_bins):
    if column.kind == NUMBER:
        return NumericBins.fit(column.values, max_bins)
    return CategoryBins.fit(column.values, max_levels=max_bins)


def _directions(bins, monotone):
    monotone = monotone or {}
    for name, direction in monotone.items():
        if direction not in (-1, 0, 1) or (name in bins and bins[name].kind != NUMBER):
            raise BadTrainingInput(f"{name!r} cannot be made monotone: only numbers can, by +1 or -1.")
    return [monotone.get(name, 0) for name in bins]


def _boost(bins, codes, labels, directions, seed):
    """The booster of log odds, one input per tree; and each row's out-of-fold sum.

    Cross-validation finds the number of trees, and leaves for every row a sum from
    a booster that did not learn from it, which is what calibration needs.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    table = np.stack([_as_input(own, codes[:, j]) for j, own in enumerate(bins)], axis=1)
    settings = {
        "interaction_cst": "no_interactions",
        "categorical_features": [own.kind != NUMBER for own in bins],
        "monotonic_cst": directions,
        "learning_rate": 0.1,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 20,
        "l2_regularization": 1.0,
        "random_state": seed,
    }
    fold = _folds(labels, seed)
    out_of_fold = np.empty(len(labels))
    best = []
    for k in range(FOLDS):
        held = fold == k
        booster = HistGradientBoostingClassifier(
            max_iter=MAX_TREES, early_stopping=True, n_iter_no_change=20, **settings
        ).fit(table[~held], labels[~held], X_val=table[held], y_val=labels[held])
        out_of_fold[held] = booster.decision_function(table[held])
        best.append(int(np.argmax(booster.validation_score_)))
    trees = max(1, int(np.median(best)))
    booster = HistGradientBoostingClassifier(max_iter=trees, early_stopping=False, **settings)
    return booster.fit(table, labels), out_of_fold


def _folds(labels, seed):
    """(n,) fold of each row, with as many positives in each fold as in the next."""
    fold = np.empty(len(labels), dtype=np.int64)
    random = np.random.default_rng(seed)
    for label in (False, True):
        rows = np.flatnonzero(labels == label)
        fold[random.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return fold


def _calibrate(raw, labels, late, seed):
    """Fit on the latest rows, or on all where these hold too few of either class."""
    if min(labels[late].sum(), (~labels[late]).sum()) < MIN_LATE:
        late = np.ones(len(labels), dtype=bool)
    return choose(raw[late], labels[late], seed=seed)


def _as_input(bins, codes):
    """What the booster sees of a code: an ordered number, NaN for missing.

    Numbers keep their order, with below first and above last; categories are
    handed over as codes.
    """
    codes = np.asarray(codes)
    if bins.kind != NUMBER:
        return np.where(codes == MISSING, np.nan, codes.astype(np.float64))
    shown = codes.astype(np.float64)
    shown[codes == BELOW] = FIRST - 1
    shown[codes == ABOVE] = bins.size
    shown[codes == MISSING] = np.nan
    return shown


def read_points(booster, bins):
    """([(size,) points per feature], intercept) of a booster without interactions.

    Exact up to rounding: only differences between rows that differ in one input
    are used, and in an additive model these do not depend on the other inputs.
    """
    base = np.array([_as_input(own, np.array([FIRST]))[0] for own in bins])
    probes = [base[None, :]]
    for j, own in enumerate(bins):
        rows = np.repeat(base[None, :], own.size, axis=0)
        rows[:, j] = _as_input(own, np.arange(own.size))
        probes.append(rows)
    raw = booster.decision_function(np.concatenate(probes))
    intercept = float(raw[0])
    tables = np.split(raw[1:] - intercept, np.cumsum([own.size for own in bins])[:-1])
    return tables, intercept


def _silent(bins, seen):
    """bool mask of the codes that training never saw and nothing stands in for."""
    silent = seen == 0
    if bins.kind == NUMBER and bins.intervals:
        silent[[BELOW, ABOVE]] = False
    if bins.kind != NUMBER and seen[OTHER] >= ENOUGH:
        silent[UNSEEN] = False
    return silent


def _fill(bins, points, seen):
    """Points with stand-ins for codes that training never saw."""
    points = points.copy()
    if bins.kind == NUMBER:
        if bins.intervals:
            if not seen[BELOW]:
                points[BELOW] = points[FIRST]
            if not seen[ABOVE]:
                points[ABOVE] = points[bins.size - 1]
    elif not seen[UNSEEN]:
        points[UNSEEN] = points[OTHER]
    return points


def _tested(scored, labels, test, trained_labels):
    """Metrics on the latest rows, as plain numbers; NaN becomes None."""
    labels, values = labels[test], scored.values[test]
    rate = float(trained_labels.mean())
    metrics = {
        "test_rows": len(test),
        "test_positives": int(labels.sum()),
        "auc": performance.auc(labels, values),
        "average_precision": performance.average_precision(labels, values),
        "brier": performance.brier(labels, values),
        "brier_base_rate": performance.brier(labels, np.full(len(labels), rate)),
        "calibration_in_the_large": performance.calibration_in_the_large(labels, values),
        "calibration_slope": performance.calibration_slope(labels, values),
    }
    return {name: None if value != value else value for name, value in metrics.items()}
