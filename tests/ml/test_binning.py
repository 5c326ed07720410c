import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import assert_same, checksum, golden

from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    BELOW,
    FIRST,
    MAX_BINS,
    MISSING,
    OTHER,
    UNSEEN,
    CategoryBins,
    NumericBins,
    bins_from_dict,
    few_digits,
    number_text,
)

numbers = st.lists(st.one_of(st.floats(), st.integers(-5, 5).map(float)), min_size=1, max_size=200)


def levels(*values):
    return np.array(values, dtype=object)


def by_hand(bins, value):
    """The code of one value, by the definition."""
    if math.isnan(value):
        return MISSING
    if bins.low is None or value < bins.low:
        return BELOW
    if value > bins.high:
        return ABOVE
    return FIRST + sum(value >= edge for edge in bins.edges)


@settings(deadline=None, max_examples=150)
@given(numbers, st.integers(1, 30), st.lists(st.floats(), max_size=20), st.sampled_from(["even", "tails"]))
def test_codes_are_what_the_definition_says(values, most, others, spacing):
    bins = NumericBins.fit(values, most, spacing=spacing)
    assert 0 <= bins.intervals <= most
    probes = np.array([*values, *others, *bins.edges], dtype=float)
    codes = bins.codes(probes)
    assert codes.dtype == np.uint8 and codes.max(initial=0) < bins.size
    assert codes.tolist() == [by_hand(bins, value) for value in probes.tolist()]


@settings(deadline=None, max_examples=100)
@given(numbers, st.integers(1, 30))
def test_every_interval_holds_a_training_value_and_labels_differ(values, most):
    bins = NumericBins.fit(values, most)
    counts = np.bincount(bins.codes(np.array(values)), minlength=bins.size)
    assert (counts[FIRST:] > 0).all()
    assert list(bins.edges) == sorted(set(bins.edges))
    assert all(bins.label(code) for code in range(bins.size))


@settings(deadline=None, max_examples=100)
@given(numbers, st.integers(1, 30))
def test_numbers_survive_json_bit_for_bit(values, most):
    bins = NumericBins.fit(values, most)
    twin = bins_from_dict(json.loads(json.dumps(bins.to_dict())))
    assert twin.to_dict() == bins.to_dict()
    assert (twin.codes(np.array(values)) == bins.codes(np.array(values))).all()


def test_bins_hold_about_equal_counts():
    bins = NumericBins.fit(np.random.default_rng(0).lognormal(size=10_000), 20)
    counts = np.bincount(bins.codes(np.random.default_rng(0).lognormal(size=10_000)))[FIRST:]
    assert len(counts) == 20 and counts.min() > 400 and counts.max() < 600


def test_a_value_that_repeats_often_gets_a_bin_of_its_own():
    values = np.concatenate([np.zeros(640), np.random.default_rng(0).uniform(1, 9, 360)])
    bins = NumericBins.fit(values, 10)
    counts = np.bincount(bins.codes(values), minlength=bins.size)
    assert counts[FIRST] == 640 and bins.intervals >= 4


def test_few_distinct_values_get_one_bin_each_whatever_their_counts():
    bins = NumericBins.fit([1] * 1000 + [2] + [3] * 5, 10)
    assert bins.intervals == 3 and [bins.label(c) for c in range(FIRST, 6)] == ["1", "2", "3"]


def test_infinities_lie_beyond_the_training_range_and_do_not_stretch_it():
    bins = NumericBins.fit([1, 2, math.inf, -math.inf, math.nan], 5)
    assert (bins.low, bins.high) == (1, 2)
    assert bins.codes(np.array([-math.inf, math.inf])).tolist() == [BELOW, ABOVE]


@pytest.mark.parametrize("spacing", ["even", "tails"])
def test_the_largest_numbers_have_bins_without_a_warning(spacing):
    largest = np.finfo(np.float64).max
    values = np.array([-largest, -1e308, -1.0, 0.0, 5e-324, 1.0, 1e308, largest])
    with np.errstate(all="raise", under="ignore"):
        bins = NumericBins.fit(np.repeat(values, 5), 8, spacing=spacing)
        codes = bins.codes(values)
    assert bool(np.all(np.diff(codes.astype(int)) >= 0)) and len(set(codes)) >= 5
    assert (bins.low, bins.high) == (-largest, largest)


def test_neighbouring_floats_are_told_apart_by_as_many_digits_as_that_takes():
    first = 0.1
    close = [first, math.nextafter(first, 1), math.nextafter(math.nextafter(first, 1), 1)]
    assert few_digits(close) == close
    assert few_digits([0.25, 0.250000001]) == [0.25, 0.250000001]
    assert few_digits([0.123456, 7.0]) == [0.123, 7.0]


def test_the_ends_of_the_range_are_inside():
    bins = NumericBins.fit([1.5, 2.5, 9.25], 3)
    assert bins.codes(np.array([1.5, 9.25])).tolist() == [FIRST, bins.size - 1]
    assert bins.codes(np.array([np.nextafter(1.5, 0), np.nextafter(9.25, 99)])).tolist() == [BELOW, ABOVE]


