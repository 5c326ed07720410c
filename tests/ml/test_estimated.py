"""Performance without outcomes: known figures, what it promises where chances are true, and where it says nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import assert_same, golden

from odoo.addons.ai_deployment.ml import estimated as es
from odoo.addons.ai_deployment.ml import performance

chances = st.lists(st.integers(1, 99), min_size=60, max_size=120)


def drawn(rows, seed=0, scale=1.2, base=-1.0):
    """(labels, values): labels with just the chance that was said."""
    rng = np.random.default_rng(seed)
    values = 1 / (1 + np.exp(-rng.normal(base, scale, rows)))
    return (rng.random(rows) < values).astype(float), values


REFERENCE = es.learn(*drawn(3000))


# Known values
def test_expected_counts_by_hand():
    # 40 rows called positive at .8, 60 others at .2
    values = np.array([0.8] * 40 + [0.2] * 60)
    reference = es.learn(np.tile([0.0, 1.0], 50), np.repeat([0.2, 0.8], 50))
    found = es.estimate(reference, values, values > 0.5)
    expected = {"tp": 32, "fp": 8, "fn": 12, "tn": 48, "win_rate": 0.44, "error": 0.2, "precision": 0.8}
    for name, figure in {**expected, "recall": 32 / 44, "brier": 0.16}.items():
        assert found.band(name).estimate == pytest.approx(figure), name
    # the number of hits follows a binomial law of 40 cases at .8
    assert found.band("tp").se == pytest.approx(np.sqrt(40 * 0.8 * 0.2), rel=0.08)
    assert (found.band("tp").low, found.band("tp").high) == pytest.approx((27, 37), abs=1)


def test_expected_auc_counts_no_row_against_itself():
    # two rows alike: whichever of them wins, it is tied with the other
    assert es.expected_auc(np.array([0.5, 0.5]), np.array([0.3, 0.3])) == pytest.approx(0.5)
    # .9 above .5: right .9 * .5, wrong .1 * .5, of .9 * .5 + .1 * .5 pairs
    assert es.expected_auc(np.array([0.5, 0.9]), np.array([0.3, 0.7])) == pytest.approx(0.45 / 0.5)
    assert np.isnan(es.expected_auc(np.array([1.0, 1.0]), np.array([0.3, 0.7])))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_where_everything_is_certain_the_expected_auc_is_the_auc(cases):
    labels, values = (np.array(side, dtype=float) for side in zip(*cases, strict=True))
    assert es.expected_auc(labels, values) == pytest.approx(performance.auc(labels, values), nan_ok=True)


def test_expected_auc_is_the_mean_of_many_outcomes():
    rng = np.random.default_rng(1)
    labels, values = drawn(300, 1)
    many = [performance.auc((rng.random(300) < values).astype(float), values) for _ in range(600)]
    assert es.expected_auc(values, values) == pytest.approx(np.mean(many), abs=4 * np.std(many) / np.sqrt(600))


# Properties
@settings(deadline=None, max_examples=25)
@given(chances, st.randoms())
def test_counts_add_up_bands_hold_their_estimate_and_order_of_rows_is_nothing(percents, shuffler):
    values = np.array(percents) / 100
    found = es.estimate(REFERENCE, values, values > 0.5)
    if found.verdict != es.ESTIMATED:
        return
    figures = {band.name: band for band in found.bands}
    assert sum(figures[name].estimate for name in es.COUNTS) == pytest.approx(len(values))
    assert figures["win_rate"].estimate == pytest.approx(
        (figures["tp"].estimate + figures["fn"].estimate) / len(values)
    )
    for band in found.bands:
        assert band.low <= band.high and band.se >= 0
        if band.name not in es.COUNTS:
            assert 0 <= band.low and band.high <= 1 and 0 <= band.estimate <= 1
    shuffler.shuffle(percents)
    again = np.array(percents) / 100
    other = es.estimate(REFERENCE, again, again > 0.5)
    for band in found.bands:
        assert other.band(band.name).estimate == pytest.approx(band.estimate)


def test_the_same_window_has_the_same_band_twice():
    _labels, values = drawn(300, 2)
    assert es.estimate(REFERENCE, values, values > 0.5) == es.estimate(REFERENCE, values, values > 0.5)


def test_large_windows_are_drawn_in_blocks_and_have_narrower_bands():
    _labels, values = drawn(4000, 3)
    small, large = (es.estimate(REFERENCE, part, part > 0.5).band("auc") for part in (values[:250], values))
    assert large.se == pytest.approx(small.se / 4, rel=0.25)


def test_plain_types_only():
    _labels, values = drawn(300, 4)
    found = es.estimate(REFERENCE, values, values > 0.5)
    assert type(found.outside_share) is float
    for band in found.bands:
        assert {type(each) for each in (band.estimate, band.se, band.low, band.high)} == {float}
    gap = es.gap(found, 0.5)
    assert type(gap.exceeded) is bool and type(gap.worse) is bool and type(gap.p_value) is float


# Where values are true
def test_the_band_covers_what_comes_true_as_often_as_it_says():
    covered = []
    for seed in range(120):
        labels, values = drawn(300, seed, base=-1 + 0.8 * np.sin(seed))
        band = es.estimate(REFERENCE, values, values > 0.5).band("auc")
        covered.append(band.low <= performance.auc(labels, values) <= band.high)
    assert 0.90 <= np.mean(covered) <= 0.99  # of 120: one standard error is .02


def test_values_that_are_true_are_left_alone_more_often_than_not_and_others_are_mended():
    kept = sum(es.learn(*drawn(3000, seed)).calibration is None for seed in range(20))
    assert kept >= 10
    labels, values = drawn(3000, 1)
    extreme = 1 / (1 + np.exp(-3 * np.log(values / (1 - values))))  # the same order, far too sure
    mended = es.learn(labels, extreme)
    assert mended.calibration is not None
    assert np.mean(np.abs(mended.chances(extreme) - values)) < 0.03
    assert performance.auc(labels, mended.chances(extreme)) == pytest.approx(performance.auc(labels, values), abs=0.01)


def test_few_outcomes_are_never_recalibrated_with():
    labels, values = drawn(300, 1)
    assert es.learn(labels, values**3).calibration is None


# Where it says nothing
def test_nothing_is_shown_while_calibration_in_the_large_fails():
    _labels, values = drawn(300, 1)
    found = es.estimate(REFERENCE, values, values > 0.5, calibration_stands=False)
    assert (found.verdict, found.bands) == ("hidden", ())
    assert es.gap(found, 0.7) is None


@pytest.mark.parametrize(
    "values", [np.full(300, 0.9999), np.linspace(0.97, 0.9999, 300), np.r_[np.full(280, 0.3), np.full(20, 1.0)]]
)
def test_a_window_outside_of_the_reference_is_refused(values):
    found = es.estimate(REFERENCE, values, values > 0.5)
    assert found.verdict == "outside" and found.outside_share > 0.05 and not found.bands


def test_rows_unlike_the_reference_for_other_reasons_count_as_outside():
    _labels, values = drawn(300, 1)
    unlike = np.arange(300) < 20
    assert es.estimate(REFERENCE, values, values > 0.5, outside=unlike).verdict == "outside"
    assert es.estimate(REFERENCE, values, values > 0.5, outside=np.arange(300) < 3).verdict == "estimated"


@pytest.mark.parametrize(("rows", "value"), [(0, 0.5), (49, 0.5), (300, 0.02)])
def test_too_few_rows_or_expected_wins_cannot_be_judged(rows, value):
    reference = es.learn(np.tile([0.0, 1.0], 100), np.repeat([0.02, 0.5], 100))
    values = np.full(rows, value)
    assert es.estimate(reference, values, values > 0.5).verdict == "cannot_judge"


@pytest.mark.parametrize("rows", [0, 60, es.MIN_TESTED - 1])
def test_a_reference_that_is_too_small_says_so(rows):
    _labels, values = drawn(300, 1)
    assert es.estimate(es.learn(*drawn(rows)), values, values > 0.5).verdict == "too_small"


@pytest.mark.parametrize("rows", [140, 300, 1000])
def test_quiet_weeks_are_not_refused_as_unlike_a_small_test(rows):
    verdicts = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        tested = rng.beta(0.6, 2.4, rows).round(3)
        values = rng.beta(0.6, 2.4, 200).round(3)
        reference = es.learn((rng.random(rows) < tested).astype(float), tested)
        verdicts.append(es.estimate(reference, values, values > 0.5).verdict)
    assert verdicts.count("outside") <= 4
    assert rows < 300 or verdicts.count("estimated") >= 72


def test_a_small_test_knows_what_is_far_from_it():
    labels, values = drawn(400, 3)
    reference = es.learn(labels, values.clip(0.1, 0.9))
    assert es.FEWEST_NEAR <= reference.near <= es.MIN_NEAR
    assert es.estimate(reference, np.full(100, 0.999), np.full(100, True)).verdict == "outside"


def test_a_segment_that_ends_otherwise_is_expected_to_go_on_so():
    _labels, values = drawn(400, 2)
    offsets = np.where(np.arange(400) < 200, 0.0, -1.0)
    plain = es.estimate(REFERENCE, values, values > 0.5).band("win_rate")
    shifted = es.estimate(REFERENCE, values, values > 0.5, offsets=offsets).band("win_rate")
    less = 1 / (1 + np.exp(1 - np.log(values[200:] / (1 - values[200:]))))
    expected = (values[:200].sum() + less.sum()) / 400
    assert plain.estimate == pytest.approx(values.mean()) and shifted.estimate == pytest.approx(expected)


def test_nobody_called_positive_has_no_precision():
    _labels, values = drawn(300, 1)
    found = es.estimate(REFERENCE, values, np.zeros(300, dtype=bool))
    assert found.band("precision") is None and found.band("recall").estimate == 0
    assert es.gap(found, 0.5, "precision") is None


@pytest.mark.parametrize(
    ("values", "predictions", "message"),
    [([0.5, np.nan], [True, False], "a value is missing"), ([0.5, 0.6], [True], "same length")],
)
def test_rows_that_do_not_fit_are_refused_in_words(values, predictions, message):
    with pytest.raises(ValueError, match=message):
        es.estimate(REFERENCE, values, predictions)


# Concept drift
def test_it_is_blind_to_concept_drift_and_the_gap_is_not():
    seen = false = 0
    for seed in range(60):
        labels, values = drawn(400, seed)
        found = es.estimate(REFERENCE, values, values > 0.5)
        false += es.gap(found, performance.auc(labels, values)).exceeded
        turned = np.random.default_rng(seed).permutation(labels)  # as many wins, in no order
        gap = es.gap(found, performance.auc(turned, values))
        seen += gap.exceeded and gap.worse
    assert false <= 2 and seen >= 57


def test_the_gap_is_held_against_what_is_tolerated():
    window = es.Estimated(
        es.ESTIMATED, 300, 0.0, (es.Band("auc", 0.8, 0.01, 0.78, 0.82), es.Band("error", 0.2, 0.01, 0, 1))
    )
    assert es.gap(window, 0.785).p_value == 1
    # .05 off, .02 of it tolerated: three standard deviations
    assert es.gap(window, 0.75).p_value == pytest.approx(0.0027, rel=0.01)
    assert es.gap(window, 0.85).exceeded and not es.gap(window, 0.85).worse
    assert es.gap(window, 0.25, "error").worse
    assert es.gap(window, float("nan")) is None and es.gap(window, None) is None


@pytest.mark.parametrize(
    ("offsets", "known"),
    [
        (
            None,
            {
                "near": 10,
                "outside": 0.0,
                "tp": [38.5620655, 3.16113255, 32.0, 45.0],
                "fp": [17.4379345, 3.16113255, 11.0, 24.0],
                "fn": [12.9245272, 3.21065165, 7.0, 19.0],
                "tn": [81.0754728, 3.21065165, 75.0, 87.0],
                "win_rate": [0.343243951, 0.029679556, 0.286666667, 0.4],
                "error": [0.202416412, 0.0303917935, 0.14, 0.260166667],
                "precision": [0.688608312, 0.0564487955, 0.571428571, 0.803571429],
                "recall": [0.748972955, 0.0498994245, 0.65515674, 0.85106383],
                "auc": [0.874194235, 0.0278436024, 0.81364762, 0.924005596],
                "brier": [0.134592962, 0.0155514969, 0.106565462, 0.166607714],
            },
        ),
        (
            0.3,
            {
                "near": 10,
                "outside": 0.0,
                "tp": [41.5191728, 2.942537, 36.0, 47.0],
                "fp": [14.4808272, 2.942537, 9.0, 20.0],
                "fn": [16.1506079, 3.45214701, 9.0, 23.0],
                "tn": [77.8493921, 3.45214701, 71.0, 85.0],
                "win_rate": [0.384465205, 0.0304767853, 0.32, 0.44],
                "error": [0.204209567, 0.0300021562, 0.146666667, 0.26],
                "precision": [0.741413801, 0.0525453036, 0.642857143, 0.839285714],
                "recall": [0.719946779, 0.04570477, 0.639308932, 0.816326531],
                "auc": [0.873059489, 0.0269401505, 0.817033841, 0.92216641],
                "brier": [0.142273373, 0.0162662601, 0.112232331, 0.176814462],
            },
        ),
    ],
)
def test_a_small_window_comes_to_the_same_bands_as_ever(offsets, known):
    """See `pinning`: with draws of a seed, and of a segment of which more comes true."""
    values = (golden(600) ** 2).clip(0.02, 0.98)
    labels = (0.8 * values + 0.05 > golden(600) * 7 % 1).astype(float)
    reference = es.learn(labels, values, seed=2)
    window = values[::4]
    found = es.estimate(reference, window, window > 0.4, offsets=None if offsets is None else np.full(150, offsets))
    bands = {band.name: [band.estimate, band.se, band.low, band.high] for band in found.bands}
    assert_same({"near": reference.near, "outside": found.outside_share, **bands}, known)


def test_neighbours_are_counted_as_chances_or_as_log_odds():
    ascending = np.sort(np.r_[0.001, 0.0012, np.linspace(0.4, 0.6, 11)])
    assert es._neighbours(ascending, np.array([0.0011, 0.5, 0.9, 0.39])).tolist() == [2, 7, 0, 3]
    assert es._near(np.linspace(0.4, 0.6, 99)) == 0 and es._near(np.linspace(0.4, 0.6, 100)) == 10
    assert es._near(np.linspace(0.0, 1.0, 100) ** 0.25) < 10
