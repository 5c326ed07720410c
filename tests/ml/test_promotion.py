"""The gate in front of a new version: verdicts, attempts, and guards that reject whatever the gains are."""

import json
import math

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.challenge import challenge
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.promotion import (
    MOST_ATTEMPTS,
    Broken,
    judge,
    overload,
    safer_when_larger,
    test_set,
    worse_segments,
    wrong_directions,
)
from odoo.addons.ai_deployment.ml.scorecard import CardFeature, CardPair, Scorecard

AGE = NumericBins(0, 100, [20, 40, 60])
CITY = CategoryBins(["Bern", "Wien"], {"Bern": 60, "Wien": 40})
RISING = [0.0, -1.0, 2.0, -1.0, -0.5, 0.5, 2.0]  # missing, below, above, then the four intervals


def card(age=RISING, pair=None):
    features = [
        CardFeature("age", NUMBER, AGE, np.array(age), False, np.full(7, 10)),
        CardFeature("city", CATEGORY, CITY, np.array([0, 0, 0, 0.3, -0.3]), False, np.full(5, 10)),
    ]
    pairs = [CardPair("age", "city", np.array(pair))] if pair is not None else []
    return Scorecard(features, 0.0, Identity(), NumericBins(0, 1, [0.5]), pairs)


def columns(n=60):
    return {
        "age": make_column("age", NUMBER, [None, *np.linspace(0, 100, n - 1).tolist()]),
        "city": make_column("city", CATEGORY, ["Bern", "Wien", None] * (n // 3)),
    }


def duel(seed, n, gain=1.0):
    """Labels and two scorers, the first of which has less noise where `gain` is below 1."""
    random = np.random.default_rng(seed)
    odds = random.logistic(size=n) - 1.5
    labels = (random.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
    ours, theirs = (1 / (1 + np.exp(-0.7 * (odds + random.normal(size=n) * noise))) for noise in (gain, 1.0))
    return labels, ours, theirs


# Verdicts
def test_the_gate_says_what_the_comparison_says():
    for seed, n, gain in ((1, 3000, 0.0), (2, 300, 1.0)):
        rows = duel(seed, n, gain)
        assert judge(*rows).verdict == challenge(*rows).verdict
    labels, ours, theirs = duel(1, 3000, 0.0)
    assert (judge(labels, ours, theirs).verdict, judge(labels, theirs, ours).verdict) == ("better", "worse")


def test_equal_values_are_the_same_and_no_attempt_at_all():
    labels, ours, _theirs = duel(3, 400)
    assert judge(labels, ours, ours).verdict == "same"
    ours[5] = math.nan
    assert judge(labels, ours, ours.copy()).verdict == "same"
    assert judge([], [], []).verdict == "inconclusive"


def test_rows_that_one_of_them_cannot_score_do_not_count():
    labels, ours, theirs = duel(4, 500)
    holes = np.append(ours, [math.nan, 0.5]), np.append(theirs, [0.5, math.nan])
    assert judge(np.append(labels, [1, 0]), *holes).comparison == judge(labels, ours, theirs).comparison


def test_a_broken_guard_rejects_what_is_better():
    guard = Broken("segment", "Austria", 0.05, 0.01)
    found = judge(*duel(1, 3000, 0.0), broken=[guard])
    assert (found.verdict, found.comparison.verdict) == ("worse", "better")
    stored = json.loads(json.dumps(found.to_dict()))
    assert stored["verdict"] == "worse" and stored["rows"] == 3000
    assert stored["broken"] == [{"guard": "segment", "name": "Austria", "found": 0.05, "allowed": 0.01}]


def test_what_is_the_same_breaks_nothing_that_was_not_broken():
    labels, ours, _theirs = duel(3, 400)
    assert judge(labels, ours, ours, broken=[Broken("load", None, 30.0, 20.0)]).verdict == "same"


# Attempts
def test_attempts_on_shared_rows_are_counted_and_a_test_set_is_used_up():
    assert test_set((10, 20), []) == (1, None)
    assert test_set((10, 20), [(0, 9.9), (21, 30)]) == (1, None)
    assert test_set((10, 20), [(0, 10), (20, 30), (12, 13)]) == (4, None)
    assert test_set((10, 20), [(5, 12)] * (MOST_ATTEMPTS - 1)) == (MOST_ATTEMPTS, None)
    assert test_set((10, 20), [(5, 12)] * (MOST_ATTEMPTS - 1) + [(9, 17)]) == (1, 17)


def test_the_level_of_an_attempt_is_divided_by_its_number():
    bounds = [judge(*duel(5, 800, 0.6), attempts=number).comparison.auc_gain_low for number in (1, 2, 5)]
    assert bounds == sorted(bounds, reverse=True) and bounds[0] > bounds[-1]


# Guards on the card
def test_a_declared_direction_is_held_and_its_breach_is_named_with_its_size():
    assert wrong_directions(card(), columns(), {"age": 1, "city": 0, "gone": 1}) == []
    (found,) = wrong_directions(card(), columns(), {"age": -1})
    assert (found.guard, found.name) == ("direction", "age") and found.found > 0.5
    (found,) = wrong_directions(card([0, -1, 2, -1, 0.6, 0.5, 2.0]), columns(), {"age": 1})
    assert 0.02 < found.found < 0.03  # a tenth of a log odds, near a half


def test_beyond_what_was_seen_and_below_it_count_too():
    assert wrong_directions(card([0, -1, 1.5, -1, -0.5, 0.5, 2.0]), columns(), {"age": 1})
    assert wrong_directions(card([0, -0.7, 2, -1, -0.5, 0.5, 2.0]), columns(), {"age": 1})


def test_an_interaction_that_turns_a_direction_around_is_found():
    pair = np.zeros((7, 5))
    pair[6, 4] = -3.0  # old, in Vienna
    assert wrong_directions(card(pair=pair), columns(), {"age": 1})[0].name == "age"
    pair[6, 4] = -0.5
    pair[2, 4] = -0.5
    assert wrong_directions(card(pair=pair), columns(), {"age": 1}) == []


def test_a_larger_amount_does_not_look_safer_on_an_anomaly_card():
    random = np.random.default_rng(6)
    bills = {
        "amount": make_column("amount", NUMBER, random.lognormal(5, 1, 2000)),
        "account": make_column("account", CATEGORY, random.choice(["rent", "power", "paper"], 2000).tolist()),
    }
    moments = np.arange(2000.0)
    for tail, names in (("high", []), ("two", []), ("low", ["amount"])):
        usual = train_anomaly(bills, moments, tails={"amount": tail}).card
        assert [found.name for found in safer_when_larger(usual, bills, ["amount", "gone"])] == names


def test_a_scorecard_whose_chance_falls_with_the_amount_is_named():
    falling = [0.0, -1.0, 0.5, -1.0, -0.5, 0.5, 2.0]
    (found,) = safer_when_larger(card(falling), columns(), ["age"])
    assert (found.guard, found.name) == ("amount", "age")
    assert safer_when_larger(card([0, 3.0, 2.0, 3.0, -0.5, 0.5, 2.0]), columns(), ["age"]) == []  # below the median


def test_nothing_to_try_is_no_breach():
    empty = {"age": make_column("age", NUMBER, [None] * 9), "city": make_column("city", CATEGORY, ["Bern"] * 9)}
    assert wrong_directions(card(), empty, {"age": 1}) == [] and safer_when_larger(card(), empty, ["age"]) == []


# Guards on rows and people
def segmented(seed, n, lost):
    """A challenger that is better in three segments and confused in the fourth."""
    labels, ours, theirs = duel(seed, n, 0.3)
    parts = np.arange(n) % 4
    random = np.random.default_rng(seed)
    ours[parts == 3] = np.where(random.random((parts == 3).sum()) < lost, random.random((parts == 3).sum()), ours[3::4])
    return labels, ours, theirs, [f"team {part}" for part in parts]


def test_a_large_segment_that_loses_clearly_stops_a_version_that_is_better_as_a_whole():
    rows = segmented(7, 4000, 0.9)
    (found,) = worse_segments(*rows)
    assert (found.guard, found.name) == ("segment", "team 3") and found.found > 0.05
    assert worse_segments(*segmented(7, 4000, 0.0)) == []


def test_a_small_segment_is_not_judged_and_many_share_one_level():
    labels, ours, theirs, parts = segmented(7, 4000, 0.9)
    wins = np.flatnonzero((np.array(parts) == "team 3") & (labels == 1))
    kept = np.setdiff1d(np.arange(4000), wins[49:])
    assert worse_segments(labels[kept], ours[kept], theirs[kept], [parts[row] for row in kept]) == []
    stopped = sum(bool(worse_segments(*segmented(seed, 4000, 0.0)[:3], parts)) for seed in range(20))
    assert stopped == 0


@pytest.mark.parametrize(("asked", "broken"), [(150, False), (220, False), (260, True)])
def test_more_reviews_than_people_can_do_stop_a_version_beyond_doubt(asked, broken):
    assert bool(overload(asked, 1000, per_day=100, capacity=20)) is broken
    assert overload(0, 0, per_day=100, capacity=20) == []
