import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.calibration import sigmoid
from odoo.addons.ai_deployment.ml.challenge import challenge, sign_challenge


def duel(seed, n, better=0.0):
    """Labels (20 % positive) and two scorers of AUC about .80; the first may know more."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=n) * 1.4 - 1.9
    labels = random.random(n) < sigmoid(truth)
    noise = random.normal(size=(2, n)) * np.array([[0.7 - better], [0.7]])
    first, second = sigmoid(0.8 * (truth + noise) - 0.2)
    return labels, first, second


@pytest.mark.parametrize(("n", "repeats"), [(200, 300), (2000, 150)])
def test_two_equal_models_rarely_swap_places(n, repeats):
    swaps = np.mean([challenge(*duel(seed, n)).verdict == "better" for seed in range(repeats)])
    assert swaps <= 0.07 + 2 * np.sqrt(0.07 * 0.93 / repeats)


def test_a_true_gain_is_found_with_enough_rows_and_never_called_worse():
    verdicts = [challenge(*duel(seed, 2000, better=0.6)).verdict for seed in range(40)]
    assert verdicts.count("better") >= 36 and "worse" not in verdicts


def test_the_loser_of_a_sure_gain_is_worse():
    labels, first, second = duel(1, 3000, better=0.6)
    assert challenge(labels, first, second).verdict == "better"
    assert challenge(labels, second, first).verdict == "worse"


def test_gains_are_for_the_challenger_and_their_bounds_are_97_5_percent():
    labels, first, second = duel(2, 1000, better=0.3)
    found = challenge(labels, first, second)
    auc = performance.auc_difference(labels, first, second)
    brier = performance.brier_difference(labels, second, first)
    assert found.auc_gain == pytest.approx(performance.auc(labels, first) - performance.auc(labels, second))
    assert found.brier_gain == pytest.approx(performance.brier(labels, second) - performance.brier(labels, first))
    assert (found.auc_gain_low, found.brier_gain_low) == pytest.approx((auc.low, brier.low))


def test_a_gain_in_order_does_not_excuse_a_possible_loss_in_level():
    # The order is better beyond doubt; the level is not surely worse, but it may well be.
    for seed in range(60):
        labels, first, second = duel(seed, 1500, better=0.5)
        shifted = sigmoid(np.log(first / (1 - first)) + 0.75)
        found = challenge(labels, shifted, second)
        brier = performance.brier_difference(labels, second, shifted)
        if found.auc_gain_low > 0 and brier.high > 0 and brier.estimate - 1.644854 * brier.se < -0.01:
            assert found.verdict == "inconclusive"
            break
    else:
        pytest.fail("no such duel")


def test_equal_values_are_inconclusive_and_need_more_rows():
    labels, first, second = duel(5, 300)
    same = challenge(labels, first, first)
    assert (same.verdict, same.auc_gain, same.brier_gain) == ("inconclusive", 0, 0)
    found = challenge(labels, first, second)
    assert found.verdict == "inconclusive" and found.more_needed > 0
    auc = performance.auc_difference(labels, first, second)
    brier = performance.brier_difference(labels, second, first)
    reach = 1.959964 + 0.841621  # sure, in four of five cases
    needed = min(300 * (reach * g.se / max(g.estimate, worth)) ** 2 for g, worth in ((auc, 0.01), (brier, 0.0025)))
    assert found.more_needed == int(np.ceil(needed)) - 300


def test_where_no_gain_worth_finding_is_left_nothing_more_is_needed():
    labels, first, _second = duel(6, 4000)
    found = challenge(labels, first, first * 0.9999)
    assert found.verdict != "better" and found.more_needed == 0


def test_a_gain_that_is_too_early_to_say_is_found_with_as_many_more():
    """Of real gains that 200 rows leave open, most are found with the outcomes that are asked for."""
    found = []
    for seed in range(120):
        early = challenge(*duel(seed, 200, better=0.5))
        if early.verdict == "inconclusive" and 0 < early.more_needed < 3000:
            rows = 200 + early.more_needed
            found.append(challenge(*duel(1000 + seed, rows, better=0.5)).verdict == "better")
    assert len(found) > 20 and np.mean(found) >= 0.6


def test_who_tries_often_needs_a_clearer_gain():
    # A gain that is just sure once is not sure as the twentieth attempt.
    for seed in range(200):
        labels, first, second = duel(seed, 600, better=0.25)
        if (
            challenge(labels, first, second).verdict == "better"
            and challenge(labels, first, second).auc_gain_low < 0.005
        ):
            assert challenge(labels, first, second, attempts=20).verdict == "inconclusive"
            break
    else:
        pytest.fail("no such duel among 200")


@pytest.mark.parametrize("labels", [[], [1], [0, 0, 0], [1, 1]])
def test_without_two_kinds_of_outcome_there_is_no_verdict_about_order(labels):
    found = challenge(np.array(labels), np.full(len(labels), 0.5), np.full(len(labels), 0.5))
    assert found.verdict == "inconclusive" and found.auc_gain is None
    json.dumps(found.to_dict())


def test_without_any_row_two_are_missing_and_where_one_kind_is_known_one_more():
    assert challenge(np.array([]), np.array([]), np.array([])).more_needed == 2
    assert challenge(np.array([1.0]), np.array([0.5]), np.array([0.5])).more_needed == 1


# Rare anomalies: a sign test
def test_cards_of_equal_worth_are_rarely_told_apart_by_signs():
    random = np.random.default_rng(0)
    found = []
    for _run in range(400):
        unusual = random.random(60) < 0.5
        new = random.random(60) < 0.5
        found.append(sign_challenge(unusual, new, ~new).verdict)
    assert found.count("better") <= 16 and found.count("worse") <= 16  # 2.5 % of 400 is 10


def test_a_card_that_is_right_more_often_is_better_from_twenty_cases_on():
    unusual = np.array([True] * 12 + [False] * 12 + [True] * 500)
    both = np.ones(524, bool)
    right = np.where(np.arange(524) < 24, unusual, both)
    wrong = np.where(np.arange(524) < 24, ~unusual, both)
    found = sign_challenge(unusual, right, wrong)
    assert (found.verdict, found.cases, found.right) == ("better", 24, 24)
    assert sign_challenge(unusual, wrong, right).verdict == "worse"
    assert sign_challenge(unusual[6:], right[6:], wrong[6:]).to_dict()["more_needed"] == 2


def test_attempts_are_corrected_for_in_sign_tests_too():
    new = np.arange(20) < 15  # 15 of 20: .021 one-sided
    assert sign_challenge(np.ones(20, bool), new, ~new).verdict == "better"
    assert sign_challenge(np.ones(20, bool), new, ~new, attempts=2).verdict == "inconclusive"
