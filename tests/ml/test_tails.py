import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