def test_a_constant_is_one_interval():
    bins = NumericBins.fit([5, 5, 5])
    assert bins.intervals == 1 and bins.codes(np.array([4.9, 5, 5.1])).tolist() == [BELOW, FIRST, ABOVE]
    assert bins.label(FIRST) == "5"


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
def test_without_any_number_every_number_is_new(values):
    bins = NumericBins.fit(values)
    assert bins.size == FIRST
    assert bins.codes(np.array([1.0, math.nan, math.inf])).tolist() == [UNSEEN, MISSING, UNSEEN]
    assert bins.label(UNSEEN) == "never seen before"


def test_labels_are_short_round_and_true():
    bins = NumericBins.fit(np.linspace(0.123456, 100.98765, 1000), 4)
    assert bins.edges == (25.3, 50.6, 75.8)  # the cuts lie anywhere in gaps of a tenth
    assert bins.label(FIRST + 1) == "25.3 to 50.6" and bins.label(BELOW) == "under 0.123"
    assert bins.label(ABOVE) == "over 101" and bins.label(MISSING) == "missing"
    whole = NumericBins.fit(list(range(1, 101)), 4)
    assert whole.label(FIRST + 1) == "26 to 50" and whole.label(whole.size - 1) == "76 to 100"


def test_tails_get_narrower_bins():
    values = np.random.default_rng(0).normal(size=20_000)
    even = NumericBins.fit(values, 50)
    tails = NumericBins.fit(values, 50, spacing="tails")
    assert tails.edges[-1] > even.edges[-1] + 0.5 and tails.edges[0] < even.edges[0] - 0.5
    assert tails.intervals <= 50


def test_at_most_one_byte():
    bins = NumericBins.fit(np.arange(5000.0), MAX_BINS)
    assert bins.size <= 256 and bins.intervals == MAX_BINS
    with pytest.raises(ValueError, match="max_bins"):
        NumericBins.fit([1], MAX_BINS + 1)


def test_fold_adds_what_lies_beyond_to_its_own_end():
    bins = NumericBins(0, 9, [3, 6])
    assert bins.fold([7, 1, 2, 10, 20, 30]).tolist() == [11, 20, 32]
    assert NumericBins(0, 9).fold([7, 1, 2, 10]).tolist() == [13]


def test_frequent_levels_first_then_alphabetical():
    bins = CategoryBins.fit(["b"] * 10 + ["a"] * 10 + ["c"] * 11 + ["d"] * 9, min_count=10)
    assert bins.levels == ("c", "a", "b")
    codes = bins.codes(levels("c", "a", "b", "d", "e", None))
    assert codes.tolist() == [FIRST, FIRST + 1, FIRST + 2, OTHER, UNSEEN, MISSING] and codes.dtype == np.uint8
    assert bins.level_counts == {"b": 10, "a": 10, "c": 11, "d": 9}


def test_ten_thousand_levels_keep_the_commonest_and_know_the_others():
    values = [f"v{i}" for i in range(10_000) for _ in range(1 + (i < 300) * 20)]
    bins = CategoryBins.fit(values, 250)
    assert bins.size == FIRST + 250 == 253
    assert bins.codes(levels("v299", "v9999", "new")).tolist()[1:] == [OTHER, UNSEEN]
    assert bins.seen_times(1) == 9700 and bins.seen_times(2) == 0


def test_names_are_shown_instead_of_ids_where_known():
    bins = CategoryBins.fit(["7"] * 10 + ["8"] * 10)
    assert bins.label(FIRST, {"7": "Azure Interior"}) == "Azure Interior"
    assert bins.label(FIRST + 1, {"7": "Azure Interior"}) == "8"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=3)), max_size=60), st.integers(1, 5))
def test_categories_survive_json(values, least):
    bins = CategoryBins.fit(values, 10, least)
    twin = bins_from_dict(json.loads(json.dumps(bins.to_dict())))
    assert twin.codes(levels(*values)).tolist() == bins.codes(levels(*values)).tolist()
    assert UNSEEN not in bins.codes(levels(*values)).tolist()
    assert all(bins.level_counts[level] >= least for level in bins.levels)


@pytest.mark.parametrize(("number", "text"), [(1e20, "1e+20"), (-0.0, "0"), (1234.5, "1,234.5"), (0.1 + 0.2, "0.3")])
def test_numbers_read_like_numbers(number, text):
    assert number_text(number) == text


# Values that repeat
def test_each_frequent_value_has_a_bin_of_its_own():
    random = np.random.default_rng(0)
    common = np.array([99.0, 250.0, 251.0, 1000.0])
    values = np.concatenate([np.repeat(common, 300), random.lognormal(6, 1, 5000).round(2)])
    bins = NumericBins.fit(values, 64)
    codes, counts = np.unique(bins.codes(values), return_counts=True)
    for value in common:
        own = int(bins.codes([value])[0])
        assert counts[codes == own][0] == np.sum(values == value)
    assert bins.intervals <= 64


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=600), st.integers(1, 20))
def test_no_number_of_repeats_makes_more_bins_than_asked_for(values, most):
    bins = NumericBins.fit(np.repeat(np.array(values, dtype=float), 7), most)
    assert 1 <= bins.intervals <= most
    assert FIRST <= bins.codes(np.array(values, dtype=float)).min()


