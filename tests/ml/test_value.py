"""What changed: known values, intervals that hold as often as they say, and nothing said of too little."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from odoo.addons.ai_deployment.ml.value import (
    LEAST,
    LEAST_PAID,
    MEAN,
    SHARE,
    Change,
    Moments,
    added,
    change,
    enough,
    interval,
    mean_change,
    other_season,
    scaled,
    seasonal,
    share_change,
)


def moments(values):
    values = np.asarray(values, dtype=float)
    return Moments.of(len(values), float(values.sum()), float((values**2).sum()), int((values != 0).sum()))


# Known values
@pytest.mark.parametrize(
    ("first", "of_first", "second", "of_second", "low", "high"),
    [  # Newcombe 1998, Table II, method 10: the intervals of first minus second
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombes_own_table(first, of_first, second, of_second, low, high):
    found = share_change(Moments(of_second, second / of_second), Moments(of_first, first / of_first))
    assert found.estimate == pytest.approx(first / of_first - second / of_second)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_welch_is_what_scipy_says():
    rng = np.random.default_rng(1)
    before, after = rng.normal(10, 3, 40), rng.normal(12, 6, 90)
    known = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    unpaid = [moments(values)._replace(nonzero=0) for values in (before, after)]  # nothing is known of how it is spread
    found = mean_change(*unpaid)
    assert (found.low, found.high) == (pytest.approx(known.low), pytest.approx(known.high))
    money, width = mean_change(moments(before), moments(after)), known.high - known.low
    assert known.low - 0.06 * width < money.low <= known.low and known.high <= money.high < known.high + 0.06 * width


def test_one_mean_is_what_scipy_says_and_reaches_further_up():
    values = np.random.default_rng(2).exponential(5, 50)
    known = stats.t.interval(0.95, 49, values.mean(), values.std(ddof=1) / math.sqrt(50))
    found = interval(moments(values), MEAN)
    assert found.low == pytest.approx(known[0]) and known[1] < found.high < 1.08 * known[1]
    known = stats.binomtest(10, 100).proportion_ci(0.95, method="exact")
    assert interval(Moments(100, 0.1), SHARE).high == pytest.approx(known.high)


def test_how_far_up_a_mean_of_few_amounts_reaches_by_hand():
    """Of 40 records 5 are 100 to 300: log amounts have the variance of a lognormal with their first two moments."""
    amounts = np.array([100.0, 150, 200, 250, 300] + [0] * 35)
    mean, deviation = amounts.mean(), amounts.std(ddof=1)
    paid = amounts[amounts > 0]
    spread = math.log((paid**2).mean() / paid.mean() ** 2)
    log_error = math.sqrt((deviation / math.sqrt(40) / mean) ** 2 + spread**2 / 4)
    high = mean * math.exp(stats.t.ppf(0.975, 4) * log_error)
    assert log_error < 1 and interval(moments(amounts), MEAN).high == pytest.approx(high)


def test_two_amounts_on_the_smaller_side_are_enough_to_reach_further():
    before, after = moments([50.0, 70.0] + [0.0] * 30), moments([40.0] * 20 + [90.0] * 20)
    unpaid = mean_change(before._replace(nonzero=0), after._replace(nonzero=0))
    one = mean_change(before._replace(nonzero=1), after)
    two = mean_change(before, after)
    assert (one.low, one.high) == (unpaid.low, unpaid.high) and two.low < unpaid.low


@pytest.mark.parametrize(("rows", "paid", "spread"), [(60, 1.0, 1.0), (300, 0.2, 1.0), (1000, 0.05, 1.0)])
def test_the_interval_of_a_mean_of_few_large_amounts_holds_it(rows, paid, spread):
    random, held, rounds = np.random.default_rng(9), [], 1500
    for _round in range(rounds):
        amounts = np.exp(random.normal(0, spread, rows)) * (random.random(rows) < paid)
        found = interval(moments(amounts), MEAN)
        held.append(found.low <= paid * math.exp(spread**2 / 2) <= found.high)
    assert np.mean(held) >= 0.93 - 3 * math.sqrt(0.07 * 0.93 / rounds)


def test_moments_are_those_of_numpy():
    values = np.random.default_rng(3).lognormal(5, 1, 200)
    found = moments(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.deviation == pytest.approx(values.std(ddof=1))


def test_two_constant_periods_differ_exactly():
    assert mean_change(Moments(40, 3.0, 0.0, 40), Moments(50, 5.0, 0.0, 50)) == Change(2.0, 2.0, 2.0)


def test_a_sum_of_one_is_itself_and_costs_only_move_it():
    one = Change(10.0, 4.0, 20.0)
    assert added([one]) == one
    assert added([one], fixed=-3) == Change(7.0, 1.0, 17.0)
    assert added([], fixed=-3) == Change(-3, -3, -3)


# Nothing is said of too little
def test_too_few_records_say_nothing():
    few, many = Moments(LEAST - 1, 0.5), Moments(1000, 0.5)
    assert change(few, many, SHARE) is None
    assert change(many, few, SHARE) is None
    assert change(many, many, SHARE) is not None
    assert change(Moments.of(0, 0, 0), many, SHARE) is None


def test_a_mean_of_a_handful_of_amounts_says_nothing():
    assert not enough(Moments(1000, 12.0, 300.0, LEAST_PAID - 1), MEAN)
    assert enough(Moments(1000, 12.0, 300.0, LEAST_PAID), MEAN)
    # a share of few hits is a share all the same: its interval knows
    assert enough(Moments(1000, 0.002, 0.04, 2), SHARE)


def test_one_record_has_no_deviation():
    assert math.isnan(Moments.of(1, 5.0, 25.0).deviation)
    assert not enough(Moments.of(1, 5.0, 25.0), MEAN)


# Properties
counts = st.integers(LEAST, 5000)


@settings(deadline=None)
@given(counts, counts, st.data())
def test_the_interval_holds_the_estimate_and_stays_in_reach(n_before, n_after, data):
    before = Moments(n_before, data.draw(st.integers(0, n_before)) / n_before)
    after = Moments(n_after, data.draw(st.integers(0, n_after)) / n_after)
    found = share_change(before, after)
    assert -1 - 1e-9 <= found.low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.high <= 1 + 1e-9
    back = share_change(after, before)
    assert (back.low, back.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-1e3, 1e3))
def test_another_unit_keeps_the_order(estimate, down, up, factor):
    found = scaled(Change(estimate, estimate - down, estimate + up), factor)
    assert found.low <= found.estimate + 1e-6
    assert found.estimate <= found.high + 1e-6


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 1e5), st.floats(0, 1e5)), max_size=6))
def test_a_sum_is_surer_than_its_parts_added_end_to_end(parts):
    changes = [Change(estimate, estimate - down, estimate + up) for estimate, down, up in parts]
    found = added(changes)
    assert found.low >= sum(one.low for one in changes) - 1e-3
    assert found.high <= sum(one.high for one in changes) + 1e-3


# As often as they say: printed in the docstring of the module that uses them, bounded here from the sample
def coverage(draw, truth, kind, runs=2000):
    rng = np.random.default_rng(7)
    said = held = 0
    for _run in range(runs):
        found = change(moments(draw(rng, False)), moments(draw(rng, True)), kind)
        if found:
            said += 1
            held += found.low <= truth <= found.high
    return held / said


@pytest.mark.parametrize(("p", "q", "n"), [(0.2, 0.2, 60), (0.05, 0.08, 200), (0.3, 0.5, 40), (0.01, 0.01, 300)])
def test_shares_hold_as_often_as_they_say(p, q, n):
    found = coverage(lambda rng, after: rng.random(n) < (q if after else p), q - p, SHARE)
    assert found > 0.935


def test_revenue_of_few_winners_holds_about_as_often_as_it_says():
    """One lead in five is won, at amounts that differ a hundredfold: the hardest case that is still answered."""

    def draw(rng, after):
        return (rng.random(400) < 0.2) * rng.lognormal(8, 1, 400)

    assert coverage(draw, 0.0, MEAN) > 0.93


def test_no_difference_is_rarely_called_one():
    def draw(rng, after):
        return (rng.random(300) < 0.1) * rng.lognormal(6, 1.2, 300)

    assert coverage(draw, 0.0, MEAN) > 0.93


def test_half_a_year_before_and_half_a_year_after_is_not_surely_better_because_of_a_season():
    """Nothing changed but the time of the year: three points either way, 2,000 records a half."""
    random, sure, plain = np.random.default_rng(5), 0, 0
    halves = (date(2025, 1, 1), date(2025, 6, 30)), (date(2025, 7, 1), date(2025, 12, 31))
    for _round in range(200):
        before, after = (Moments(2000, random.binomial(2000, share) / 2000) for share in (0.2 - 0.02, 0.2 + 0.02))
        found = change(before, after, SHARE)
        plain += found.low > 0
        sure += seasonal(found, SHARE, before.mean, other_season(*halves)).low > 0
    assert plain > 150 and sure <= 2


def test_the_same_months_of_two_years_have_no_season_between_them():
    one, two = (date(2025, 3, 1), date(2025, 5, 31)), (date(2026, 3, 1), date(2026, 5, 31))
    assert other_season(one, two) == 0
    found = change(Moments(2000, 0.2), Moments(2000, 0.24), SHARE)
    assert seasonal(found, SHARE, 0.2, 0.0).low == pytest.approx(found.low)
    assert found.low > 0, "what changed between like months may be called so"


def test_a_change_between_a_long_and_a_short_period_of_few_large_amounts_holds_it():
    """Welch's interval alone: .86 of 400. Orders of one in five leads, e^8 on average, before and after alike."""
    random, held = np.random.default_rng(17), []
    for _round in range(400):
        paid = [np.where(random.random(n) < 0.2, np.exp(random.normal(8, 1.3, n)), 0.0) for n in (1000, 100)]
        before, after = map(moments, paid)
        if enough(after, MEAN):
            found = mean_change(before, after)
            held.append(found.low <= 0 <= found.high)
    assert 0.92 < np.mean(held) < 0.99


