import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