def test_more_bins_are_for_values_that_repeat():
    random = np.random.default_rng(2)
    smooth = random.normal(size=20_000)
    assert NumericBins.fit(smooth, 250, even=64).intervals == 64
    prices = np.concatenate([np.repeat(random.lognormal(6, 1, 60).round(2), 200), smooth * 100 + 500])
    assert 120 < NumericBins.fit(prices, 250, even=64).intervals <= 250


def test_without_repeats_bins_hold_equal_counts_as_before():
    values = np.random.default_rng(1).normal(size=6400)
    bins = NumericBins.fit(values, 64)
    assert bins.intervals == 64 and np.ptp(np.bincount(bins.codes(values))[FIRST:]) <= 2


@pytest.mark.parametrize("rows", [400, 2000, 15_000, 16_250, 20_000])
def test_bins_narrow_towards_both_ends_down_to_single_rows(rows):
    """Too many cuts were thinned out from the narrowest on: how rare the outermost rows were depended on chance."""
    values = np.random.default_rng(rows).normal(size=rows)
    bins = NumericBins.fit(values, 150, spacing="tails")
    counts = np.bincount(bins.codes(values), minlength=bins.size)[FIRST:]
    assert counts[0] <= 2 and counts[-1] <= 2 and 60 < bins.intervals <= 150
    beyond = counts[::-1].cumsum()
    tail = beyond[beyond <= rows / 20]
    assert (tail[1:] / tail[:-1]).max() <= 2 and (tail[tail > 30][1:] / tail[tail > 30][:-1] < 1.4).all()


# Known values
@pytest.mark.parametrize(
    ("name", "options", "known"),
    [
        (
            "smooth",
            {"max_bins": 9},
            {"edges": [8, 152.028015], "rows": 597.495168, "labels": "1 to 1.55 | 1.55 to 2.44 | 35 to 54.3"},
        ),
        (
            "smooth",
            {"max_bins": 12, "spacing": "tails"},
            {"edges": [11, 257.500923], "rows": 609.315562, "labels": "1 to 1.07 | 1.07 to 1.39 | 51 to 54.3"},
        ),
        (
            "steps",
            {"max_bins": 16},
            {"edges": [9, 275.447993], "rows": 576.336848, "labels": "1.26 to 1.67 | 1.67 to 2.78 | 49.9 to 54.3"},
        ),
        (
            "steps",
            {"max_bins": 16, "even": 5},
            {"edges": [4, 177.679502], "rows": 589.367904, "labels": "1.26 to 4.33 | 4.33 to 15.5 | 49.9 to 54.3"},
        ),
        ("whole", {"max_bins": 8}, {"edges": [6, 94.9117494], "rows": 585.904632, "labels": "1 | 2 | 28 to 54"}),
        ("whole", {"max_bins": 200}, {"edges": [53, 2216.08095], "rows": 604.989151, "labels": "1 | 2 | 54"}),
    ],
)
def test_a_few_numbers_are_cut_as_ever(name, options, known):
    """See `pinning`: numbers that never repeat, amounts of which some do, and whole ones."""
    smooth = np.exp(4 * golden(400))
    values = {"smooth": smooth, "steps": np.where(golden(400) * 7 % 1 < 0.4, 49.9, smooth), "whole": np.floor(smooth)}[
        name
    ]
    bins = NumericBins.fit(values, **options)
    rows = np.bincount(bins.codes(values), minlength=bins.size)
    ends = " | ".join(bins.label(code) for code in (FIRST, FIRST + 1, bins.size - 1))
    assert_same({"edges": [len(bins.edges), checksum(bins.edges)], "rows": checksum(rows), "labels": ends}, known)


def test_texts_of_intervals_by_hand():
    whole = NumericBins(0, 9, [3, 4.5, 6], whole=True)
    texts = [whole.label(code) for code in range(whole.size)]
    assert texts == ["missing", "under 0", "over 9", "0 to 2", "3 to 4", "5", "6 to 9"]
    beyond = NumericBins(-8, 30, [0, 2, 5, 10], tails=(1, 2))
    texts = [beyond.label(code) for code in range(beyond.size)]
    assert texts == ["missing", "under 0", "over 5", "under 0", "0 to 2", "2 to 5", "over 5", "over 5"]
    assert NumericBins(None, None).label(BELOW) == "never seen before"
    single = NumericBins(2.5, 2.5)
    assert single.label(FIRST) == "2.5" and single.bounds(FIRST) == (2.5, 2.5)


def test_numbers_of_few_digits_stay_apart():
    assert few_digits([1.0, 1.0004, 1.0006, 2000.4]) == [1.0, 1.0004, 1.001, 2000.0]
    assert few_digits([0.0, math.inf]) == [0.0, math.inf] and few_digits([-0.0012345, 1234.5]) == [-0.00123, 1234.0]