def test_money_that_is_lost_has_the_interval_of_money_that_is_won():
    won = np.where(np.arange(100) % 5, 0.0, np.exp(np.random.default_rng(3).normal(6, 1, 100)))
    up, down = interval(moments(won), MEAN), interval(moments(-won), MEAN)
    assert (down.low, down.high) == pytest.approx((-up.high, -up.low))


@pytest.mark.parametrize(
    ("one", "two", "season"),
    [
        # 41 days of which 31 lie in January, against February alone
        ((date(2025, 1, 1), date(2025, 2, 10)), (date(2025, 2, 1), date(2025, 2, 28)), 31 / 41),
        ((date(2025, 12, 1), date(2026, 1, 31)), (date(2025, 1, 1), date(2025, 1, 31)), 0.5),
        ((date(2025, 5, 7), date(2025, 5, 7)), (date(2026, 5, 1), date(2026, 5, 31)), 0.0),
        ((date(2025, 1, 1), date(2025, 3, 31)), (date(2025, 3, 31), date(2025, 4, 1)), 1 - 31 / 90),
    ],
)
def test_the_season_between_two_periods_is_the_share_of_days_in_other_months(one, two, season):
    assert other_season(one, two) == pytest.approx(season) == other_season(two, one)


def test_the_interval_of_a_mean_by_hand():
    """40 records, 10 of them paid alike: no spread of the amounts, so that the logarithm's error is the mean's own."""
    few = Moments(40, 25.0, 44.0, 10)
    error = 44.0 / math.sqrt(40)
    reach = stats.t.ppf(0.975, 39) * error
    squares = 44.0**2 * 39 + 40 * 25.0**2
    spread = math.log(squares * 10 / (40 * 25.0) ** 2)
    assert spread > 0
    farther = 25 * math.exp(stats.t.ppf(0.975, 9) * math.sqrt((error / 25) ** 2 + spread**2 / 9))
    found = interval(few, MEAN)
    assert (found.estimate, found.low, found.high) == pytest.approx((25.0, 25 - reach, farther))
    assert farther > 25 + reach
    for unpaid in (0, 1):  # of one amount nothing is known of how amounts differ
        found = interval(few._replace(nonzero=unpaid), MEAN)
        assert (found.low, found.high) == pytest.approx((25 - reach, 25 + reach))
    two = interval(few._replace(nonzero=2), MEAN)
    assert two.high > 25 + reach
    nothing = interval(Moments(40, 0.0, 44.0, 10), MEAN)
    assert (nothing.low, nothing.high) == pytest.approx((-reach, reach))


