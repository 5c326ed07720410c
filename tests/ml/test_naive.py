import numpy as np
import pytest
from scipy import stats

from odoo.addons.ai_deployment.ml import naive
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


# By hand
def test_levels_are_counted_with_two_cases_of_the_whole():
    """Wins 3 of 4 and 1 of 4: the rate is (4 + 1) / (8 + 2), and each level begins with two cases of it."""
    found = of_levels(np.array(list("aaaabbbb"), dtype=object), np.array([1, 1, 1, 0, 1, 0, 0, 0]))
    odds = np.log((3 + 1) / (1 + 1)), np.log((1 + 1) / (3 + 1))
    assert found.tables[0][FIRST:] == pytest.approx([own / (1 + abs(own) / STRONGEST) for own in odds])
    assert found.tables[0][:FIRST].tolist() == [0, 0, 0] and found.intercept == 0.0
    lopsided = of_levels(np.array(list("aaab"), dtype=object), np.array([1, 0, 0, 0]))
    assert lopsided.intercept == pytest.approx(np.log(2 / 4))
    rate = 2 / 6
    odds = np.log((1 + 2 * rate) / (2 + 2 * (1 - rate))) - np.log(rate / (1 - rate))
    assert lopsided.tables[0][FIRST] == pytest.approx(odds / (1 + abs(odds) / STRONGEST))


def test_densities_of_a_number_by_hand():
    """Places -1, 0 and 1 of 2, 1 and 2 rows: means are drawn by two cases, variances by four of all rows."""
    wins, others, place = (
        np.array([0.0, 0, 0, 1, 1]),
        np.array([0.0, 0, 2, 0, 1]),
        np.array([np.nan, np.nan, -1.0, 0, 1]),
    )
    mean, variance = 0.0, 0.8 + 1e-9
    found = naive._of_number(wins, others, place)
    known = np.zeros(3)
    for side, sign in ((wins[2:], 1), (others[2:], -1)):
        own = (side @ place[2:] + 2 * mean) / (side.sum() + 2)
        spread = (side @ (place[2:] - own) ** 2 + 4 * variance) / (side.sum() + 4)
        known -= sign * (np.log(spread) + (place[2:] - own) ** 2 / spread) / 2
    assert found[2:] == pytest.approx(known) and found[:2].tolist() == [0, 0]
    assert naive._of_number(np.zeros(5), np.zeros(5), place).tolist() == [0.0] * 5


def test_values_and_ranks_are_standardised_over_the_rows():
    rows, centre = np.array([1.0, 2.0, 1.0]), np.array([0.0, 1.0, 6.0])
    value, rank, ranks = naive.value_and_rank(centre, rows)
    assert ranks.tolist() == [0.125, 0.5, 0.875]
    assert value == pytest.approx((centre - 2) / np.sqrt(5.5))
    scores = stats.norm.ppf(ranks)
    assert rank == pytest.approx(scores / np.sqrt(scores[0] ** 2 / 2))
    assert naive.standardised(np.full(3, 4.0), rows).tolist() == [0.0, 0.0, 0.0]
    far = naive.value_and_rank(np.r_[np.zeros(1), np.full(1, 100.0)], np.array([99.0, 1.0]))[0]
    assert far[1] < 100 and far @ [99.0, 1.0] == pytest.approx(0, abs=1e-9)
