"""Columns and labels in, tested trees out: for what a scorecard and its pairs cannot say.

As in ``boosting``, several boosters, each on four fifths of the rows, are averaged, so
that every row has a sum from a booster that did not learn from it. The trees are
then read out of the library's, node by node, as plain data over bin codes. How the
library keeps its trees is its own affair, so each time the copy is held against
the original: it gives the very same sums, or there is no version.

scikit-learn is imported inside the functions.
"""

import time

import numpy as np

from .binning import FIRST
from .boosting import (
    FOLDS,
    PATIENCE,
    Settings,
    as_inputs,
    folds_of,
)
from .calibration import Identity, choose
from .cards import CardFeature, score_bins_of
from .columns import NUMBER
from .errors import BadTrainingInput
from .profile import Profile
from .recency import recency_weights
from .table import SHARES, check_cases, make_table
from .tags import spread_table
from .training import (
    Training,
    choose_inputs,
    half_life_of,
    only_watched,
    tested_figures,
)
from .trees import (
    LEAF,
    MAX_CELLS,
    TreesCard,
    pack,
    with_means,
)

MOST = 200  # trees of one booster
SAME = 1e-9  # difference of two sums of the same trees


def tree_settings(cases, max_bins=64):
    """Settings for ``cases``, the number of the rarer label among the rows to learn from.

    Freedom grows with the cases: trees of four leaves see how two inputs act together,
    and with few cases much shrinkage keeps them from learning single records by heart.

    >>> tree_settings(90).leaves, tree_settings(5000).leaves
    (4, 16)
    """
    if cases >= 500:
        return Settings(max_bins=max_bins, rate=0.1, leaves=16, min_leaf=20)
    if cases >= 200:
        return Settings(max_bins=max_bins, rate=0.1, leaves=8, min_leaf=20, shrinkage=5.0)
    return Settings(
        max_bins=min(max_bins, 16), rate=0.1, leaves=4, min_leaf=20, shrinkage=20.0, most_inputs=max(2, cases // 10)
    )


def train_trees(
    columns, labels, moments, *, required=(), weights=None, max_bins=64, min_cases=50, seed=0, shares=SHARES
):
    """Train, calibrate and test a ``TreesCard``; a ``Training``.

    Arguments and errors as for ``train_scorecard``; ``weights`` (n,) is how much each
    row counts while learning and calibrating, besides its age.
    """
    started = time.perf_counter()
    table = make_table(columns, moments, labels, required=required, shares=shares)
    table = spread_table(table, table.learn)
    check_cases(table.labels, min_cases)
    learned = table.labels[table.learn]
    check_cases(learned, max(min_cases // 2, 2))
    settings = tree_settings(int(min(learned.sum(), (~learned).sum())), max_bins)
    bins = choose_inputs(table, settings, required)
    own = list(bins.values())
    codes = np.stack([bins[name].codes(table.columns[name].values) for name in bins], axis=1)
    half_life = half_life_of(table, own, codes, [0] * len(own), settings, seed)
    counts_as = recency_weights(table.moments[table.learn], half_life) * _own_weights(weights, moments)[table.learn]
    boosters, out_of_fold = _fit(own, codes[table.learn], learned, counts_as, settings, seed)
    card = _card(boosters, bins, codes, table, required)
    _check_copy(card, boosters, own, codes[table.learn])
    calibration = choose(out_of_fold, learned, counts_as, seed=seed)
    values = calibration.apply(card.raw(codes[table.usable]))
    watched = only_watched(table, settings, required)
    card = TreesCard(
        [*card.features, *watched],
        card.intercept,
        calibration,
        score_bins_of(values),
        trees=card.trees,
        importances=[*card.importances, *[0.0] * len(watched)],
    )
    scored = card.score(table.columns)
    metrics = {
        "rows": len(table),
        "positives": int(table.labels.sum()),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "train_rows": len(table.learn),
        "train_positives": int(learned.sum()),
        "inputs": len(own),
        "trees": len(card.trees),
        "half_life": half_life,
        **tested_figures(scored, table),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))


def _own_weights(weights, moments):
    """(n,) handed-in weights in the order of the table, with mean 1."""
    moments = np.asarray(moments, dtype=np.float64)
    if weights is None:
        return np.ones(len(moments))
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != moments.shape or not (np.isfinite(weights).all() and weights.min() >= 0 < weights.max()):
        raise BadTrainingInput("The weights of the records are not one number from 0 up for each record.")
    return weights[np.argsort(moments, kind="stable")] / weights.mean()


def _fit(bins, codes, labels, weights, settings, seed):
    """One booster per fold, and (n,) log odds of each fold's rows from its booster."""
    inputs, fold = as_inputs(bins, codes), folds_of(labels, seed)
    most = max(1, min(MOST, MAX_CELLS // (FOLDS * sum(own.size for own in bins))))
    boosters, out_of_fold = [], np.empty(len(labels))
    for k in range(FOLDS):
        held = fold == k
        booster = _make_booster(bins, settings, most, seed)
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


def _make_booster(bins, settings, trees, seed):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        categorical_features=[own.kind != NUMBER for own in bins],
        learning_rate=settings.rate,
        max_iter=trees,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.min_leaf,
        l2_regularization=settings.shrinkage,
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )


def _card(boosters, bins, codes, table, required):
    """The mean of the boosters, not calibrated yet, with means over the reference."""
    own, reference = list(bins.values()), codes[table.usable]
    sizes = [each.size for each in own]
    intercept, trees = 0.0, []
    for booster in boosters:
        base, read = read_trees(booster, own)
        intercept += base / len(boosters)
        trees += [{**tree, "values": [value / len(boosters) for value in tree["values"]]} for tree in read]
    trees, average = with_means(trees, reference, sizes)
    features = [
        CardFeature(
            name, each.kind, each, np.zeros(each.size), name in required, np.bincount(column, minlength=each.size)
        )
        for (name, each), column in zip(bins.items(), reference.T, strict=True)
    ]
    bare = TreesCard(features, intercept + average, Identity(), score_bins_of([]), trees=trees)
    features, importances = bare.averages(reference)
    return TreesCard(features, bare.intercept, Identity(), score_bins_of([]), trees=trees, importances=importances)


def read_trees(booster, bins):
    """(baseline, trees) of a fitted booster over ``as_inputs``; values at the leaves only.

    Each node is asked where it sends every code of its input.
    """
    shown, order = _codes_as_seen(booster, bins)
    trees = []
    for (predictor,) in booster._predictors:
        tree = {key: [] for key in ("inputs", "codes", "left", "right", "values")}
        for node in predictor.nodes:
            leaf = bool(node["is_leaf"])
            j = LEAF if leaf else order[int(node["feature_idx"])]
            tree["inputs"].append(j)
            tree["codes"].append("" if leaf else pack(_goes_left(node, shown[j], predictor.raw_left_cat_bitsets)))
            tree["left"].append(0 if leaf else int(node["left"]))
            tree["right"].append(0 if leaf else int(node["right"]))
            tree["values"].append(float(node["value"]) if leaf else 0.0)
        trees.append(tree)
    return float(np.ravel(booster._baseline_prediction)[0]), trees


def _codes_as_seen(booster, bins):
    """(per input the (size,) numbers that nodes compare, place of the input of each number).

    The library turns categories into ranks of its own and puts them before the numbers.
    """
    probes = []
    for j, own in enumerate(bins):
        rows = np.full((own.size, len(bins)), FIRST)
        rows[:, j] = np.arange(own.size)
        probes.append(as_inputs(bins, rows))
    order = list(range(len(bins)))
    preprocessor = getattr(booster, "_preprocessor", None)
    if preprocessor is not None:
        probes = [preprocessor.transform(rows) for rows in probes]
        order.sort(key=lambda j: bins[j].kind == NUMBER)
    return [rows[:, order.index(j)] for j, rows in enumerate(probes)], order


def _goes_left(node, shown, bitsets):
    if node["is_categorical"]:
        ranks = np.nan_to_num(shown, nan=0).astype(np.int64)
        left = (bitsets[node["bitset_idx"]][ranks // 32] >> (ranks % 32).astype(np.uint32)) & 1 == 1
    else:
        left = shown <= node["num_threshold"]
    return np.where(np.isnan(shown), bool(node["missing_go_to_left"]), left)


def _check_copy(card, boosters, bins, codes):
    """The copy gives the sums of the original, or there is no card."""
    codes = codes[:2000]
    original = np.mean([booster.decision_function(as_inputs(bins, codes)) for booster in boosters], axis=0)
    if not np.abs(card.raw(codes) - original).max() < SAME * max(1.0, np.abs(original).max()):
        raise BadTrainingInput("This release of scikit-learn keeps its trees in a form that is not known here.")