def test_the_change_of_a_mean_reaches_as_far_as_both_means_do():
    """MOVER by hand: its ends are those of the means' own intervals, added as if at right angles."""
    before, after = Moments(40, 25.0, 44.0, 10), Moments(60, 30.0, 20.0, 55)
    one, two = interval(before, MEAN), interval(after, MEAN)
    found = mean_change(before, after)
    assert found.estimate == pytest.approx(5.0)
    assert found.low == pytest.approx(5 - math.hypot(30 - two.low, one.high - 25))
    welch = stats.ttest_ind_from_stats(30.0, 20.0, 60, 25.0, 44.0, 40, equal_var=False)
    freedom = (44**2 / 40 + 20**2 / 60) ** 2 / ((44**2 / 40) ** 2 / 39 + (20**2 / 60) ** 2 / 59)
    reach = stats.t.ppf(0.975, freedom) * 5 / welch.statistic
    assert found.high == pytest.approx(max(5 + reach, 5 + math.hypot(two.high - 30, 25 - one.low)))
    assert mean_change(before._replace(nonzero=1), after).low == pytest.approx(5 - reach)
    still = Moments(40, 25.0, 0.0, 40)
    assert mean_change(still, still._replace(mean=30.0)) == Change(5.0, 5.0, 5.0)


def test_enough_is_asked_of_records_and_of_those_that_are_paid():
    assert enough(Moments(LEAST, 0.2), SHARE) and not enough(Moments(LEAST - 1, 0.2), SHARE)
    assert not enough(Moments(LEAST, math.nan), SHARE)
    assert enough(Moments(LEAST, 9.0, 3.0, LEAST_PAID), MEAN)
    assert not enough(Moments(LEAST, 9.0, 3.0, LEAST_PAID - 1), MEAN)


def test_a_season_widens_a_share_by_points_and_a_mean_by_a_part_of_it():
    one = Change(10.0, 8.0, 12.0)
    assert seasonal(one, MEAN, -50.0, 0.5) == Change(10.0, 3.0, 17.0)
    assert seasonal(Change(0.1, 0.0, 0.2), SHARE, 0.4, 1.0) == Change(0.1, -0.06, 0.26)
