import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import golden
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from odoo.addons.ai_deployment.ml.calibration import (
    MIN_ISOTONIC,
    MIN_SLOPE,
    Identity,
    IsotonicCalibration,
    Percentile,
    PlattCalibration,
    calibration_from_dict,
    choose,
    fit_isotonic,
    fit_platt,
    logit,
    recalibrate_intercept,
    sigmoid,
)

random = np.random.default_rng(7)
RAW = random.normal(-1, 1.5, 3000)
LABELS = random.random(3000) < sigmoid(0.6 * RAW + 0.4)


def test_platt_finds_the_maximum_that_logistic_regression_finds():
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(RAW[:, None], LABELS)
    ours = fit_platt(RAW, LABELS, slope_sd=1e6, intercept_sd=1e6)
    assert ours.slope == pytest.approx(theirs.coef_[0, 0], abs=1e-4)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_platt_weights_are_like_repeating_rows():
    twice = fit_platt(np.r_[RAW, RAW[:500]], np.r_[LABELS, LABELS[:500]])
    weights = np.r_[np.full(500, 2.0), np.ones(2500)]
    weighted = fit_platt(RAW, LABELS, weights)
    assert (weighted.slope, weighted.intercept) == pytest.approx((twice.slope, twice.intercept), abs=1e-8)


def test_few_cases_stay_close_to_what_they_were():
    few = fit_platt(np.array([-1.0, 0.0, 1.0]), np.array([1, 1, 1]))
    assert abs(few.slope - 1) < 0.5 and 0 < few.intercept < 1.5


def test_a_calibration_never_turns_the_order_around():
    ours = fit_platt(RAW, ~LABELS)
    assert ours.slope == MIN_SLOPE
    assert ours.apply(RAW).mean() == pytest.approx((~LABELS).mean(), abs=0.02)


def test_isotonic_pools_the_same_blocks_as_scikit_learn():
    ours = fit_isotonic(RAW, LABELS)
    theirs = IsotonicRegression().fit(RAW, LABELS).predict(np.sort(RAW))
    assert len(ours.x) == len(np.unique(theirs))
    middle = np.abs(ours.apply(np.sort(RAW)) - theirs)[300:-300]
    assert middle.max() < 0.06  # a line through the blocks instead of steps


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60))
def test_isotonic_never_falls_and_never_says_never(rows):
    raw, labels = zip(*rows, strict=True)
    found = fit_isotonic(np.array(raw, dtype=float), np.array(labels))
    assert (np.diff(found.x) > 0).all() and (np.diff(found.y) >= 0).all()
    assert (found.y > 0).all() and (found.y < 1).all()


def test_what_is_calibrated_is_left_alone_and_what_is_not_is_mended():
    labels = random.random(3000) < sigmoid(RAW)
    good = choose(RAW, labels)
    assert abs(good.apply(RAW).mean() - labels.mean()) < 0.02
    mended = choose(3 * RAW + 1, labels)
    before = np.mean((sigmoid(3 * RAW + 1) - labels) ** 2)
    assert np.mean((mended.apply(3 * RAW + 1) - labels) ** 2) < before - 0.01
    assert mended.kind != "identity"


def test_isotonic_competes_only_with_enough_cases():
    bend = np.where(RAW > 0, 0.9, 0.1)
    labels = random.random(3000) < bend
    assert choose(RAW * 3, labels).kind == "isotonic"
    assert choose(RAW[:300] * 3, labels[:300]).kind != "isotonic"


@pytest.mark.parametrize("rate", [0.03, 0.5, 0.97])
@pytest.mark.parametrize(
    "calibration", [Identity(), PlattCalibration(0.7, -1), IsotonicCalibration([-2, 0, 2], [0.1, 0.3, 0.8])]
)
def test_a_new_base_rate_moves_the_level_and_keeps_the_order(calibration, rate):
    labels = np.zeros(1000)
    labels[: int(rate * 1000)] = 1
    raw = random.normal(size=1000)
    moved = recalibrate_intercept(calibration, raw, labels)
    assert moved.apply(raw).mean() == pytest.approx(rate, abs=1e-6)
    order = np.argsort(raw)
    assert (np.diff(moved.apply(raw)[order]) >= 0).all()
    # One shift for all: the log odds moved by the same amount everywhere.
    shifts = logit(moved.apply(raw)) - logit(calibration.apply(raw))
    if calibration.kind != "isotonic":  # between its points a broken line bends
        assert np.ptp(shifts) < 1e-6


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.lists(st.floats(-1e9, 1e9), max_size=30))
def test_ranks_rise_strictly_with_the_total(totals, others):
    rank = Percentile.fit(totals, points=20)
    assert (np.diff(rank.x) > 0).all() and (np.diff(rank.y) > 0).all()
    probes = np.unique(np.array([*totals, *others]))
    values = rank.apply(probes)
    assert ((values >= 0) & (values <= 1)).all() and (np.diff(values) >= 0).all()


