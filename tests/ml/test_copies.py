import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import copies
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.copies import copied


def rich(n, seed=0):
    random = np.random.default_rng(seed)
    columns = [
        make_column("amount", NUMBER, random.lognormal(8, 1, n).round(2)),
        make_column("days", NUMBER, np.where(random.random(n) < 0.2, np.nan, random.integers(0, 90, n))),
        make_column("city", CATEGORY, [None if code == 0 else str(code) for code in random.integers(0, 9, n)]),
    ]
    return columns, random.random(n) < 0.3


def taken(columns, rows):
    return [column.take(rows) for column in columns]


def test_a_table_of_different_rows_has_no_copies():
    assert not copied(*rich(500)).any()


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 5), st.integers(0, 1000))
def test_of_a_table_that_stands_several_times_each_row_is_kept_once(times, seed):
    columns, labels = rich(60, seed)
    rows = np.random.default_rng(seed).permutation(np.tile(np.arange(60), times))
    left_out = copied(taken(columns, rows), labels[rows])
    assert sorted(rows[~left_out].tolist()) == list(range(60))


def test_a_part_that_was_imported_twice_is_found():
    columns, labels = rich(400)
    rows = np.concatenate([np.arange(400), np.arange(100)])
    assert copied(taken(columns, rows), labels[rows]).nonzero()[0].tolist() == list(range(400, 500))


@pytest.mark.parametrize("seed", range(3))
def test_records_that_are_alike_are_no_copies(seed):
    """Three coarse inputs: most rows have equals, with outcomes of their own."""
    random = np.random.default_rng(seed)
    columns = [make_column(name, CATEGORY, random.integers(0, 4, 1000).tolist()) for name in "abc"]
    labels = random.random(1000) < 0.3
    assert not copied(columns, labels).any()
    certain = columns[0].values == "1"  # even where the inputs say everything
    assert not copied(columns, certain).any()
    rows = np.tile(np.arange(1000), 4)
    assert copied(taken(columns, rows), labels[rows]).sum() == 3000


def test_equal_rows_with_outcomes_of_their_own_are_no_copies():
    columns, _labels = rich(300)
    rows = np.tile(np.arange(300), 2)
    assert not copied(taken(columns, rows), np.random.default_rng(1).random(600) < 0.5).any()


def test_few_equals_say_nothing():
    columns, labels = rich(9)
    rows = np.tile(np.arange(9), 2)
    assert not copied(taken(columns, rows), labels[rows]).any()
    assert copied([], np.zeros(0)).tolist() == []


def test_pairs_that_all_won_say_nothing_however_much_else_was_lost():
    """Rows without equals say nothing about whether equals share their outcome."""
    columns, _labels = rich(300)
    rows = np.concatenate([np.arange(300), np.arange(40)])
    assert not copied(taken(columns, rows), rows < 40).any()
    half = rows % 2 == 0  # of the pairs, half won
    assert copied(taken(columns, rows), half).sum() == 40


# By hand
def test_places_among_equals_and_numbers_of_values():
    assert copies._nth(np.array([3, 3, 1, 3, 1])).tolist() == [0, 1, 0, 2, 1]
    one, two, three = copies._numbered(np.array([2.0, np.nan, 2.0])).tolist()
    assert one == three != two


def judged(pairs, unlike, alone=0, wins=None):
    """Return whether ``pairs`` of equal rows, ``unlike`` of them with two outcomes, are copies beside rows alone."""
    alike = np.r_[np.repeat(np.arange(pairs), 2), pairs + np.arange(alone)]
    labels = np.r_[np.repeat(np.arange(pairs) % 2 if wins is None else np.arange(pairs) < wins, 2), np.ones(alone)]
    labels[: 2 * unlike] = np.tile([0, 1], unlike)
    return copies._are_copies([alike] * 3, alike, labels.astype(np.int64))


def test_pairs_are_copies_where_they_share_their_outcome_beyond_what_chance_does():
    """Of 400 pairs, half won, chance lets 200 differ by ½ each; copies may come to the rest of `SURELY` of that."""
    most = int((1 - copies.SURELY) * 0.25 * 400 * 2)
    assert most > 0 and judged(400, most) and not judged(400, most + 2)
    assert not judged(400, 0, wins=0) and not judged(400, 0, wins=400) and judged(400, 0, wins=1)


def test_equals_that_chance_makes_are_no_copies():
    """800 rows have 319,600 pairs: 799 of one input with 400 values are equal by chance, and 2 of two such inputs."""
    alike, labels = np.repeat(np.arange(400), 2), np.repeat(np.arange(400) % 2, 2)
    assert 319_600 / 400**2 < copies.BY_CHANCE * 400 < 319_600 / 400
    assert copies._are_copies([alike, alike], alike, labels)
    assert not copies._are_copies([alike], alike, labels)
