import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import golden
from scipy import stats
from scipy.optimize import brentq
from sklearn import metrics as theirs

from odoo.addons.ai_deployment.ml import performance as pf

random = np.random.default_rng(3)
LABELS = (random.random(800) < 0.3).astype(int)
VALUES = np.clip(0.3 + 0.2 * (LABELS - 0.3) + random.normal(0, 0.15, 800), 0.01, 0.99).round(2)
OTHER = np.clip(VALUES + random.normal(0, 0.1, 800), 0.01, 0.99)

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=40)


@settings(deadline=None, max_examples=80)
@given(rows)
def test_auc_and_average_precision_agree_with_scikit_learn_ties_included(cases):
    labels, values = (np.array(side, dtype=float) for side in zip(*cases, strict=True))
    if 0 < labels.sum() < len(labels):
        assert pf.auc(labels, values) == pytest.approx(theirs.roc_auc_score(labels, values))
        assert pf.average_precision(labels, values) == pytest.approx(theirs.average_precision_score(labels, values))
    else:
        assert math.isnan(pf.auc(labels, values))


@settings(deadline=None, max_examples=60)
@given(rows, st.integers(1, 40), st.randoms())
def test_the_order_of_tied_rows_changes_nothing(cases, k, shuffler):
    again = list(cases)
    shuffler.shuffle(again)
    results = []
    for version in (cases, again):
        labels, values = (np.array(side, dtype=float) for side in zip(*version, strict=True))
        results.append((pf.precision_at(labels, values, k), pf.average_precision(labels, values)))
    assert results[0] == pytest.approx(results[1], nan_ok=True)


def test_precision_and_recall_at_the_top():
    labels, values = [1, 0, 1, 1, 0, 0, 0, 0, 0, 1], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert pf.precision_at(labels, values, 3) == pytest.approx(2 / 3)
    assert pf.precision_at(labels, values, 99) == 0.4
    assert pf.recall_in_top(labels, values, 0.3) == 0.5
    assert pf.recall_in_top(labels, values, 0.01) == 0.25  # a share of a row is a row
    assert pf.precision_at([1, 0], [5, 5], 1) == 0.5
    assert math.isnan(pf.precision_at([1, 0], [1, 2], 0)) and math.isnan(pf.recall_in_top([0, 0], [1, 2], 0.5))


def test_brier():
    assert pf.brier(LABELS, VALUES) == pytest.approx(theirs.brier_score_loss(LABELS, VALUES))


def test_calibration_in_the_large_is_above_zero_where_more_came_true():
    assert pf.calibration_in_the_large([1, 1, 1, 0], [0.5] * 4) == pytest.approx(0.25)
    test = pf.in_the_large_test([1] * 60 + [0] * 40, [0.5] * 100)
    assert test.estimate == pytest.approx(0.1) and test.se == pytest.approx(0.05) and test.z == pytest.approx(2)
    assert test.p_value == pytest.approx(2 * stats.norm.sf(2))


def test_the_slope_finds_values_that_are_too_extreme():
    x = random.normal(size=20_000)
    labels = random.random(20_000) < 1 / (1 + np.exp(-x))
    honest = pf.slope_test(labels, 1 / (1 + np.exp(-x)))
    assert honest.estimate == pytest.approx(1, abs=0.06) and honest.p_value > 0.01
    extreme = pf.slope_test(labels, 1 / (1 + np.exp(-2 * x)))
    assert extreme.estimate == pytest.approx(0.5, abs=0.03) and extreme.p_value < 1e-6
    assert math.isnan(pf.calibration_slope([1, 1], [0.4, 0.6]))
    assert math.isnan(pf.calibration_slope([1, 0], [0.5, 0.5]))


def test_the_slope_has_the_standard_error_of_a_logistic_regression():
    # 2 x 2 table: log odds ratio and its error sqrt(1/a + 1/b + 1/c + 1/d) by hand.
    labels = [1] * 30 + [0] * 70 + [1] * 60 + [0] * 40
    values = [0.2] * 100 + [0.8] * 100
    width = 2 * math.log(4)
    found = pf.slope_test(labels, values)
    assert found.estimate == pytest.approx((math.log(60 / 40) - math.log(30 / 70)) / width, abs=1e-6)
    assert found.se == pytest.approx(math.sqrt(1 / 30 + 1 / 70 + 1 / 60 + 1 / 40) / width, abs=1e-6)


def test_delong_by_the_definition():
    m, n = LABELS == 1, LABELS == 0

    def kernel(values):
        return (values[m][:, None] > values[n]) + 0.5 * (values[m][:, None] == values[n])

    gap = kernel(VALUES) - kernel(OTHER)
    variance = gap.mean(1).var(ddof=1) / m.sum() + gap.mean(0).var(ddof=1) / n.sum()
    found = pf.auc_difference(LABELS, VALUES, OTHER)
    assert found.estimate == pytest.approx(pf.auc(LABELS, VALUES) - pf.auc(LABELS, OTHER))
    assert found.se == pytest.approx(math.sqrt(variance))
    assert (found.low, found.high) == pytest.approx(
        (found.estimate - 1.959964 * found.se, found.estimate + 1.959964 * found.se)
    )
    swapped = pf.auc_difference(LABELS, OTHER, VALUES)
    assert swapped.estimate == pytest.approx(-found.estimate) and swapped.p_value == pytest.approx(found.p_value)


