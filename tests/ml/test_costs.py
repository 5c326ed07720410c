"""Thresholds in money: the best one by hand and by search, its interval, and costs that are not there."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
