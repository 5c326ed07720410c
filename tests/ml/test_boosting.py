"""Boosters and regressions as one sum: choices by hand, and what a small table comes to."""

import numpy as np
import pytest
from pinning import OF_BOOSTERS, assert_same, checksum, golden

from odoo.addons.ai_deployment.ml import boosting
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.boosting import (
    FOLDS,
    Boosted,
    Chosen,
    Settings,
    boost,
    choose_share,
    clearly_better,
    folds_of,
    mixed,
    rate_for,
    settings_for,
)
from odoo.addons.ai_deployment.ml.logistic import sigmoid


def small_table(rows):
    """(bins, codes, labels) of two numbers, which count together only, and a category."""
    one, two = golden(rows), golden(rows) * 7 % 1
    words = np.array(list("aabbcd"), dtype=object)[(golden(rows) * 29 % 1 * 6).astype(int)]
    odds = 5 * np.sign(one - 0.5) * (two - 0.5) + (words == "b") - 0.5
    labels = sigmoid(odds) > golden(rows) * 53 % 1
    bins = [NumericBins.fit(one, 8), NumericBins.fit(two, 8), CategoryBins.fit(words)]
    codes = np.stack([own.codes(values) for own, values in zip(bins, (one, two, words), strict=True)], axis=1)
    return bins, codes, labels


def figures(found, codes):
    return {
        "intercept": found.intercept,
        "tables": [checksum(table) for table in found.tables],
        "pairs": [place for pair in found.pairs for place in pair],
        "pair_tables": [checksum(table) for table in found.pair_tables],
        "share": found.share,
        "trees": found.trees,
        "out_of_fold": checksum(found.out_of_fold),
        "raw": checksum(found.raw(codes)),
    }


