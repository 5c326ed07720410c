import numpy as np
import pytest
from pinning import assert_same, checksum, golden

from odoo.addons.ai_deployment.ml import shrinkage
from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    CategoryBins,
    NumericBins,
)
from odoo.addons.ai_deployment.ml.logistic import log_loss, sigmoid
from odoo.addons.ai_deployment.ml.performance import auc
from odoo.addons.ai_deployment.ml.points import ENOUGH as POOLED_ROWS
from odoo.addons.ai_deployment.ml.shrinkage import folds_by_label, shrink


def made(n, seed, weight=1.0, noise=6):
    """(bins, codes, centres, labels, true log odds) of a straight input, a category, and noise."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(n, 1 + noise))
    level = random.integers(0, 4, n)
    odds = -0.3 + weight * (numbers[:, 0] + np.array([-0.8, 0.0, 0.4, 0.8])[level])
    bins, codes, centres = [], [], []
    for values in numbers.T:
        bins.append(NumericBins.fit(values, 32))
        codes.append(bins[-1].codes(values))
        rows = np.bincount(codes[-1], minlength=bins[-1].size)
        centres.append(np.bincount(codes[-1], values, bins[-1].size) / np.maximum(rows, 1))
    words = np.array([f"level {number}" for number in level], dtype=object)
    bins.append(CategoryBins.fit(words, min_count=3))
    codes.append(bins[-1].codes(words))
    centres.append(None)
    return bins, np.stack(codes, axis=1), centres, random.random(n) < sigmoid(odds), odds


def learned(n, seed, **options):
    bins, codes, centres, labels, odds = made(n, seed, **options)
    return shrink(bins, codes, labels, np.ones(n), centres, [0] * len(bins)), codes, labels, odds


def test_signal_is_found_and_noise_is_drawn_to_nothing():
    found, codes, labels, odds = learned(400, 1)
    spreads = [np.std(table[codes[:, j]]) for j, table in enumerate(found.additive.tables)]
    assert spreads[0] > 0.6 and spreads[-1] > 0.3 and max(spreads[1:-1]) < 0.3
    assert np.corrcoef(found.additive.raw(codes), odds)[0, 1] > 0.9
    assert auc(labels, found.out_of_fold) > 0.7
    # what the other nine tenths say of a row is close to what all say
    assert np.corrcoef(found.out_of_fold, found.additive.raw(codes))[0, 1] > 0.97


def test_pure_noise_is_worth_nothing_out_of_fold():
    losses = []
    for seed in range(5):
        found, _codes, labels, _odds = learned(80, seed, weight=0.0)
        rate = np.log(labels.mean() / (1 - labels.mean()))
        losses.append(np.mean(log_loss(labels, found.out_of_fold) - log_loss(labels, np.full(80, rate))))
    assert np.mean(losses) < 0.03


def test_rows_out_of_fold_are_unknown():
    random = np.random.default_rng(3)
    areas = []
    for seed in range(6):
        bins, codes, centres, _labels, _odds = made(120, seed)
        labels = random.random(120) < 0.4
        areas.append(auc(labels, shrink(bins, codes, labels, np.ones(120), centres, [0] * 8).out_of_fold))
    assert np.mean(areas) < 0.56


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held, widths = [], []
    for seed in range(12):
        found, codes, _labels, odds = learned(100, seed)
        reach = 1.2816 * found.uncertainty.deviations(codes)
        held.append(np.mean(abs(found.additive.raw(codes) - odds) <= reach))
        widths.append(reach.mean())
    assert 0.72 < np.mean(held) < 0.95
    more, codes, _labels, _odds = learned(1500, 1)
    assert 1.2816 * more.uncertainty.deviations(codes).mean() < np.mean(widths) / 2


def test_beyond_the_range_its_ends_speak_and_what_was_never_seen_is_unsure():
    found, codes, _labels, _odds = learned(200, 4)
    table = found.additive.tables[0]
    assert (table[BELOW], table[ABOVE]) == (table[FIRST], table[-1])
    known, new = codes[:1].copy(), codes[:1].copy()
    new[0, -1] = UNSEEN
    assert found.additive.tables[-1][UNSEEN] == 0
    assert found.uncertainty.alone[-1][UNSEEN] > 0 == found.uncertainty.alone[-1][known[0, -1]]


def test_a_direction_is_kept():
    bins, codes, centres, labels, _odds = made(150, 5)
    for direction in (1, -1):
        table = shrink(bins, codes, labels, np.ones(150), centres, [direction] + [0] * 7).additive.tables[0]
        order = [BELOW, *range(FIRST, bins[0].size), ABOVE]
        assert (direction * np.diff(table[order]) >= -1e-12).all()


def test_weights_count_as_the_cases_that_they_speak_for():
    bins, codes, centres, labels, _odds = made(150, 6)
    one = shrink(bins, codes, labels, np.ones(150), centres, [0] * 8)
    ten = shrink(bins, codes, labels, np.full(150, 10.0), centres, [0] * 8)
    assert one.additive.raw(codes) == pytest.approx(ten.additive.raw(codes))


def test_folds_hold_as_many_of_each_label():
    labels = np.arange(97) % 4 == 0
    fold = folds_by_label(labels, 10, 0)
    assert np.ptp(np.bincount(fold)) <= 1 and np.ptp(np.bincount(fold[labels])) <= 1


def test_what_is_known_as_the_mean_of_many_levels_is_unsure_for_each():
    """60 levels of which 4 are frequent: the others are one code, and each of them has something of its own."""
    random, held = np.random.default_rng(8), []
    effects = random.normal(0, 1.0, 60)
    for _draw in range(8):
        level = np.minimum((random.pareto(0.9, 300) * 3).astype(int), 59)
        words = np.array([f"level {number}" for number in level], dtype=object)
        bins = CategoryBins.fit(words, min_count=12)
        codes = bins.codes(words)[:, None]
        odds = -0.5 + effects[level]
        labels = random.random(300) < sigmoid(odds)
        found = shrink([bins], codes, labels, np.ones(300), [None], [0])
        pooled = codes[:, 0] == OTHER
        reach = 1.2816 * found.uncertainty.deviations(codes)
        held.append(np.mean((abs(found.additive.raw(codes) - odds) <= reach)[pooled]))
        if len(bins.levels) < 2 or pooled.sum() < 30:
            held.pop()
    assert np.mean(held) > 0.65


@pytest.mark.parametrize(("pooled", "is_shared"), [(POOLED_ROWS - 1, False), (POOLED_ROWS, True)])
def test_a_level_never_seen_is_as_sure_as_the_rare_ones_where_these_are_enough(pooled, is_shared):
    words = np.array([*["a"] * 40, *["b"] * 40, *(f"rare {number}" for number in range(pooled))], dtype=object)
    bins = CategoryBins.fit(words, min_count=30)
    codes = bins.codes(words)[:, None]
    labels = np.random.default_rng(2).random(len(words)) < 0.4
    shared = shrink([bins], codes, labels, np.ones(len(words)), [None], [0]).uncertainty.shared[0]
    assert shared[OTHER].any() and shared[UNSEEN].any() == is_shared
    if is_shared:
        assert shared[UNSEEN].tolist() == shared[OTHER].tolist()


def test_a_level_that_the_rows_know_as_never_seen_speaks_for_itself():
    words = np.array([*["a"] * 40, *["b"] * 40, *(f"rare {number}" for number in range(POOLED_ROWS))], dtype=object)
    bins = CategoryBins.fit(words, min_count=30)
    codes = bins.codes(words)[:, None]
    codes[:9] = UNSEEN
    labels = np.random.default_rng(2).random(len(words)) < 0.4
    shared = shrink([bins], codes, labels, np.ones(len(words)), [None], [0]).uncertainty.shared[0]
    assert shared[UNSEEN].any() and shared[UNSEEN].tolist() != shared[OTHER].tolist()


def test_one_level_beside_the_frequent_ones_is_known_by_its_own_rows():
    random = np.random.default_rng(9)
    words = np.array(["a"] * 200 + ["b"] * 150 + ["c"] * 10, dtype=object)
    many = np.array([*words[:-10], *(f"c{number // 2}" for number in range(10))], dtype=object)
    labels = random.random(len(words)) < 0.4
    for column, pooled_is_sure in ((words, True), (many, False)):
        bins = CategoryBins.fit(column, min_count=12)
        codes = bins.codes(column)[:, None]
        assert (codes == OTHER).sum() == 10
        codes[:5] = MISSING
        alone = shrink([bins], codes, labels, np.ones(len(words)), [None], [0]).uncertainty.alone[0]
        assert bool(alone[OTHER] == 0) == pooled_is_sure
        assert alone[MISSING] == 0 < alone[UNSEEN]


def unlike_spreads(n, seed):
    """Inputs that know nothing of each other once the label is known, and differ in their spread."""
    random = np.random.default_rng(seed)
    labels = random.random(n) < 0.4
    own = random.normal(size=(n, 12))
    shifts, spreads = np.linspace(-0.7, 0.7, 12), np.linspace(0.6, 1.7, 12)
    numbers = np.where(labels[:, None], own * spreads + shifts, own)
    bins, codes, centres = [], [], []
    for values in numbers.T:
        bins.append(NumericBins.fit(values, 32))
        codes.append(bins[-1].codes(values))
        rows = np.bincount(codes[-1], minlength=bins[-1].size)
        centres.append(np.bincount(codes[-1], values, bins[-1].size) / np.maximum(rows, 1))
    return bins, np.stack(codes, axis=1), centres, labels


def losses_with_and_without_naive(monkeypatch, made_of, seeds):
    found = {}
    for joint in (1.0, 0.0):
        if not joint:
            monkeypatch.setattr("odoo.addons.ai_deployment.ml.shrinkage.shares", lambda *given: np.array([1.0, 0.0]))
        found[joint] = []
        for seed in seeds:
            bins, codes, centres, labels = made_of(seed)
            known = np.arange(len(labels)) < 100
            learned = shrink(bins, codes[known], labels[known], np.ones(100), centres, [0] * len(bins))
            raw = learned.additive.raw(codes[~known])
            found[joint].append(log_loss(labels[~known], raw).mean())
    return np.mean(found[1.0]), np.mean(found[0.0])


def test_what_inputs_say_alone_helps_where_they_know_nothing_of_each_other(monkeypatch):
    beside, without = losses_with_and_without_naive(monkeypatch, lambda seed: unlike_spreads(1100, seed), range(4))
    assert beside < without - 0.02


def test_what_inputs_say_alone_does_little_harm_where_it_is_wrong(monkeypatch):
    def linear(seed):
        return made(1100, seed)[:4]

    beside, without = losses_with_and_without_naive(monkeypatch, linear, range(4))
    assert beside < without + 0.005


def small_table():
    """(bins, codes, labels, weights, centres) of 60 rows: a number with missing values, one without, a category."""
    first, second = golden(60), (golden(60) * 7 + 0.3) % 1
    first[::13] = np.nan
    words = np.array([["often", "often", "at times", "seldom", f"once {n}"][n % 5] for n in range(60)], dtype=object)
    chance = np.nan_to_num(first, nan=0.2) * 0.7 + 0.3 * (words == "at times")
    labels = chance > (golden(60) * 11 + 0.4) % 1
    bins, codes, centres = [], [], []
    for values in (first, second):
        bins.append(NumericBins.fit(values, 8))
        codes.append(bins[-1].codes(values))
        rows = np.bincount(codes[-1], minlength=bins[-1].size)
        centres.append(np.bincount(codes[-1], np.nan_to_num(values), bins[-1].size) / np.maximum(rows, 1))
    bins.append(CategoryBins.fit(words, min_count=5))
    codes.append(bins[-1].codes(words))
    return bins, np.stack(codes, axis=1), labels, 0.5 + golden(60, 0.1), [*centres, None]


@pytest.mark.parametrize(
    ("directions", "groups", "known"),
    [
        (
            [0, 0, 0],
            None,
            {
                "intercept": -2.26496886,
                "tables": [0.655340059, 0.117344339, -1.39830273],
                "out of fold": -154.992347,
                "deviations": 158.621871,
                "of codes": [12.1852231, 8.5195133, 16.8975512],
                "alone": [0.0, 0.0, 28.1985557],
            },
        ),
        (
            [1, -1, 0],
            np.arange(60) // 2,
            {
                "intercept": -1.5561294,
                "tables": [0.304087286, 0.0843529843, -1.0302823],
                "out of fold": -105.626585,
                "deviations": 140.243176,
                "of codes": [10.9633852, 8.6351745, 13.2113292],
                "alone": [0.0, 0.0, 14.0600886],
            },
        ),
    ],
)
def test_a_small_table_comes_to_the_same_numbers_as_ever(directions, groups, known):
    """See `pinning`; deviations stand for the vectors of the uncertainty, whose signs are anybody's choice."""
    bins, codes, labels, weights, centres = small_table()
    found = shrink(bins, codes, labels, weights, centres, directions, seed=3, groups=groups)
    measured = {
        "intercept": found.additive.intercept,
        "tables": [checksum(table) for table in found.additive.tables],
        "out of fold": checksum(found.out_of_fold),
        "deviations": checksum(found.uncertainty.deviations(codes)),
        "of codes": [checksum(found.uncertainty.of_codes(j)) for j in range(3)],
        "alone": [checksum(alone) for alone in found.uncertainty.alone],
    }
    assert_same(measured, known)


