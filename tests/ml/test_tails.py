import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pinning import assert_same, golden

from odoo.addons.ai_deployment.ml import tails
from odoo.addons.ai_deployment.ml.binning import ABOVE, BELOW, FIRST, MISSING, NumericBins
from odoo.addons.ai_deployment.ml.tails import STEP, STEPS, extended

numbers = st.floats(-1e9, 1e9) | st.integers(-50, 50).map(float) | st.just(math.nan)


def far(values, max_bins=20):
    return extended(NumericBins.fit(values, max_bins, spacing="tails"), values)


@given(st.lists(numbers, min_size=1, max_size=60))
def test_what_was_seen_keeps_its_bin_and_nothing_seen_is_beyond(values):
    plain = NumericBins.fit(values, 20, spacing="tails")
    bins = extended(plain, values)
    values = np.asarray(values)
    known = np.isfinite(values)
    assert not np.isin(bins.codes(values[known]), bins.beyond).any()
    assert (bins.codes(values[known]) - plain.codes(values[known]) == bins.tails[0]).all()
    assert (bins.codes(values[~known]) == MISSING).all()
    assert NumericBins.from_dict(bins.to_dict()).to_dict() == bins.to_dict()


@given(st.lists(numbers, min_size=1, max_size=60), st.floats(-1e12, 1e12))
def test_farther_out_is_never_nearer(values, value):
    bins = far(values)
    if bins.low is not None:
        order = {code: place for place, code in enumerate([BELOW, *range(FIRST, bins.size), ABOVE])}
        one, two = bins.codes(np.array([value, value + 1 + abs(value)]))
        assert order[one] <= order[two]


def test_steps_follow_how_the_outermost_rows_fall_off():
    """The share of fresh rows beyond a step is about that of the step, for a power and for a bell."""
    random = np.random.default_rng(2)
    for draw in (lambda n: random.pareto(2.0, n) + 1, lambda n: random.normal(50, 10, n)):
        beyond = np.zeros(STEPS + 1)
        for _world in range(200):
            bins = far(draw(400))
            codes = bins.codes(draw(4000))
            above = [*range(bins.size - STEPS, bins.size), ABOVE]
            beyond += [np.isin(codes, above[place:]).mean() / 200 for place in range(STEPS + 1)]
        assert beyond[0] <= 1.5 / 401
        for place in range(1, STEPS + 1):
            assert beyond[place] <= 2.5 / 401 / STEP**place


def test_a_number_that_grows_reaches_as_far_as_it_grew():
    values = np.arange(1.0, 1001)
    bins = far(values)
    assert bins.high > 1500 and bins.codes(np.array([1200.0]))[0] not in (ABOVE, bins.size - 1)


def test_neighbours_that_reach_beyond_the_range_are_told_by_their_other_end():
    bins = NumericBins(-8, 30, [0, 2, 5, 10], tails=(1, 1))
    first, last = 3, bins.size - 1  # -8 to 0, and 10 to 30
    assert [bins.span(first, last - 1), bins.span(first, first + 1)] == ["under 10", "under 2"]
    assert [bins.span(first + 1, last), bins.span(last - 1, last)] == ["over 0", "over 5"]
    assert bins.span(first + 1, last - 1) == "0 to 10"
    assert bins.span(first, last) == "-8 to 30"
    assert NumericBins(0, 9, [3, 6]).span(3, 5) == "0 to 9", "nothing lies beyond"


def test_a_share_that_was_never_under_zero_is_not_told_as_if_it_had_been():
    bins = NumericBins(-8, 30, [-0.006, 0.02, 5, 10], tails=(1, 1))
    assert [bins.label(4), bins.span(4, 5)] == ["under 0.02", "under 5"]
    assert NumericBins(-8, 30, [-5, -2, 5], tails=(1, 1)).label(4) == "-5 to -2", "a number that does go under 0"


def test_a_number_that_was_always_the_same_ends_just_beside_it():
    bins = far([1.0] * 50)
    assert bins.codes(np.array([1.0, 2, 1000, 0])).tolist() == [
        FIRST + STEPS,
        FIRST + STEPS + 1,
        ABOVE,
        FIRST + STEPS - 1,
    ]
    assert bins.label(FIRST + STEPS) == "1"
    told = {bins.label(code) for code in bins.beyond}
    assert {text.split()[0] for text in told} == {"under", "over"}, "no step beyond is told as a span"
    assert len(told) == 2


def test_amounts_of_one_sign_keep_it():
    bins = far(np.random.default_rng(1).lognormal(5, 1, 500))
    assert bins.low > 0 and bins.codes(np.array([0.0, -5.0])).tolist() == [BELOW, BELOW]


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
def test_without_a_number_nothing_lies_beyond(values):
    assert far(values).tails == (0, 0)


def test_numbers_too_large_to_go_on_end_where_they_end():
    assert far([1.7e308, -1.7e308, 0.0]).tails == (0, 0)


# Cuts by hand
def exact_cuts(monkeypatch, values, whole):
    """The (ideal, farthest) places of cuts, before they are rounded to numbers that people use."""
    monkeypatch.setattr(tails, "round_between", lambda *given: given)
    return tails._cuts(values, whole)


