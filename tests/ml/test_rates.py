"""Shares of rows: exact tails of binomials and beta-binomials, the spread of weeks, ratios."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, betabinom, binom, chi2

from odoo.addons.ai_deployment.ml import rates


@pytest.mark.parametrize("wide", [0.0, 1e-9])
def test_without_spread_the_tails_are_those_of_scipys_binomial(wide):
    hits = np.arange(31)
    assert rates.tail_more(hits, 30, 0.2, wide) == pytest.approx(binom.sf(hits - 1, 30, 0.2))
    assert rates.tail_fewer(hits, 30, 0.2, wide) == pytest.approx(binom.cdf(hits, 30, 0.2))


@pytest.mark.parametrize(("cases", "rate", "wide"), [(30, 0.2, 0.05), (200, 0.02, 0.01), (500, 0.9, 0.2)])
def test_with_spread_the_tails_are_those_of_scipys_beta_binomial(cases, rate, wide):
    size = (1 - wide) / wide
    law, hits = betabinom(cases, rate * size, (1 - rate) * size), np.arange(cases + 1)
    assert rates.tail_more(hits, cases, rate, wide) == pytest.approx(law.sf(hits - 1), abs=1e-9)
    assert rates.tail_fewer(hits, cases, rate, wide) == pytest.approx(law.cdf(hits), abs=1e-9)
    assert law.var() == pytest.approx(cases * rate * (1 - rate) * (1 + (cases - 1) * wide))


@pytest.mark.parametrize("k", [0, 2, 5, 12, 30])
def test_a_few_of_very_many_are_added_up_too(k):
    """The beta behind them knows nothing of counts: at most 2 where 10 are expected is four times as likely."""
    cases, rate, wide = 200_000, 0.00005, 0.00002
    size = (1 - wide) / wide
    law = betabinom(cases, rate * size, (1 - rate) * size)
    fewer, more = law.cdf(k), law.sf(k - 1)
    assert rates.tail_fewer(k, cases, rate, wide) == pytest.approx(fewer, rel=1e-6)
    assert rates.tail_more(k, cases, rate, wide) == pytest.approx(more, rel=1e-6)
    assert rates.tail_more(cases - k, cases, 1 - rate, wide) == pytest.approx(fewer, rel=1e-6)
    assert rates.tail_fewer(cases - k, cases, 1 - rate, wide) == pytest.approx(more, rel=1e-6)


def test_very_many_cases_follow_the_beta_behind_them():
    found = rates.tail_more([60_000], [200_000], [0.2], [0.01])[0]
    assert found == pytest.approx(beta.sf(0.3, 0.2 * 99, 0.8 * 99), rel=0.05)
    size = (1 - 0.3) / 0.3  # weeks that differ much: little is left of the many cases
    law, hits = betabinom(200_000, 0.2 * size, 0.8 * size), np.array([20_000, 60_000, 150_000])
    assert rates.tail_more(hits, 200_000, 0.2, 0.3) == pytest.approx(law.sf(hits - 1), rel=1e-3)
    assert rates.tail_fewer(hits, 200_000, 0.2, 0.3) == pytest.approx(law.cdf(hits), rel=1e-3)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 300), st.floats(0.01, 0.99), st.sampled_from([0.0, 0.01, 0.2]), st.floats(1e-6, 0.2))
def test_the_bar_is_where_the_tail_turns(cases, rate, wide, bar):
    most = rates.most_that_exceed([bar], [cases], [rate], [wide])[0]
    fewest = rates.fewest_that_exceed([bar], [cases], [rate], [wide])[0]
    if fewest <= cases:
        assert rates.tail_more([fewest], [cases], [rate], [wide])[0] <= bar
    assert rates.tail_more([fewest - 1], [cases], [rate], [wide])[0] > bar
    if most >= 0:
        assert rates.tail_fewer([most], [cases], [rate], [wide])[0] <= bar
    assert rates.tail_fewer([most + 1], [cases], [rate], [wide])[0] > bar


def test_weeks_that_are_alike_have_hardly_ever_a_spread():
    random = np.random.default_rng(1)
    found = [rates.spread(random.binomial(150, 0.05, 20), [150] * 20) for _round in range(300)]
    assert np.mean([wide > 0 for wide in found]) <= 0.05


@pytest.mark.parametrize("wide", [0.01, 0.05])
def test_the_spread_of_weeks_is_bounded_from_above(wide):
    random, size = np.random.default_rng(2), (1 - wide) / wide
    found = [
        rates.spread(random.binomial(300, random.beta(0.2 * size, 0.8 * size, 26)), [300] * 26) for _round in range(200)
    ]
    assert np.mean([own >= wide for own in found]) >= 0.8
    assert np.median(found) <= 2 * wide


def test_fewer_than_eight_weeks_or_one_outcome_only_say_nothing():
    assert rates.spread([0, 100] * 3, [100] * 6) == 0
    assert rates.spread([0] * 20, [100] * 20) == 0 == rates.spread([100] * 20, [100] * 20)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(0.001, 0.999), st.floats(1.1, 3))
def test_yes_and_no_are_tolerated_alike(rate, ratio):
    low, high = rates.tolerated(rate, rate, ratio)
    assert low <= rate <= high
    other = rates.tolerated(1 - rate, 1 - rate, ratio)
    assert (1 - other[1], 1 - other[0]) == pytest.approx((low, high), abs=1e-9)


# Ratios of what a reference may be
def averaged(hits, rows, known, of, *, more):
    """The tail of a binomial within a ratio of 1.5, averaged over the beta of the reference's rate, in small steps."""
    law = beta(known + 1, of - known) if more else beta(known, of - known + 1)
    rates_ = np.linspace(law.ppf(1e-13), law.isf(1e-13), 4001)
    low, high = np.maximum(rates_ / 1.5, 1 - 1.5 * (1 - rates_)), np.minimum(1.5 * rates_, 1 - (1 - rates_) / 1.5)
    tails = binom.sf(hits - 1, rows, high) if more else binom.cdf(hits, rows, low)
    return float(np.trapezoid(tails * law.pdf(rates_), rates_))


