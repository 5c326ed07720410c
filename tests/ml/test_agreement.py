"""Agreement of reviewers: known values, and what must hold of every table."""

import math

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import agreement as ours


def answers(table):
    """Two lists of answers whose counts are `table`."""
    first, second = [], []
    for row, counts in enumerate(table):
        for column, count in enumerate(counts):
            first += [row] * count
            second += [column] * count
    return first, second


def test_kappa_of_the_textbook():
    # Wikipedia's example: 70 % agree, 50 % by chance.
    found = ours.agreement(*answers([[20, 5], [10, 15]]))
    assert (found.pairs, found.share) == (50, pytest.approx(0.7))
    assert found.kappa == pytest.approx(0.4)


def test_the_interval_of_those_who_found_it():
    # Fleiss, Cohen and Everitt (1969): kappa 0.429, standard error the root of 0.002885.
    found = ours.agreement(*answers([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert found.kappa == pytest.approx(0.429, abs=0.001)
    assert (found.high - found.low) / 2 / ours.Z == pytest.approx(math.sqrt(0.002885), abs=0.001)


def test_the_interval_holds_what_is_true():
    random, inside, kappas = np.random.default_rng(6), 0, 1000
    joint = np.array([[0.55, 0.10], [0.05, 0.30]])
    chance = joint.sum(1) @ joint.sum(0)
    true = (np.trace(joint) - chance) / (1 - chance)
    for counts in random.multinomial(200, joint.ravel(), size=kappas):
        found = ours.agreement(*answers(counts.reshape(2, 2)))
        inside += found.low <= true <= found.high
    assert 0.92 <= inside / kappas <= 0.98


def test_without_pairs_or_with_one_answer_nothing_is_claimed():
    assert math.isnan(ours.agreement([], []).share)
    same = ours.agreement(["positive"] * 4, ["positive"] * 4)
    assert same.share == 1
    assert math.isnan(same.kappa)
    with pytest.raises(ValueError, match="two answers"):
        ours.agreement([1], [])


def test_what_holds_of_every_pair_of_answers():
    random = np.random.default_rng(1)
    for _ in range(300):
        n, levels = random.integers(1, 40), random.integers(1, 4)
        first, second = random.integers(0, levels, n), random.integers(0, levels, n)
        found, swapped = ours.agreement(first, second), ours.agreement(second, first)
        assert found.share == pytest.approx(np.mean(first == second))
        assert swapped == pytest.approx(found, nan_ok=True)
        order = random.permutation(n)
        assert ours.agreement(first[order], second[order]) == pytest.approx(found, nan_ok=True)
        if not math.isnan(found.kappa):
            assert -1 <= found.low <= found.kappa + 1e-12
            assert found.kappa - 1e-12 <= found.high <= 1
        assert ours.agreement(first, first).share == 1


def test_difference_of_shares_by_newcombe():
    # Newcombe (1998), method 10, table II: 56/70 v 48/80, 9/10 v 3/10, 0/10 v 0/10.
    for given, expected in (
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((0, 10, 0, 10), (0.0, -0.2775, 0.2775)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
    ):
        assert ours.share_difference(*given) == pytest.approx(expected, abs=0.0001)
    assert all(math.isnan(figure) for figure in ours.share_difference(0, 0, 1, 2))


def test_difference_turned_around():
    random = np.random.default_rng(2)
    for _ in range(200):
        n, m = random.integers(1, 50, 2)
        a, b = random.integers(0, n + 1), random.integers(0, m + 1)
        difference, low, high = ours.share_difference(a, n, b, m)
        assert ours.share_difference(b, m, a, n) == pytest.approx((-difference, -high, -low))
        assert -1 <= low <= difference <= high <= 1


def test_one_kind_is_fishers_exact_test():
    stats = pytest.importorskip("scipy.stats")
    for hits, cases, other_hits, other_cases in ((0, 30, 12, 60), (5, 30, 12, 60), (1, 4, 0, 3), (3, 3, 0, 9)):
        table = [[hits, cases - hits], [other_hits, other_cases - other_hits]]
        expected = stats.fisher_exact(table, alternative="less").pvalue
        assert ours.fewer_than_others([(hits, cases, other_hits, other_cases)]) == pytest.approx(expected)


def test_the_mix_of_questions_is_no_rubber_stamp():
    # Never overrides, but was asked only what nobody overrides.
    assert ours.fewer_than_others([(0, 100, 0, 100), (0, 0, 80, 100)]) == pytest.approx(1.0)
    assert ours.fewer_than_others([(0, 50, 0, 100), (0, 50, 80, 100)]) < 1e-6


def test_the_level_is_kept():
    random, alarms, people, level = np.random.default_rng(3), 0, 2000, 0.05
    for _ in range(people):
        strata = []
        for rate in (0.05, 0.3):
            mine, others = random.binomial(20, rate), random.binomial(60, rate)
            strata.append((int(mine), 20, int(others), 60))
        alarms += ours.fewer_than_others(strata) < level
    assert alarms / people <= level + 3 * math.sqrt(level * (1 - level) / people)


def test_large_numbers_stay_numbers():
    assert 0 <= ours.fewer_than_others([(0, 5000, 1000, 50000)]) < 1e-12
    assert ours.fewer_than_others([(100, 5000, 1000, 50000)]) == pytest.approx(0.5, abs=0.1)
