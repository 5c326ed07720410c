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


def test_the_interval_of_many_common_answers_is_the_usual_one():
    # Fleiss, Cohen and Everitt (1969): kappa 0.429, standard error the root of 0.002885.
    found = ours.agreement(*answers([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert found.kappa == pytest.approx(0.429, abs=0.001)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(math.sqrt(0.002885), abs=0.003)


@pytest.mark.parametrize(
    ("pairs", "rate", "true"), [(30, 0.1, 0.9), (100, 0.05, 0.2), (100, 0.1, 0.8), (300, 0.3, 0.6)]
)
def test_the_interval_holds_what_is_true_where_one_answer_is_rare(pairs, rate, true):
    random, both = np.random.default_rng(6), rate * (1 - rate)
    joint = [rate**2 + true * both, both * (1 - true), both * (1 - true), (1 - rate) ** 2 + true * both]
    found = [ours.agreement(*answers(counts.reshape(2, 2))) for counts in random.multinomial(pairs, joint, size=600)]
    told = [each.low <= true <= each.high for each in found if not math.isnan(each.kappa)]
    assert len(told) > 300
    assert 0.93 - 3 * math.sqrt(0.05 * 0.95 / len(told)) <= np.mean(told) <= 0.99


def test_of_a_handful_of_rare_answers_no_kappa_is_told():
    found = ours.agreement([True] * 2 + [False] * 98, [True] * 2 + [False] * 98)
    assert found.share == 1 and math.isnan(found.kappa)
    assert not math.isnan(ours.agreement([True] * 3 + [False] * 97, [True] * 3 + [False] * 97).kappa)


def test_rare_answers_of_both_count_whoever_gave_them():
    def told(first, second):
        answers = ([no < rare for no in range(20)] for rare in (first, second))
        return not math.isnan(ours.agreement(*answers).kappa)

    assert told(5, 0) and told(0, 5) and told(4, 1)
    assert not told(4, 0) and not told(0, 4) and not told(2, 2)


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