def test_a_number_has_bends_as_far_as_its_filled_intervals_and_the_columns_of_all_allow():
    values = np.arange(8.0)
    for distinct, columns in ((2, 2), (3, 2), (4, 3), (6, 5), (8, 6)):
        bins = NumericBins.fit(values[:distinct], 8)
        codes = bins.codes(values[:distinct])
        rows = np.bincount(codes, minlength=bins.size)
        centre = np.bincount(codes, values[:distinct], bins.size)
        table, kinds = shrinkage._number(bins, rows, centre, shrinkage.BENDS)
        assert table.shape == (bins.size, columns) and len(kinds) == columns
        smooth, share = table[FIRST:, 2:], rows[FIRST:] / distinct
        # over the rows they are none of what a constant and the rank say, and differ from each other
        assert share @ np.column_stack([smooth, smooth * table[FIRST:, 1:2]]) == pytest.approx(0, abs=1e-9)
        between = smooth.T @ (share[:, None] * smooth)
        assert between == pytest.approx(np.diag(np.diag(between)), abs=1e-9)
        if columns > 2:  # together of deviation 1, the smoothest first
            assert np.trace(between) == pytest.approx(1) and (np.diff(np.diag(between)) <= 0).all()
    most = shrinkage.MOST_COLUMNS // (shrinkage.BENDS + 2)
    for inputs, columns in ((most, 6), (most + 1, 2)):
        basis = shrinkage._Basis([bins] * inputs, np.tile(codes[:, None], inputs), [centre] * inputs)
        assert basis.tables[0].shape[1] == columns
