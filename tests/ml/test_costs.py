"""Thresholds in money: the best one by hand and by search, its interval, and costs that are not there."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import assert_same, golden
from scipy import stats

from odoo.addons.ai_deployment.ml import costs
from odoo.addons.ai_deployment.ml.errors import NoLoss, NoReviewCost, TooFewErrors
from odoo.addons.ai_deployment.ml.intervals import clopper_pearson

REVIEW = 5.0
# A card that is right as often as it says; a wrong decision loses 33 on average. Reviewing pays where
# (1 - confidence) x 33.1 > 5: below .849.
BREAK_EVEN = 1 - REVIEW / np.exp(3 + 0.5)


def sold(random, n):
    """(confidences, wrong, losses) of n decisions."""
    confidences = random.beta(6, 2, n)
    return confidences, random.random(n) > confidences, random.lognormal(3, 1, n)


def test_the_threshold_is_where_a_review_costs_what_it_saves():
    found = costs.cheapest(*sold(np.random.default_rng(1), 60_000), review_cost=REVIEW)
    assert found.line == pytest.approx(BREAK_EVEN, abs=0.03)
    assert found.lines[0] <= BREAK_EVEN <= found.lines[1]
    assert found.shares[0] <= found.share <= found.shares[1]


def test_dear_reviews_and_small_losses_ask_for_fewer():
    rows = sold(np.random.default_rng(2), 4000)
    cheap, dear = (costs.cheapest(*rows, review_cost=cost) for cost in (2.0, 15.0))
    assert cheap.line > dear.line and cheap.money.estimate > dear.money.estimate
    confidences, wrong, losses = rows
    assert costs.cheapest(confidences, wrong, losses * 10, review_cost=15.0).line > dear.line


def test_no_review_pays_or_each_one_does():
    confidences, wrong, losses = sold(np.random.default_rng(3), 500)
    none, each = (costs.cheapest(confidences, wrong, losses, review_cost=cost) for cost in (1e6, 1e-6))
    assert (none.line, none.share, none.money.estimate) == (0.0, 0.0, 0.0)
    assert each.share == pytest.approx(1, abs=0.05)  # those more sure than all that were wrong need none
    assert costs.money_at(none, 0.8).money.estimate < 0


def test_what_the_choice_saves_is_told_without_the_luck_of_choosing():
    """Cross-fitted, the money is what the threshold saves on new rows; the highest of the curve is too high."""
    random = np.random.default_rng(4)
    confidences, wrong, losses = sold(random, 100_000)
    told, true, lucky, held = [], [], [], []
    for _run in range(60):
        found = costs.cheapest(*sold(random, 200), review_cost=REVIEW)
        told.append(found.money.estimate)
        true.append(np.where(confidences < found.line, wrong * losses - REVIEW, 0).mean())
        lucky.append(max(point.money.estimate for point in found.curve))
        held.append(found.money.low <= true[-1] <= found.money.high)
    assert np.mean(told) == pytest.approx(np.mean(true), abs=3 * np.std(told) / np.sqrt(60))
    assert np.mean(lucky) > np.mean(true) + 0.3
    assert np.mean(held) >= 0.95


def test_chances_of_random_checks_weigh_the_rows_back():
    """Sure decisions are checked one in twenty: with their weights the same threshold is best as with all rows."""
    random = np.random.default_rng(5)
    confidences, wrong, losses = sold(random, 40_000)
    chances = np.where(confidences < 0.6, 1.0, 0.05)
    drawn = random.random(40_000) < chances
    found = costs.cheapest(
        confidences[drawn], wrong[drawn], losses[drawn], review_cost=REVIEW, weights=1 / chances[drawn]
    )
    assert found.line == pytest.approx(BREAK_EVEN, abs=0.06)
    everything = costs.cheapest(confidences, wrong, losses, review_cost=REVIEW)
    assert found.money.low < everything.money.estimate < found.money.high


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9]), st.booleans(), st.floats(1, 100)),
        min_size=1,
        max_size=60,
    ),
    st.floats(0.5, 50),
)
def test_no_other_threshold_saves_more(rows, review_cost):
    confidences, wrong, losses = (np.array(each) for each in zip(*rows, strict=True))
    if wrong.sum() < costs.LEAST_ERRORS:
        with pytest.raises((TooFewErrors, NoLoss)):
            costs.cheapest(confidences, wrong, losses, review_cost=review_cost)
        return
    found = costs.cheapest(confidences, wrong, losses, review_cost=review_cost)

    def saved(line):
        return np.where(confidences < line, wrong * losses - review_cost, 0).mean()

    assert saved(found.line) == pytest.approx(max(map(saved, [0, *confidences, math.inf])))
    assert [point.line for point in found.curve] == sorted(point.line for point in found.curve)
    for point in found.curve:
        assert point.money.estimate == pytest.approx(saved(point.line))
        assert point.share == pytest.approx(np.mean(confidences < point.line))
        assert point.money.low <= point.money.estimate + 1e-9 and point.money.estimate <= point.money.high + 1e-9


def test_equal_losses_have_the_interval_of_a_count():
    """Fay and Feuer's is the exact one of Poisson where every loss is the same: near Clopper and Pearson's."""
    low, high = costs.weighted_count(7 * 20.0, 7 * 400.0, 20.0)
    exact = clopper_pearson(7, 10_000)
    assert (float(low) / 20 / 10_000, float(high) / 20 / 10_000) == pytest.approx(exact, rel=0.01)


def test_missing_costs_have_their_sentences():
    rows = sold(np.random.default_rng(6), 200)
    for cost in (0.0, -1.0, math.nan):
        with pytest.raises(NoReviewCost, match="minutes of a review and their hourly cost"):
            costs.cheapest(*rows, review_cost=cost)
    with pytest.raises(NoLoss, match="what a wrong decision costs"):
        costs.cheapest(rows[0], rows[1], 0.0, review_cost=1.0)
    with pytest.raises(NoLoss):
        costs.cheapest([], [], [], review_cost=1.0)
    with pytest.raises(TooFewErrors, match="Only 2 of the decisions tested were wrong"):
        costs.cheapest([0.5] * 90, [True] * 2 + [False] * 88, 10.0, review_cost=1.0)
    with pytest.raises(ValueError, match="negative"):
        costs.cheapest(rows[0], rows[1], -1.0, review_cost=1.0)
    with pytest.raises(ValueError, match="same length"):
        costs.cheapest([0.5], [True, False], 1.0, review_cost=1.0)


def test_rows_without_a_confidence_or_a_loss_are_left_out():
    confidences, wrong, losses = sold(np.random.default_rng(7), 300)
    more = np.append(confidences, [math.nan, 0.5]), np.append(wrong, [True, True]), np.append(losses, [1e9, math.nan])
    assert costs.cheapest(*more, review_cost=REVIEW) == costs.cheapest(confidences, wrong, losses, review_cost=REVIEW)


# Known values
@pytest.mark.parametrize(
    ("options", "known"),
    [
        (
            {},
            {
                "chosen": [0.725, 0.725, 0.875, 0.713333333, 0.713333333, 0.863333333, 300, 151],
                "money": [9.81188965, 7.11066704, 12.9618786],
                "lines": [
                    0.0,
                    0.05,
                    0.075,
                    0.1,
                    0.125,
                    0.15,
                    0.175,
                    0.2,
                    0.225,
                    0.25,
                    0.275,
                    0.3,
                    0.325,
                    0.35,
                    0.375,
                    0.4,
                    0.425,
                    0.45,
                    0.475,
                    0.5,
                    0.525,
                    0.55,
                    0.575,
                    0.6,
                    0.625,
                    0.65,
                    0.675,
                    0.7,
                    0.725,
                    0.75,
                    0.775,
                    0.8,
                    0.825,
                    0.85,
                    0.875,
                    0.9,
                    0.925,
                    0.95,
                    0.975,
                    1.0,
                ],
                "shares": [
                    0.0,
                    0.04,
                    0.0633333333,
                    0.09,
                    0.113333333,
                    0.136666667,
                    0.163333333,
                    0.19,
                    0.213333333,
                    0.24,
                    0.266666667,
                    0.29,
                    0.313333333,
                    0.34,
                    0.363333333,
                    0.39,
                    0.41,
                    0.436666667,
                    0.46,
                    0.49,
                    0.513333333,
                    0.533333333,
                    0.563333333,
                    0.586666667,
                    0.613333333,
                    0.64,
                    0.66,
                    0.686666667,
                    0.713333333,
                    0.736666667,
                    0.763333333,
                    0.786666667,
                    0.813333333,
                    0.836666667,
                    0.863333333,
                    0.886666667,
                    0.913333333,
                    0.936666667,
                    0.966666667,
                    0.986666667,
                    1.0,
                ],
                "curve": [
                    0.0,
                    0.0,
                    0.0,
                    0.409176962,
                    0.0238589476,
                    1.25902322,
                    0.724526305,
                    0.196828864,
                    1.68823824,
                    1.11975458,
                    0.44958128,
                    2.20918073,
                    1.49218711,
                    0.707549545,
                    2.68757207,
                    1.89332119,
                    0.998572212,
                    3.19359253,
                    1.9233623,
                    0.982491649,
                    3.26818525,
                    2.35680228,
                    1.30281991,
                    3.81300164,
                    2.8467512,
                    1.68222443,
                    4.41284049,
                    3.44057549,
                    2.15133305,
                    5.13163011,
                    4.06748654,
                    2.65523416,
                    5.88251093,
                    4.6467679,
                    3.12682336,
                    6.57087003,
                    4.4367679,
                    2.91682336,
                    6.36087003,
                    4.31948256,
                    2.78213727,
                    6.26144397,
                    4.98371116,
                    3.32539173,
                    7.04990086,
                    5.77677127,
                    3.98121545,
                    7.98404038,
                    6.39640029,
                    4.49806744,
                    8.70943491,
                    6.83905497,
                    4.85503952,
                    9.24032563,
                    6.62905497,
                    4.64503952,
                    9.03032563,
                    6.35905497,
                    4.37503952,
                    8.76032563,
                    6.75407997,
                    4.68974819,
                    9.23903279,
                    7.49832079,
                    5.3146447,
                    10.1075017,
                    8.65344799,
                    6.29243615,
                    11.4470184,
                    8.76537402,
                    6.36541235,
                    11.5993982,
                    8.52537402,
                    6.12541235,
                    11.3593982,
                    8.28537402,
                    5.88541235,
                    11.1193982,
                    8.10537402,
                    5.70541235,
                    10.9393982,
                    8.76468315,
                    6.24758188,
                    11.7217316,
                    9.99188965,
                    7.29066704,
                    13.1418786,
                    9.96742781,
                    7.24350836,
                    13.1411632,
                    9.72742781,
                    7.00350836,
                    12.9011632,
                    9.51742781,
                    6.79350836,
                    12.6911632,
                    9.27742781,
                    6.55350836,
                    12.4511632,
                    9.14535295,
                    6.41898239,
                    12.320746,
                    9.19463431,
                    6.45878524,
                    12.3766957,
                    8.98463431,
                    6.24878524,
                    12.1666957,
                    8.74463431,
                    6.00878524,
                    11.9266957,
                    8.53463431,
                    5.79878524,
                    11.7166957,
                    8.26463431,
                    5.52878524,
                    11.4466957,
                    8.08463431,
                    5.34878524,
                    11.2666957,
                    7.96463431,
                    5.22878524,
                    11.1466957,
                ],
                "as good": [
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                    True,
                    True,
                    True,
                    True,
                    True,
                    False,
                    True,
                    False,
                    False,
                    False,
                    False,
                    False,
                    False,
                ],
            },
        ),
        (
            {"weights": 0.5 + golden(300, 0.3), "points": 9},
            {
                "chosen": [0.725, 0.6, 0.85, 0.811114886, 0.643435566, 0.882318091, 300, 151],
                "money": [10.7652285, 7.61533484, 14.5307371],
                "lines": [0.0, 0.175, 0.3, 0.4, 0.5, 0.6, 0.7, 0.725, 0.85],
                "shares": [
                    0.0,
                    0.144348619,
                    0.274674366,
                    0.388938192,
                    0.513482267,
                    0.643435566,
                    0.787678918,
                    0.811114886,
                    0.882318091,
                    1.0,
                ],
                "curve": [
                    0.0,
                    0.0,
                    0.0,
                    1.68902557,
                    0.856581975,
                    3.09429388,
                    4.50511991,
                    3.020351,
                    6.53553664,
                    5.84402873,
                    3.99112097,
                    8.25060537,
                    6.52176992,
                    4.40734696,
                    9.19783421,
                    9.74828524,
                    6.97071194,
                    13.1215003,
                    9.78558812,
                    6.79120388,
                    13.3905036,
                    10.860257,
                    7.71036327,
                    14.6257656,
                    10.3646079,
                    7.20802479,
                    14.1354543,
                    9.49369046,
                    6.33288547,
                    13.2662485,
                ],
                "as good": [False, False, False, False, False, True, False, True, True, False],
            },
        ),
    ],
)
def test_a_small_table_comes_to_the_same_choice_as_ever(options, known):
    """See `pinning`."""
    sure = (golden(300) * 40).round() / 40
    found = costs.cheapest(sure, golden(300) * 7 % 1 > sure, 10 + 50 * golden(300, 0.2), review_cost=9.0, **options)
    assert_same(
        {
            "chosen": [found.line, *found.lines, found.share, *found.shares, found.rows, found.errors],
            "money": list(found.money),
            "lines": [point.line for point in found.curve[:-1]],
            "shares": [point.share for point in found.curve],
            "curve": [figure for point in found.curve for figure in point.money],
            "as good": [point.is_as_good for point in found.curve],
        },
        known,
    )


def test_sums_of_losses_are_gamma_of_their_mean_and_variance():
    low, high = costs.weighted_count([10.0, 0.0], [40.0, 0.0], 5.0)
    assert low == pytest.approx([stats.gamma.ppf(0.025, 100 / 40, scale=4), 0.0])
    assert high == pytest.approx(
        [stats.gamma.ppf(0.975, 225 / 65, scale=65 / 15), stats.gamma.ppf(0.975, 1.0, scale=5.0)]
    )


def test_what_cannot_be_weighed_in_money_is_refused_or_left_out():
    sure, wrong = golden(40), np.arange(40) % 2 == 0
    for options in (
        {"losses": -1.0},
        {"losses": 1.0, "weights": -np.ones(40)},
        {"losses": 1.0, "weights": np.ones(39)},
    ):
        with pytest.raises(ValueError, match="negative|same length"):
            costs.cheapest(sure, wrong, review_cost=1.0, **options)
    holes = np.where(np.arange(40) < 4, np.nan, sure)
    found = costs.cheapest(holes, wrong, 3.0, review_cost=1.0)
    assert (found.rows, found.errors) == (36, 18)
    for count, error in ((10, None), (9, TooFewErrors), (0, NoLoss)):
        few = np.arange(40) < count
        if error is None:
            assert costs.cheapest(sure, few, 3.0, review_cost=1.0).errors == 10
        else:
            with pytest.raises(error):
                costs.cheapest(sure, few, 3.0, review_cost=1.0)


def test_a_threshold_below_all_is_the_first_of_the_curve():
    sure = golden(100)
    found = costs.cheapest(sure, golden(100) * 7 % 1 > sure, 10.0, review_cost=0.5)
    assert costs.money_at(found, -1.0) == found.curve[0] and costs.money_at(found, 0.0).share == 0.0
    assert found.curve[0].money == (0.0, 0.0, 0.0)
    assert all(point.money.low < point.money.estimate < point.money.high for point in found.curve[1:])