def test_a_bell_goes_on_by_the_mean_excess_of_its_outermost_rows(monkeypatch):
    """40 rows, of which the outermost 13 are, as 2 √40 = 12.6: their mean excess over the 27th is 7."""
    values = 9 - np.arange(40.0)
    reach = 13 * 7 * (STEP ** (np.arange(1, 4) / 13) - 1)
    far = 9 + reach
    ideal, limits = exact_cuts(monkeypatch, values, False)
    assert ideal == pytest.approx(np.r_[9.0, (9 + far[0]) / 2, (far[:-1] + far[1:]) / 2])
    assert limits == pytest.approx(np.r_[9 + 0.1 * reach[0], far])


@pytest.mark.parametrize(
    ("values", "whole", "known"),
    [
        (
            np.exp(golden(50) * 3),
            False,
            {
                "above": [18.8429962, 38.259536, 133.083202, 560.421988],
                "beyond": [22.7263042, 57.6760759, 208.490327, 912.353649],
                "below": [-1.0, -0.681684932, -0.23847762, -0.0717264532],
                "farther": [-0.936336986, -0.363369864, -0.113585376, -0.0298675309],
            },
        ),
        (
            -np.exp(golden(50) * 3),
            False,
            {
                "above": [-1.0, -0.681684932, -0.23847762, -0.0717264532],
                "beyond": [-0.936336986, -0.363369864, -0.113585376, -0.0298675309],
                "below": [18.8429962, 38.259536, 133.083202, 560.421988],
                "farther": [22.7263042, 57.6760759, 208.490327, 912.353649],
            },
        ),
        (
            np.floor(golden(50) * 40) - 12,
            True,
            {
                "above": [27.0, 45.0002693, 114.870856, 338.385769],
                "beyond": [30.6000539, 63.0005385, 166.741174, 510.030364],
                "below": [12.0, 375.602649, 42386.7992, 9698013.4],
                "farther": [84.7205299, 739.205299, 84034.393, 19311992.4],
            },
        ),
        (
            np.floor(golden(50) * 40) + 2,
            True,
            {
                "above": [41.0, 53.3786348, 89.4479127, 162.078584],
                "beyond": [43.475727, 65.7572697, 113.138556, 211.018612],
                "below": [-2.0, 4.98882268, 20.0056945, 37.2555504],
                "farther": [-0.602235463, 11.9776454, 28.0337436, 46.4773573],
            },
        ),
        (
            np.full(9, 7.0),
            False,
            {
                "above": [7.0, 7.18523621, 7.67009805, 8.47095944],
                "beyond": [7.03704724, 7.37047243, 7.96972366, 8.97219521],
                "below": [-7.0, -6.82407457, -6.39820876, -5.80479257],
                "farther": [-6.96481491, -6.64814915, -6.14826838, -5.46131675],
            },
        ),
        (
            np.full(9, -7.0),
            True,
            {
                "above": [-7.0, -5.71070858, -2.46721681, 2.44899741],
                "beyond": [-6.74214172, -4.42141717, -0.51301645, 5.41101127],
                "below": [7.0, 8.438614, 13.261249, 26.6798482],
                "farther": [7.2877228, 9.877228, 16.6452701, 36.7144264],
            },
        ),
        (
            np.r_[np.arange(20.0), 20 + np.arange(20.0) * 3],
            False,
            {
                "above": [77.0, 941.940227, 37551.8424, 2862582.83],
                "beyond": [249.988045, 1806.88045, 73296.8044, 5651868.85],
                "below": [-0.0, 7.89245093, 25.046381, 45.1758396],
                "farther": [1.57849019, 15.7849019, 34.3078601, 56.0438191],
            },
        ),
        (
            np.r_[np.arange(30.0) % 20, 21, 22, 23, 24] - 9.5,
            False,
            {
                "above": [14.5, 273.014598, 19523.5475, 3157318.42],
                "beyond": [66.2029196, 531.529196, 38515.5658, 6276121.28],
                "below": [9.5, 26.0896477, 148.730229, 1193.74769],
                "farther": [12.8179295, 42.6792954, 254.781162, 2132.71421],
            },
        ),
        (
            np.array([3.0, 5.0]),
            False,
            {
                "above": [5.0, 91.8061271, 236816105000000.0, 5.78963337e113],
                "beyond": [22.3612254, 178.612254, 473632211000000.0, 1.15792667e114],
                "below": [-3.0, -1.5419904, -0.0419904, -1.58350717e-14],
                "farther": [-2.70839808, -0.0839808, -3.16701433e-14, -1.29541882e-113],
            },
        ),
        (
            np.zeros(30),
            False,
            {
                "above": [0.0, 2.28898389e-11, 7.34326505e-11, 1.34492888e-10],
                "beyond": [4.57796778e-12, 4.57796778e-11, 1.01085623e-10, 1.67900152e-10],
                "below": [-0.0, 2.28898389e-11, 7.34326505e-11, 1.34492888e-10],
                "farther": [4.57796778e-12, 4.57796778e-11, 1.01085623e-10, 1.67900152e-10],
            },
        ),
    ],
)
def test_the_cuts_of_a_few_numbers_are_the_same_as_ever(monkeypatch, values, whole, known):
    """See `pinning`: powers of either sign, numbers around 0, whole ones, ones that never vary, and ones that grow."""
    (above, beyond), (below, farther) = (exact_cuts(monkeypatch, own, whole) for own in (values, -values))
    found = {"above": above, "beyond": beyond, "below": below, "farther": farther}
    assert_same({name: own.tolist() for name, own in found.items()}, known)
