"""Limits of the words for a score follow the base rate; bands are told apart by outcomes only where these suffice."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.bands import band_test, odds_limits, tail_limits


@pytest.mark.parametrize(("positives", "rows"), [(0, 50), (1, 1000), (30, 100), (600, 1000), (999, 1000), (50, 50)])
def test_limits_are_chances_around_the_base_rate_whatever_it_is(positives, rows):
    low, high = odds_limits(positives, rows)
    assert 0 <= low < high <= 1
    assert low <= (positives + 0.5) / (rows + 1) <= high


def test_known_limits():
    assert odds_limits(30, 100) == (0.18, 0.46)
    assert odds_limits(60, 100) == (0.43, 0.75)
    assert tail_limits(0.05) == (0.95, 0.99)
    assert tail_limits(0.05, is_chance=True) == (0.0, 0.5)


def test_bands_that_differ_are_told_apart():
    test = band_test({"high": (80, 60), "middle": (100, 30), "low": (200, 10)})
    assert not test.overlapping
    assert not test.reversed
    assert [band.share for band in test.bands] == [0.75, 0.3, 0.05]
    assert all(band.low < band.share < band.high for band in test.bands)


def test_few_rows_tell_nothing_apart_and_empty_bands_are_left_out():
    assert band_test({"high": (4, 3), "middle": (5, 1)}).overlapping == [("high", "middle")]
    test = band_test({"high": (0, 0), "middle": (100, 60), "low": (100, 5)})
    assert [band.code for band in test.bands] == ["middle", "low"]
    assert not test.overlapping
    assert band_test({}).bands == []


def test_a_band_that_does_worse_than_the_next_is_reversed():
    assert band_test({"high": (200, 20), "middle": (200, 90)}).reversed == [("high", "middle")]


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="3 positives of 2 rows"):
        band_test({"high": (2, 3)})


def test_bands_of_one_chance_are_rarely_told_apart():
    """All three bands have the same chance: at most one test in twenty claims otherwise."""
    rng = np.random.default_rng(7)
    claims = 0
    for _round in range(400):
        counts = {code: (rows, int(rng.binomial(rows, 0.3))) for code, rows in (("a", 40), ("b", 80), ("c", 60))}
        test = band_test(counts)
        claims += len(test.overlapping) + len(test.reversed) < 2 or bool(test.reversed)
    assert claims <= 400 * 0.05 + 3 * np.sqrt(400 * 0.05 * 0.95)