def test_a_broken_line_never_overshoots_its_next_point():
    rank = Percentile([-1.0, 0.0, 1.0], [0.1, 0.3, 0.7], 1.0)
    x = np.array([-(2.0**-k) for k in range(1, 1070)])
    assert (rank.apply(x) <= 0.3).all()
    for seed in range(50):
        points = np.sort(np.random.default_rng(seed).random((2, 3)), axis=1)
        line = IsotonicCalibration(*points)
        near = np.nextafter(points[0, 1:], 0)
        assert (line.apply(near) <= points[1, 1:]).all()


def test_ranks_are_shares_of_the_reference():
    totals = random.normal(size=20_000)
    rank = Percentile.fit(totals)
    assert rank.apply(np.quantile(totals, [0.1, 0.5, 0.9, 0.99, 0.999])) == pytest.approx(
        [0.1, 0.5, 0.9, 0.99, 0.999], abs=0.002
    )
    far = rank.apply(np.array([totals.max(), 10.0, 100.0, 1e6, 1e7]))
    assert (np.diff(far) > 0).all() and far[-1] < 1
    low = rank.apply(np.array([-1e6, -100.0, totals.min()]))
    assert (np.diff(low) > 0).all() and low[0] > 0


@pytest.mark.parametrize(
    "calibration",
    [Identity(), PlattCalibration(0.5, 2), IsotonicCalibration([0, 1], [0.2, 0.4]), Percentile([0, 1], [0.2, 0.8], 3)],
)
def test_every_calibration_survives_its_dict(calibration):
    twin = calibration_from_dict(calibration.to_dict())
    assert type(twin) is type(calibration)
    assert (twin.apply(RAW) == calibration.apply(RAW)).all()


def test_sigmoid_and_logit_are_inverse_and_do_not_overflow():
    x = np.array([-700.0, -30, -1, 0, 1, 20])
    assert logit(sigmoid(x[2:])) == pytest.approx(x[2:], abs=1e-6)
    assert sigmoid(x)[0] > 0 and sigmoid(np.array([1e9]))[0] == 1


def test_without_rows_a_calibration_stays_as_it_is():
    assert recalibrate_intercept(Identity(), np.array([]), np.array([])).apply(np.zeros(1)).tolist() == [0.5]


def test_ranks_and_totals_are_each_others_reverse():
    ranks = Percentile.fit(np.random.default_rng(1).lognormal(0, 1, 300))
    totals = np.array([-2.0, 0.05, 0.7, 1.0, 9.0, 400.0])
    assert ranks.totals(ranks.apply(totals)) == pytest.approx(totals)


# Known values
def test_ranks_are_kept_at_places_that_are_dense_towards_the_upper_end():
    """Of 1,000 ranks at (k + ½) / 1,000: ten places evenly, and ten at 1 - .0005 ** (k / 9)."""
    totals = np.arange(1000.0)
    found = Percentile.fit(totals, points=20)
    ranks = (totals + 0.5) / 1000
    even = np.linspace(0, 1, 10)
    tail = 1 - 0.0005 ** (np.arange(10) / 9)
    places = np.minimum(np.searchsorted(ranks, np.r_[even, tail - 1e-12]), 999)
    assert found.x.tolist() == np.unique(places).tolist() and found.y == pytest.approx(ranks[np.unique(places)])
    upper = found.x[found.y >= 0.9]
    assert found.scale == upper[-1] - upper[0]
    assert len(Percentile.fit(np.arange(400.0)).x) == 400 and len(Percentile.fit(np.arange(401.0)).x) < 401
    assert Percentile.fit([1.0, 1.0, 5.0]).to_dict() == {
        "kind": "percentile",
        "x": [1.0, 5.0],
        "y": pytest.approx([1 / 3, 5 / 6]),
        "scale": 1.0,
    }
    assert Percentile.fit(np.r_[np.zeros(3), np.full(97, 2.0)]).scale == 1.0  # none reaches .9
    assert Percentile.fit(np.r_[np.arange(9.0), 10.0]).scale == 1.0 and Percentile.fit(np.arange(30.0)).scale == 2.0


def test_beyond_the_ends_ranks_fall_off_by_the_scale():
    ranks = Percentile([1.0, 2.0, 5.0], [0.1, 0.6, 0.8], 4.0)
    raw = np.array([-3.0, 1.0, 1.5, 3.0, 5.0, 9.0, 13.0])
    known = [0.1 / 2, 0.1, 0.35, 0.6 + 0.2 / 3, 0.8, 1 - 0.2 / 2, 1 - 0.2 / 3]
    assert ranks.apply(raw) == pytest.approx(known) and ranks.totals(known) == pytest.approx(raw)


PRIOR = {"slope": 1.0, "slope_sd": 0.5, "intercept_sd": 1.0}


