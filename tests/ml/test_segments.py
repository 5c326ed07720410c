"""Performance by segment: figures known beforehand, one error level for all segments, and no verdict on few rows."""

import numpy as np
import pytest
from scipy import stats

from odoo.addons.ai_deployment.ml.segments import MOST, judge_segments


def cohort(rng, rows, base=-1.0):
    """(labels, values): labels with just the chance that was said."""
    values = 1 / (1 + np.exp(-rng.normal(base, 1.2, rows)))
    return rng.random(rows) < values, values


def judged(labels, values, segments, **options):
    found = judge_segments(labels, values, np.asarray(values) > 0.5, segments, **options)
    return {(each.segment, each.rest): each for each in found}


# Known values
def test_the_figures_of_two_segments_by_hand():
    # north: 100 said .3, 30 came true; south: 80 said .6, 20 came true
    labels = np.array([1] * 30 + [0] * 70 + [1] * 20 + [0] * 60)
    values, segments = np.array([0.3] * 100 + [0.6] * 80), ["north"] * 100 + ["south"] * 80
    found = judged(labels, values, segments)
    north, south = found["north", False], found["south", False]
    assert (north.rows, north.said, north.came_true) == (100, pytest.approx(0.3), 0.3)
    assert not north.exceeded and north.verdict == "quiet" and north.adjusted_p == 1
    assert (south.rows, south.said, south.came_true) == (80, pytest.approx(0.6), 0.25)
    assert south.p_value == pytest.approx(2 * stats.binom.cdf(20, 80, 0.6))
    assert south.adjusted_p == pytest.approx(2 * south.p_value)  # two segments
    assert south.exceeded and south.verdict == "drifted"
    # north: all called lost, 30 of 100 wrong; south: all called won, 60 of 80 wrong
    assert (north.error, south.error) == (0.3, 0.75)
    assert south.error_low < 0.75 < south.error_high
    assert north.brier == pytest.approx(0.3 * 0.7**2 + 0.7 * 0.3**2) and north.base_brier == pytest.approx(0.21)
    assert south.brier == pytest.approx(0.25 * 0.4**2 + 0.75 * 0.6**2) and south.base_brier == pytest.approx(0.1875)
    assert north.low < 0.3 < north.high


def test_small_segments_cannot_be_judged_and_cost_the_others_nothing():
    labels, values = cohort(np.random.default_rng(1), 249)
    found = judged(labels, values, ["large"] * 200 + ["small"] * 49)
    small, large = found["small", False], found["large", False]
    assert small.verdict == "cannot_judge" and small.rows == 49 and small.p_value is None and small.said is None
    assert large.adjusted_p == large.p_value


def test_beyond_the_commonest_all_are_the_rest():
    labels, values = cohort(np.random.default_rng(2), 30 * MOST + 100)
    segments = [number % MOST for number in range(30 * MOST)] + [1000 + number for number in range(100)]
    found = judged(labels, values, segments)
    assert len(found) == MOST + 1
    assert found[None, True].rows == 100 and found[None, True].verdict == "quiet"
    assert sum(each.rows for each in found.values()) == len(labels)
    few = judged(labels, values, segments, most=2)
    assert len(few) == 3 and list(few)[-1] == (None, True)


def test_without_a_value_is_a_segment_too_and_is_not_the_rest():
    labels, values = cohort(np.random.default_rng(3), 200)
    found = judged(labels, values, [None] * 120 + ["a"] * 60 + ["b"] * 20, most=2)
    assert found[None, False].rows == 120 and found[None, True].rows == 20


def test_no_rows_no_segments():
    assert judge_segments([], [], [], []) == []


def test_plain_types_only():
    labels, values = cohort(np.random.default_rng(4), 100)
    (found,) = judge_segments(labels, values, values > 0.5, [7] * 100)
    floats = found.said, found.came_true, found.low, found.p_value, found.adjusted_p, found.error, found.brier
    assert {type(each) for each in floats} == {float}
    assert type(found.exceeded) is bool and type(found.rows) is int


def test_rows_that_do_not_fit_are_refused_in_words():
    with pytest.raises(ValueError, match="same length"):
        judge_segments([True], [0.5], [True], [])


# Rates
def test_true_scores_raise_hardly_any_alarm_over_twenty_segments():
    rng = np.random.default_rng(5)
    runs, alarms = 250, 0
    for _run in range(runs):
        labels, values = cohort(rng, 1600, base=-2.0)  # small segments, few wins: where a normal law would fail
        segments = rng.choice(20, 1600, p=np.arange(1, 21) / 210)
        alarms += any(each.exceeded for each in judge_segments(labels, values, values > 0.5, segments.tolist()))
    assert alarms <= 0.01 * runs + 2  # one standard error of such a share


def test_one_segment_that_ends_otherwise_is_named_and_no_other():
    rng = np.random.default_rng(6)
    named = others = 0
    for _run in range(50):
        labels, values = cohort(rng, 3000)
        segments = rng.integers(10, size=3000)
        turned = segments == 3
        labels[turned] = rng.random(turned.sum()) < values[turned] * 0.5
        found = judged(labels, values, segments.tolist())
        named += found[3, False].exceeded
        others += sum(each.exceeded for each in found.values()) - found[3, False].exceeded
    assert named >= 45 and others <= 1