def tail_beyond(hits, rows, known, of, *, more):
    rate, wide = rates.beyond_ratio(known, of, 1.5, more=more)
    return float((rates.tail_more if more else rates.tail_fewer)([hits], [rows], [rate], [wide])[0])


@pytest.mark.parametrize(
    ("hits", "rows", "known", "of", "more"),
    [
        (45, 1500, 50, 5000, True),
        (3, 300, 0, 5000, True),
        (115, 300, 1560, 7800, True),
        (290, 300, 4500, 5000, True),
        (0, 780, 160, 5000, False),
        (60, 300, 2000, 5000, False),
        (1480, 1500, 4980, 5000, False),
    ],
)
def test_a_ratio_is_held_against_every_rate_that_the_reference_may_have(hits, rows, known, of, more):
    found = tail_beyond(hits, rows, known, of, more=more)
    assert found == pytest.approx(averaged(hits, rows, known, of, more=more), rel=0.01)


@pytest.mark.parametrize(("hits", "rows", "known", "of"), [(9, 30_000, 20, 200_000), (3, 10_000, 0, 100_000)])
def test_of_rare_hits_it_is_the_exact_conditional_test_of_two_counts(hits, rows, known, of):
    """Which of all hits came in the window is binomial, whatever their rate (Przyborowski and Wilenski)."""
    conditional = binom.sf(hits - 1, hits + known, 1.5 * rows / (1.5 * rows + of))
    assert tail_beyond(hits, rows, known, of, more=True) == pytest.approx(conditional, rel=0.02)


@pytest.mark.parametrize(
    ("rate", "of", "rows"), [(0.01, 1000, 300), (0.2, 1000, 1000), (0.4, 1000, 1000), (0.6, 1000, 300)]
)
@pytest.mark.parametrize("more", [True, False])
def test_at_the_edge_of_what_is_tolerated_the_level_is_kept(rate, of, rows, more):
    """By adding up all references and windows that there can be: the test errs on the level at most, both ways."""
    level, total = 0.0025, 0.0
    low, high = rates.tolerated(rate, rate, 1.5)
    known = np.arange(of + 1)
    chances = binom.pmf(known, of, rate)
    for hits in known[chances > 1e-9].tolist():
        edge, wide = rates.beyond_ratio(hits, of, 1.5, more=more)
        if more:
            beyond = binom.sf(rates.fewest_that_exceed([level], [rows], [edge], [wide])[0] - 1, rows, high)
        else:
            beyond = binom.cdf(rates.most_that_exceed([level], [rows], [edge], [wide])[0], rows, low)
        total += chances[hits] * beyond
    assert total <= level * 1.02


