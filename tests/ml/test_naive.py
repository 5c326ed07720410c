import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import ABOVE, BELOW, FIRST, MISSING, UNSEEN, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.naive import STRONGEST, Naive


def of_number(values, labels, direction=0, weights=None):
    """The table of one number, and its bins."""
    bins = NumericBins.fit(values, 32)
    codes = bins.codes(values)
    rows = np.bincount(codes, minlength=bins.size)
    centre = np.bincount(codes, np.nan_to_num(values), bins.size) / np.maximum(rows, 1)
    weights = np.ones(len(values)) if weights is None else weights
    learned = Naive([bins], [rows], [centre]).learn(codes[:, None], labels.astype(float), weights, [direction])
    return learned.tables[0], bins


def of_levels(words, labels):
    bins = CategoryBins.fit(words, min_count=1)
    codes = bins.codes(words)
    rows = np.bincount(codes, minlength=bins.size)
    return Naive([bins], [rows], [None]).learn(codes[:, None], labels.astype(float), np.ones(len(words)), [0])


def normal(n, seed=0, mean=0.0, deviation=1.0):
    random = np.random.default_rng(seed)
    labels = random.random(n) < 0.4
    return np.where(labels, random.normal(mean, deviation, n), random.normal(size=n)), labels


def test_a_number_says_the_ratio_of_two_normal_densities():
    values, labels = normal(20_000, mean=0.8)
    table, bins = of_number(values, labels)
    at = np.array([-1.0, 0.0, 1.0])
    odds = table[bins.codes(at)]
    odds = odds / (1 - abs(odds) / STRONGEST)  # without the limit
    assert odds == pytest.approx(0.8 * at - 0.32, abs=0.12)


def test_another_spread_is_a_bend():
    values, labels = normal(5_000, deviation=1.8)
    table, bins = of_number(values, labels)
    low, middle, high = table[bins.codes(np.array([-2.5, 0.0, 2.5]))]
    assert low > 0.5 > -0.4 > middle and high > 0.5


def test_beyond_the_range_its_ends_speak_and_missing_says_nothing():
    values, labels = normal(200, mean=1.0)
    values[:20] = np.nan
    table, _bins = of_number(values, labels)
    assert (table[BELOW], table[ABOVE], table[MISSING]) == (table[FIRST], table[-1], 0)


def test_no_input_says_more_than_the_strongest():
    table, _bins = of_number(np.concatenate([np.zeros(50), np.arange(1.0, 51)]), np.arange(100) >= 50)
    assert 2.0 < abs(table).max() < STRONGEST


@pytest.mark.parametrize("direction", [1, -1])
def test_a_direction_is_kept(direction):
    values, labels = normal(300, mean=0.5, deviation=1.8)
    table, bins = of_number(values, labels, direction)
    assert (direction * np.diff(table[[BELOW, *range(FIRST, bins.size), ABOVE]]) >= -1e-12).all()


def test_rows_count_by_their_weights():
    values, labels = normal(300, mean=1.0)
    light = of_number(values, labels, weights=np.full(300, 0.01))[0]
    assert abs(light).max() < abs(of_number(values, labels)[0]).max() / 2


def test_levels_are_counted_and_drawn_towards_all_rows():
    words = np.array([*["a"] * 50, *["b"] * 50, "c"], dtype=object)
    labels = np.array([True] * 40 + [False] * 10 + [True] * 10 + [False] * 40 + [True])
    learned = of_levels(words, labels)
    bins = CategoryBins.fit(words, min_count=1)
    a, b, c = learned.tables[0][bins.codes(np.array(["a", "b", "c"], dtype=object))]
    assert b < -0.8 < 0.8 < a and 0 < c < a  # one row says less than fifty
    assert learned.tables[0][UNSEEN] == learned.tables[0][MISSING] == 0
    assert learned.intercept == pytest.approx(np.log(52 / 51))


def test_a_number_that_never_varies_says_nothing():
    table, _bins = of_number(np.full(30, 7.0), np.arange(30) < 10)
    assert not table.any()
