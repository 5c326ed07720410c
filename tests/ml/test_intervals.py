"""Intervals of shares: known values, and that they hold the truth as often as they say."""

import math

import numpy as np
import pytest
from scipy import stats

from odoo.addons.ai_deployment.ml import intervals


@pytest.mark.parametrize(("hits", "cases"), [(0, 10), (10, 10), (7, 60), (1, 3)])
def test_what_scipy_says(hits, cases):
    for method, found in (
        ("exact", intervals.clopper_pearson(hits, cases)),
        ("wilson", intervals.wilson(hits / cases, cases)),
    ):
        known = stats.binomtest(hits, cases).proportion_ci(0.95, method=method)
        assert found == (pytest.approx(known.low), pytest.approx(known.high))


def test_difference_of_shares_by_newcombe():
    # Newcombe (1998), method 10, table II: 56/70 v 48/80, 9/10 v 3/10, 0/10 v 0/10.
    for (hits, cases, other_hits, other_cases), expected in (
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((0, 10, 0, 10), (0.0, -0.2775, 0.2775)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
    ):
        found = intervals.share_difference(hits / cases, cases, other_hits / other_cases, other_cases)
        assert found == pytest.approx(expected, abs=0.0001)


def test_difference_turned_around():
    random = np.random.default_rng(2)
    for _ in range(200):
        n, m = random.integers(1, 50, 2).tolist()
        one, two = random.integers(0, n + 1) / n, random.integers(0, m + 1) / m
        difference, low, high = intervals.share_difference(one, n, two, m)
        assert intervals.share_difference(two, m, one, n) == pytest.approx((-difference, -high, -low))
        assert -1 <= low <= difference <= high <= 1


# Random checks
def test_no_error_among_few_checks_is_not_certainty():
    share, low, high = intervals.weighted_share([False] * 13, [0.04] * 13)
    assert (share, low) == (0, 0) and high == pytest.approx(intervals.clopper_pearson(0, 13)[1])
    share, low, high = intervals.weighted_share([True] * 13, [0.04] * 13)
    assert (share, high) == (1, 1) and low == pytest.approx(intervals.clopper_pearson(13, 13)[0])


def test_equal_chances_are_plain_counting():
    random = np.random.default_rng(1)
    wrong = random.random(40) < 0.3
    share, low, high = intervals.weighted_share(wrong, [1e-9] * 40)
    assert share == pytest.approx(wrong.mean())
    # One row fewer stands for what the estimated spread costs.
    narrow, wide = (intervals.clopper_pearson(share * n, n) for n in (40, 39))
    assert wide[0] - 1e-9 <= low <= narrow[0] + 1e-9 and narrow[1] - 1e-9 <= high <= wide[1] + 1e-9


@pytest.mark.parametrize(
    ("rows", "share", "near", "wrong_near", "wrong_far"),
    [
        (1300, 0.01, 0.0, 0.0, 0.02),
        (1300, 0.01, 0.1, 0.1, 0.01),
        (5000, 0.01, 0.1, 0.2, 0.005),
        (1000, 0.2, 0.2, 0.2, 0.05),
    ],
)
def test_the_interval_of_random_checks_holds_what_is_true(rows, share, near, wrong_near, wrong_far):
    random, held, rounds = np.random.default_rng(4), [], 400
    for _round in range(rounds):
        is_near = random.random(rows) < near
        wrong = random.random(rows) < np.where(is_near, wrong_near, wrong_far)
        chances = np.where(is_near, 4 * share, share)
        drawn = random.random(rows) < chances
        if drawn.any():
            _share, low, high = intervals.weighted_share(wrong[drawn], chances[drawn])
            held.append(low <= wrong.mean() <= high)
    assert np.mean(held) >= 0.98 - 3 * math.sqrt(0.02 * 0.98 / rounds)


def test_weighing_back_finds_the_error_of_all_automatic_decisions():
    random, near = np.random.default_rng(1), np.arange(20_000) < 4000
    chances, wrong = np.where(near, 0.2, 0.05), random.random(20_000) < np.where(near, 0.30, 0.02)
    drawn = random.random(20_000) < chances
    share, low, high = intervals.weighted_share(wrong[drawn], chances[drawn])
    assert low < wrong.mean() < high and high - low < 0.04
    assert abs(wrong[drawn].mean() - wrong.mean()) > 0.05  # unweighted it would be far off
    assert share == pytest.approx(wrong.mean(), abs=0.02)


def test_what_cannot_be_weighed():
    assert math.isnan(intervals.weighted_share([], [])[0])
    for chance in (0.0, math.nan, 1.5):
        with pytest.raises(ValueError, match="chance"):
            intervals.weighted_share([True], [chance])


@pytest.mark.parametrize(("hits", "cases"), [(0, 10), (10, 10), (3, 17), (59, 60)])
def test_clopper_pearson_is_the_exact_interval(hits, cases):
    low, high = intervals.clopper_pearson(hits, cases)
    exact = stats.binomtest(hits, cases).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((exact.low, exact.high))
    assert type(low) is float and type(high) is float
    assert intervals.clopper_pearson(0, 0) == (0, 1)
    assert intervals.clopper_pearson(0, 100) == (0.0, pytest.approx(1 - 0.025 ** (1 / 100)))
    assert intervals.clopper_pearson(100, 100)[1] == 1.0


def test_no_cases_say_nothing():
    assert intervals.wilson(0.0, 0) == intervals.clopper_pearson(0, 0) == (0.0, 1.0)
    assert intervals.share_difference(0.0, 0, 0.3, 50)[1:] == pytest.approx((-0.5, 0.8), abs=0.35)


def test_weights_of_random_checks_by_hand():
    """20 rows of chance .5, none of which is a hit, and 20 of chance .1, of which half are: 100 of 240."""
    hits, chances = np.tile([0, 0, 1.0, 0], 10), np.tile([0.5, 0.5, 0.1, 0.1], 10)
    share, low, high = intervals.weighted_share(hits, chances)
    assert share == pytest.approx(10 / 24)
    spread = (2 * 0.5 * (2 * 10 / 24) ** 2 + 0.9 * (10 * 14 / 24) ** 2 + 0.9 * (10 * 10 / 24) ** 2) * 10 / 240**2
    worth = share * (1 - share) / (spread * 40 / 39)
    assert worth < 40
    assert (low, high) == pytest.approx(intervals.clopper_pearson(share * worth, worth))
    alone = intervals.weighted_share([False, False, False], [0.5, 0.5, 0.1])
    worth = 14**2 / (4 + 4 + 100)
    assert alone == pytest.approx((0.0, *intervals.clopper_pearson(0, worth)))
    sure = intervals.weighted_share([True, False, False], [1.0, 1.0, 1.0])  # all were drawn
    assert sure == pytest.approx((1 / 3, *intervals.clopper_pearson(1, 3)))
    narrow = intervals.weighted_share([True, False, False, False], [0.9, 0.9, 0.9, 0.9])
    assert narrow == pytest.approx((0.25, *intervals.clopper_pearson(1, 4)))  # worth no more than there are
    assert intervals.weighted_share([True], [0.5])[1:] == pytest.approx(intervals.clopper_pearson(1, 1))


def test_wilsons_interval_ends_where_shares_do():
    assert intervals.wilson(0.0, 7)[0] == 0.0 and intervals.wilson(1.0, 7)[1] == 1.0
    low, high = intervals.wilson(0.3, 20, 0.9)
    for end in (low, high):  # the ends are where the share is 1.645 errors away
        assert abs(0.3 - end) == pytest.approx(stats.norm.ppf(0.95) * math.sqrt(end * (1 - end) / 20))
    assert (
        intervals.share_difference(1.0, 2, 0.0, 2)[2] == 1.0 and intervals.share_difference(0.0, 2, 1.0, 2)[1] == -1.0
    )
    assert intervals.clopper_pearson(0.5, 3)[0] > 0 and intervals.clopper_pearson(0.5, 0.5) == (
        pytest.approx(intervals.clopper_pearson(0.5, 0.5)[0]),
        1.0,
    )