def test_what_weeks_differ_by_adds_to_what_is_not_known_of_the_reference():
    rate, wide = rates.beyond_ratio(1000, 5000, 1.5, 0.01, more=True)
    assert (rate, wide) == pytest.approx((0.3, 0.01 + 2.25 * 0.16 / 5000 / 0.21), rel=1e-2)
    assert rates.beyond_ratio(5000, 5000, 1.5, 0.01, more=True) == (1.0, 0.0)


def test_weeks_of_one_row_say_nothing_of_how_weeks_differ_and_those_of_two_do():
    assert rates.spread([0, 1] * 20, [1] * 40) == 0
    assert rates.spread([0, 2] * 20, [2] * 40) == 0.95
    assert rates.spread([0, 100] * 20, [100] * 40) == 0.95


def test_the_ends_of_a_beta_binomial():
    cases, rate, wide = 20, 0.3, 0.1
    assert rates.tail_more([0, -1, 21], cases, rate, wide).tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert rates.tail_fewer([20, 25, -1], cases, rate, wide).tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert rates.fewest_that_exceed([1e-30], [cases], [rate], [wide]).tolist() == [21]
    assert rates.most_that_exceed([1e-30], [cases], [rate], [wide]).tolist() == [-1]
    assert rates.fewest_that_exceed([1.0 + 1e-9], [cases], [rate], [wide]).tolist() == [0]
    assert rates.most_that_exceed([1 - 1e-12], [cases], [rate], [wide])[0] >= 19
    assert rates._first(lambda k: k >= 0, 5) == 0 and rates._first(lambda k: k >= 4, 5) == 4
    assert rates._first(lambda k: False, 5) == 5


def test_of_very_many_hits_the_beta_has_the_mean_and_the_variance_of_the_counts():
    cases, rate, wide = 400_000, 0.4, 1e-6
    size = 1 / (wide + (1 - wide) / cases) - 1
    law = beta(rate * size, (1 - rate) * size)
    assert law.var() * cases**2 == pytest.approx(cases * rate * (1 - rate) * (1 + (cases - 1) * wide))
    for hits in (159_000, 160_000, 160_800):
        assert rates.tail_more([hits], [cases], [rate], [wide])[0] == pytest.approx(law.sf((hits - 0.5) / cases))
        assert rates.tail_fewer([hits], [cases], [rate], [wide])[0] == pytest.approx(law.cdf((hits + 0.5) / cases))


def test_weeks_of_which_each_differs_by_hand():
    hits, cases = np.array([10, 30] * 5), np.array([100] * 10)
    squares = np.sum((hits - 20) ** 2 / 100) / (0.2 * 0.8)
    bound = squares / chi2.isf(rates.SURE, 9)
    assert rates.spread(hits, cases) == pytest.approx((bound - 1) / ((1000 - 100) / 9 - 1))
    lopsided = np.array([50, 150] * 5)
    usual = (1000 - np.sum(lopsided**2) / 1000) / 9
    found = rates.spread([20, 10] * 5, lopsided)
    share = 150 / 1000
    squares = np.sum((np.array([20, 10] * 5) - lopsided * share) ** 2 / lopsided) / (share * (1 - share))
    assert found == pytest.approx((squares / chi2.isf(rates.SURE, 9) - 1) / (usual - 1))
    assert rates.spread(hits[:7], cases[:7]) == 0.0 and rates.spread(hits[:8], cases[:8]) > 0
    assert rates.spread([0] * 9, [100] * 9) == rates.spread([100] * 9, [100] * 9) == rates.spread([], []) == 0.0
    assert rates.spread([1] * 9, [1] * 9) == 0.0  # of single rows nothing can be said
    assert rates.spread([0, 2] * 9, [2] * 18) == 0.95


@pytest.mark.parametrize(("hits", "more"), [(50, True), (50, False), (980, True), (980, False), (500, True)])
def test_what_is_beyond_a_ratio_by_hand(hits, more):
    above, below = (hits + 1, 1000 - hits) if more else (hits, 1001 - hits)
    mean, variance = beta(above, below).stats()
    known = rates.tolerated(mean, mean, 1.5)[more]
    step = 1e-6
    slope = (rates.tolerated(mean + step, mean + step, 1.5)[more] - known) / step
    rate, wide = rates.beyond_ratio(hits, 1000, 1.5, 0.01, more=more)
    assert rate == pytest.approx(known)
    assert wide == pytest.approx(0.01 + slope**2 * variance / (known * (1 - known)), rel=1e-4)
    assert rates.beyond_ratio(1, 2, 1.5, 0.94, more=True)[1] == 0.95