def test_platts_line_is_where_the_slope_of_the_posterior_is_nothing():
    raw, labels, weights = 4 * golden(40) - 2, golden(40) * 7 % 1 < 0.4 + 0.3 * golden(40), 0.5 + golden(40, 0.3)
    for options in ({}, {"slope": 0.4, "slope_sd": 0.2, "intercept_sd": 3.0}):
        slope, slope_sd, intercept_sd = (options.get(key, value) for key, value in PRIOR.items())
        found = fit_platt(raw, labels, weights, **options)
        gaps = weights * (labels - sigmoid(found.slope * raw + found.intercept))
        assert gaps @ raw == pytest.approx((found.slope - slope) / slope_sd**2, abs=1e-6)
        assert gaps.sum() == pytest.approx(found.intercept / intercept_sd**2, abs=1e-6)
    turned = fit_platt(raw, raw < 0, weights, intercept_sd=3.0)
    gaps = weights * ((raw < 0) - sigmoid(MIN_SLOPE * raw + turned.intercept))
    assert turned.slope == MIN_SLOPE and gaps.sum() == pytest.approx(turned.intercept / 9, abs=1e-6)


def test_few_cases_are_a_line_from_what_is_expected_of_it():
    raw, labels = 4 * golden(60) - 2, golden(60) * 7 % 1 < 0.5
    weights = 0.5 + golden(60)
    known = fit_platt(raw, labels, weights, slope=0.7, slope_sd=0.1)
    assert choose(raw, labels, weights, expected=(0.7, 0.1)).to_dict() == known.to_dict()
    cautious = fit_platt(raw, labels, slope=0.5, slope_sd=0.5)
    assert choose(raw, labels).to_dict() == cautious.to_dict()
    many = golden(1000) / 10  # so near to each other that no expected slope tells them apart
    for wins, kind in ((MIN_ISOTONIC - 1, "platt"), (MIN_ISOTONIC, "isotonic")):  # steps win as soon as they compete
        highest = np.argsort(np.argsort(-many)) < wins
        assert choose(many, highest).kind == choose(-many, ~highest).kind == kind


def test_blocks_of_neighbours_by_hand():
    """Raw sums 1 to 6 with 0 0 1 0 1 1: blocks are {1, 2}, {3, 4} and {5, 6}, each drawn by one case towards ½."""
    found = fit_isotonic(np.arange(1.0, 7.0), [0, 0, 1, 0, 1, 1])
    assert found.x.tolist() == [1.5, 3.5, 5.5]
    assert found.y == pytest.approx([0.5 / 3, 1.5 / 3, 2.5 / 3])
    weighed = fit_isotonic([1.0, 1.0, 2.0, 3.0], [0, 1, 1, 0], np.array([1.0, 1.0, 3.0, 2.0]))
    # wins of 1 are 1 of 2, of 2 and 3 together 3 of 5; the base rate is 4 of 7
    assert weighed.x == pytest.approx([1.0, (3 * 2 + 2 * 3) / 5])
    assert weighed.y == pytest.approx([(1 + 4 / 7) / 3, (3 + 4 / 7) / 6])
    sure = fit_isotonic([1.0, 2.0], [0, 0])
    assert sure.y.tolist() == [1e-6]


def test_the_contest_is_won_by_the_least_error_on_rows_held_out():
    raw = 6 * golden(1200) - 3
    chance = golden(1200) * 7 % 1
    weights = 0.5 + golden(1200, 0.4)
    kinds = []
    for truth in (sigmoid(raw), sigmoid(0.4 * raw + 1), np.where(raw > 1, 0.9, 0.3)):
        labels = truth > chance
        found = choose(raw, labels, weights, folds=4, seed=2)
        fold = np.random.default_rng(2).permutation(1200) % 4
        losses = {"identity": 0.0, "platt": 0.0, "isotonic": 0.0}
        for k in range(4):
            held = fold == k
            parts = raw[~held], labels[~held], weights[~held]
            for own in (Identity(), fit_platt(*parts), fit_isotonic(*parts)):
                losses[own.kind] += np.sum(weights[held] * (own.apply(raw[held]) - labels[held]) ** 2)
        kinds.append(found.kind)
        assert found.kind == min(losses, key=losses.__getitem__)
    assert len(set(kinds)) > 1


@pytest.mark.parametrize(("labels", "target"), [([1, 1, 1], 3.5 / 4), ([0, 0, 0], 0.5 / 4), ([1, 0, 0], 1 / 3)])
def test_a_base_rate_of_nothing_or_all_is_moved_half_a_case_inwards(labels, target):
    raw = np.array([-1.0, 0.0, 2.0])
    assert recalibrate_intercept(PlattCalibration(0.5, 1.0), raw, labels).apply(raw).mean() == pytest.approx(target)


def test_log_odds_are_moved_alike():
    raw = np.array([-1.0, 0.5])
    for own in (Identity(), PlattCalibration(0.7, -1), IsotonicCalibration([-1, 0.5], [0.1, 0.3])):
        assert logit(own.shifted(0.8).apply(raw)) == pytest.approx(logit(own.apply(raw)) + 0.8)
    assert IsotonicCalibration([0, 1], [0.2, 0.4]).apply(np.array([0.25, 5.0])).tolist() == pytest.approx([0.25, 0.4])