def test_delong_covers_the_truth_as_often_as_it_says():
    covered = 0
    for _again in range(300):
        labels = random.random(300) < 0.3
        shared = random.normal(size=300) + labels
        a, b = shared + random.normal(0, 0.5, 300), shared + random.normal(0, 0.5, 300)
        found = pf.auc_difference(labels, a, b)
        covered += found.low <= 0 <= found.high
    assert 0.91 <= covered / 300 <= 0.99  # 0.95 within 3 standard errors


def test_an_auc_interval_stays_between_0_and_1_and_holds_the_auc():
    low, high = pf.auc_interval(LABELS, VALUES)
    assert 0 < low < pf.auc(LABELS, VALUES) < high < 1
    narrow = pf.auc_interval(LABELS, VALUES, confidence=0.5)
    assert low < narrow[0] < narrow[1] < high
    low, high = pf.auc_interval([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert 0.2 < low < 0.6 and high == pytest.approx(1), "a perfect order of four rows proves little"


@pytest.mark.parametrize(
    ("rows", "base", "apart"), [(60, 0.3, 4.0), (100, 0.2, 3.2), (300, 0.05, 2.5), (300, 0.3, 0.5)]
)
def test_an_auc_interval_holds_the_truth_also_where_the_order_is_almost_perfect(rows, base, apart):
    random, held = np.random.default_rng(5), []
    for _round in range(300):
        labels = (np.arange(rows) < base * rows).astype(int)
        low, high = pf.auc_interval(labels, random.normal(size=rows) + apart * labels)
        held.append(low <= stats.norm.cdf(apart / math.sqrt(2)) <= high)
    assert np.mean(held) >= 0.93 - 3 * math.sqrt(0.07 * 0.93 / 300)


def test_the_brier_difference_is_paired():
    found = pf.brier_difference(LABELS, VALUES, OTHER)
    gaps = (VALUES - LABELS) ** 2 - (OTHER - LABELS) ** 2
    assert found.estimate == pytest.approx(gaps.mean()) and found.estimate < 0  # VALUES is better
    assert found.se == pytest.approx(gaps.std(ddof=1) / math.sqrt(len(gaps)))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.estimate / found.se)))


@pytest.mark.parametrize(
    ("labels", "values"), [([0, 2], [0.1, 0.2]), ([0, 1], [0.1, math.nan]), ([0, 1], [0.1]), ([[0, 1]], [[0.1, 0.2]])]
)
def test_what_cannot_be_compared_is_refused(labels, values):
    with pytest.raises(ValueError, match="label|value"):
        pf.auc(labels, values)


def test_plain_floats_only():
    for result in (
        pf.auc(LABELS, VALUES),
        pf.average_precision(LABELS, VALUES),
        pf.brier(LABELS, VALUES),
        pf.precision_at(LABELS, VALUES, 10),
        pf.recall_in_top(LABELS, VALUES, 0.1),
        pf.calibration_slope(LABELS, VALUES),
        *pf.auc_difference(LABELS, VALUES, OTHER),
        *pf.brier_difference(LABELS, VALUES, OTHER),
        *pf.in_the_large_test(LABELS, VALUES),
    ):
        assert type(result) is float


def test_infinite_values_are_refused_and_nothing_is_not_surely_off():
    with pytest.raises(ValueError, match="infinite"):
        pf.brier([0, 1], [0.5, math.inf])
    assert math.isnan(pf.in_the_large_test([], []).p_value)
    assert pf.in_the_large_interval([], []) == (-1.0, 1.0)