@pytest.mark.parametrize(
    ("rows", "options", "known"),
    [
        (
            300,
            {},
            {
                "intercept": -0.0317377011,
                "tables": [-0.00219245032, 0.351862233, -0.44431147],
                "pairs": [],
                "pair_tables": [],
                "share": 0.5,
                "trees": 23,
                "out_of_fold": -7.89802758,
                "raw": -5.8964077,
            },
        ),
        (
            300,
            {"weights": 0.5 + golden(300, 0.3), "groups": np.arange(300) // 3, "seed": 2},
            {
                "intercept": -0.0468208197,
                "tables": [0.210458558, 0.318210062, -0.413587254],
                "pairs": [],
                "pair_tables": [],
                "share": 0.5,
                "trees": 22,
                "out_of_fold": -9.97058472,
                "raw": -7.66890797,
            },
        ),
        (
            300,
            {"like": Chosen([(1, 2)], 0.25, 9)},
            {
                "intercept": -0.0225356716,
                "tables": [-0.0232387764, 0.179062405, -0.661439536],
                "pairs": [1, 2],
                "pair_tables": [0.264886224],
                "share": 0.25,
                "trees": 9,
                "out_of_fold": -5.21908538,
                "raw": -4.477531,
            },
        ),
        (
            300,
            {"directions": [0, 1, 0]},
            {
                "intercept": -0.0317377011,
                "tables": [-0.000515456685, 0.194019755, -0.418882564],
                "pairs": [],
                "pair_tables": [],
                "share": 0.5,
                "trees": 22,
                "out_of_fold": -6.39117096,
                "raw": -5.45056698,
            },
        ),
        (
            2400,
            {},
            {
                "intercept": -0.00510567344,
                "tables": [0.076401987, 0.342440058, -1.06129509],
                "pairs": [0, 1, 1, 2],
                "pair_tables": [-12.4628334, -0.211618026],
                "share": 0.5,
                "trees": 47,
                "out_of_fold": 191.968634,
                "raw": 186.554542,
            },
        ),
    ],
)
def test_a_small_table_comes_to_the_same_numbers_as_ever(rows, options, known):
    """See `pinning`: with a pair or without, as chosen before, and with an order that a pair could break."""
    bins, codes, labels = small_table(rows)
    options = {"directions": [0, 0, 0], **options}
    found = boost(bins, codes, labels, settings=Settings(max_bins=8, pairs=2), **options)
    assert_same(figures(found, codes), known, OF_BOOSTERS)


@pytest.mark.parametrize(("swing", "is_clear"), [(0.9, True), (1.1, False)])
def test_a_gain_is_clear_beyond_its_standard_errors(monkeypatch, swing, is_clear):
    """Gains of 1 ± a over nine rows, and 1: a standard error of a √(8 / 8) / 3 or less, times `CLEARLY`."""
    gains = 1 + swing * 3 / boosting.CLEARLY * np.array([1, -1] * 4 + [0])
    monkeypatch.setattr(boosting, "log_loss", lambda _labels, raw: raw)
    assert clearly_better(np.zeros(9), 1 - gains, np.ones(9)) is is_clear
    # a row that weighs nothing counts as a gain of none
    alone = np.r_[gains[:-1], 50.0]
    weights = np.r_[np.ones(8), 0.0]
    kept = np.r_[gains[:-1], 0.0] * 9 / 8
    error = kept.std(ddof=1) / 3
    assert clearly_better(np.zeros(9), 1 - alone, np.ones(9), weights) is bool(kept.mean() > boosting.CLEARLY * error)


def test_the_share_is_a_half_unless_one_kind_is_clearly_better():
    labels = np.arange(200) % 2 == 0
    right = np.where(labels, 1.0, -1.0)
    assert choose_share(labels, right, 0.9 * right) == 0.0
    assert choose_share(labels, 0.9 * right, right) == 1.0
    assert choose_share(labels, right, right) == 0.5
    assert choose_share(labels, right, None) == 0.0
    weights = np.where(labels, 1.0, 0.0)
    lopsided = np.where(labels, 1.0, 9.0)  # wrong where nothing weighs
    assert choose_share(labels, lopsided, 0.5 * right, weights) == 0.0


def test_a_mean_of_log_odds():
    assert mixed(8.0, 4.0, 0.25) == 7.0 and mixed(8.0, None, 0.0) == 8.0 and mixed(8.0, 4.0, 1.0) == 4.0


@pytest.mark.parametrize("seed", [0, 1])
def test_folds_share_out_both_labels(seed):
    labels = np.arange(97) % 4 == 0
    fold = folds_of(labels, seed)
    for side in (labels, ~labels):
        counts = np.bincount(fold[side], minlength=FOLDS)
        assert len(counts) == FOLDS and np.ptp(counts) <= 1
    assert checksum(fold) != checksum(folds_of(labels, seed + 1))


@pytest.mark.parametrize(
    ("cases", "bins", "rate", "leaves"),
    [(199, 32, None, 3), (200, 64, 0.2, None), (1999, 199, 0.2, None), (2500, 250, 0.3, None)],
)
def test_settings_by_cases(cases, bins, rate, leaves):
    found = settings_for(cases)
    assert found.max_bins == bins
    assert found.rate == (rate or Settings().rate) and found.leaves == (leaves or Settings().leaves)
    few = cases < 200
    assert (found.shrinkage, found.min_level, found.pairs) == (
        (20.0, 3, 0) if few else (Settings().shrinkage, Settings().min_level, 6)
    )
    assert settings_for(cases, 20).max_bins == 20 and settings_for(cases, pairs=2).pairs == (0 if few else 2)


def test_a_sum_of_tables_and_pairs():
    found = Boosted(
        0.5, [np.array([1.0, 2.0]), np.array([0.0, 3.0])], [(0, 1)], [np.array([[0, 0.1], [0.2, 0.4]])], 0, [], 1
    )
    assert found.raw(np.array([[0, 1], [1, 0]])) == pytest.approx([0.5 + 1 + 3 + 0.1, 0.5 + 2 + 0 + 0.2])
    assert rate_for(1) == 0.2