# By hand
def test_the_interval_of_an_auc_is_the_wider_of_delongs_and_newcombes():
    labels, values = np.repeat([1, 0], [10, 20]), np.r_[np.arange(10) + 6.5, np.arange(20) * 0.8]
    area = pf.auc(labels, values)
    z, m, n = stats.norm.ppf(0.975), 10, 20
    for end in (pf._furthest(area, m, n, -z), pf._furthest(area, m, n, z)):
        both = (1 - end) / (2 - end) + end / (1 + end)
        spread = end * (1 - end) * (1 + (15 - 1) * both)
        assert (end - area) ** 2 * m * n == pytest.approx(z * z * spread)
    own = [np.mean((v > values[10:]) + (v == values[10:]) / 2) for v in values[:10]]
    others = [np.mean((values[:10] > v) + (values[:10] == v) / 2) for v in values[10:]]
    reach = z * np.sqrt(np.var(own, ddof=1) / m + np.var(others, ddof=1) / n) / (area * (1 - area))
    odds = np.log(area / (1 - area))
    ends = 1 / (1 + np.exp(-(odds - reach))), 1 / (1 + np.exp(-(odds + reach)))
    found = pf.auc_interval(labels, values)
    assert found[0] == pytest.approx(min(ends[0], pf._furthest(area, m, n, -z)))
    assert found[1] == pytest.approx(max(ends[1], pf._furthest(area, m, n, z)))
    other = np.r_[values[:10][::-1], values[10:][::-1]] + golden(30)
    theirs_own = [np.mean((v > other[10:]) + (v == other[10:]) / 2) for v in other[:10]]
    theirs_others = [np.mean((other[:10] > v) + (other[:10] == v) / 2) for v in other[10:]]
    variance = np.var(np.subtract(own, theirs_own), ddof=1) / m + np.var(np.subtract(others, theirs_others), ddof=1) / n
    gap = pf.auc_difference(labels, values, other)
    assert gap.se == pytest.approx(np.sqrt(variance)) and gap.estimate == pytest.approx(area - pf.auc(labels, other))
    assert (gap.low, gap.high) == pytest.approx((gap.estimate - z * gap.se, gap.estimate + z * gap.se))
    assert gap.p_value == pytest.approx(2 * stats.norm.sf(abs(gap.estimate / gap.se)))


@pytest.mark.parametrize("labels", [[1, 0, 0, 0], [0, 1, 1, 1], [0, 0], [1, 1]])
def test_one_row_of_an_outcome_allows_no_spread(labels):
    values = np.arange(len(labels)) / 10
    assert pf.auc_interval(labels, values) == (0.0, 1.0)
    assert all(math.isnan(figure) for figure in pf.auc_difference(labels, values, -values))
    assert math.isnan(pf.auc(labels, values)) == (len(labels) == 2)


def test_two_rows_of_each_outcome_are_enough():
    assert pf.auc_difference([1, 1, 0, 0], [3, 1, 2, 0], [3, 2, 1, 0]).estimate == -0.25
    assert pf.auc_interval([1, 1, 0, 0], [3, 2, 1, 0])[1] == 1.0
    assert pf.auc_interval([1, 1, 0, 0], [1, 1, 1, 1]) == pytest.approx(  # no spread of its own
        (pf._furthest(0.5, 2, 2, -1.959964), pf._furthest(0.5, 2, 2, 1.959964))
    )
    gap = pf.brier_difference([1, 0], [0.8, 0.4], [0.5, 0.5])
    # gaps .04 - .25 and .16 - .25
    assert gap.estimate == pytest.approx(-0.15) and gap.se == pytest.approx(np.std([-0.21, -0.09], ddof=1) / np.sqrt(2))
    assert all(math.isnan(figure) for figure in pf.brier_difference([1], [0.8], [0.5]))


def test_a_slope_needs_both_outcomes_and_values_that_differ():
    for labels, values in (
        ([1, 1, 1], [0.2, 0.5, 0.7]),
        ([0, 0], [0.2, 0.5]),
        ([1, 0], [0.5, 0.5]),
        ([0, 1], [0.2, 0.9]),
    ):
        assert math.isnan(pf.slope_test(labels, values).estimate)
    alone = pf.slope_test([0, 1, 0, 0], [0.2, 0.5, 0.7, 0.4])
    assert alone.z == pytest.approx((alone.estimate - 1) / alone.se)
    design = np.column_stack([np.log(np.array([0.2, 0.5, 0.7, 0.4]) / np.array([0.8, 0.5, 0.3, 0.6])), np.ones(4)])
    raw = design[:, 0] * alone.estimate
    level = brentq(lambda c: np.sum(1 / (1 + np.exp(-raw - c))) - 1, -9, 9)
    p = 1 / (1 + np.exp(-raw - level))
    assert design[:, 0] @ (np.array([0, 1, 0, 0]) - p) == pytest.approx(0, abs=1e-6)
    assert alone.se == pytest.approx(
        np.sqrt(np.linalg.inv(design.T @ (design * (p * (1 - p))[:, None]))[0, 0]), rel=1e-5
    )


def test_figures_without_rows_or_without_places():
    assert all(
        math.isnan(figure([], [])) for figure in (pf.auc, pf.average_precision, pf.brier, pf.calibration_in_the_large)
    )
    assert math.isnan(pf.precision_at([1, 0], [0.2, 0.1], 0)) and math.isnan(pf.average_precision([0, 0], [0.2, 0.1]))
    assert pf.recall_in_top([1, 0, 1], [0.3, 0.2, 0.1], 0.0) == 0.0 and math.isnan(pf.recall_in_top([0], [0.1], 1.0))
    assert pf.recall_in_top([1, 0, 1, 0], [0.3, 0.3, 0.1, 0.0], 0.25) == 0.25
    assert pf.in_the_large_interval([], []) == (-1.0, 1.0)
    test = pf.in_the_large_test([1, 0, 1, 1], [0.5, 0.2, 0.6, 0.9])
    assert test.se == pytest.approx(np.sqrt(0.25 + 0.16 + 0.24 + 0.09) / 4) and test.estimate == pytest.approx(0.2)
