"""Points in order: what is shared out, centred and completed, by hand."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.points import ENOUGH, Additive, blocks_of, centre, complete, purify, purify_blocks


def test_a_weighted_sum_of_functions_is_the_function_of_weighted_sums():
    one = Additive(1.0, [np.array([0.0, 1.0]), np.array([2.0, 3.0, 4.0])])
    two = Additive(-2.0, [np.array([1.0, 1.0]), np.array([0.0, -1.0, 5.0])])
    found = Additive.weighted([one, two], np.array([0.25, 0.5]))
    assert found.intercept == pytest.approx(-0.75)
    assert [table.tolist() for table in found.tables] == [[0.5, 0.75], [0.5, 0.25, 3.5]]
    codes = np.array([[0, 2], [1, 0]])
    assert found.raw(codes) == pytest.approx(0.25 * one.raw(codes) + 0.5 * two.raw(codes))
    mean = Additive.mean([one, two])
    assert mean.intercept == -0.5 and mean.tables[1].tolist() == [1.0, 1.0, 4.5]


def test_a_pure_pair_averages_nothing_in_each_row_and_column_that_has_rows():
    table, counts = np.array([[1.0, 2.0, 9.0], [4.0, -3.0, 7.0], [5.0, 5.0, 5.0]]), np.array([[3, 1, 0], [1, 2, 0]])
    counts = np.vstack([counts, np.zeros(3, dtype=int)])
    pure, rows, columns = purify(table, counts)
    assert pure + rows[:, None] + columns == pytest.approx(table)
    assert (pure * counts).sum(axis=0) == pytest.approx(0, abs=1e-9)
    assert (pure * counts).sum(axis=1) == pytest.approx(0, abs=1e-9)
    assert rows[2] == 0 and columns[2] == 0
    once = purify(table, counts, rounds=1)
    assert once[1][:2] == pytest.approx([5 / 4, -2 / 3])  # the first round takes the means of the rows
    # then those of the columns: (3 * (1 - 1.25) + 4 + 2 / 3) / 4 and (2 - 1.25 + 2 * (2 / 3 - 3)) / 3
    assert once[2][:2] == pytest.approx([(3 * -0.25 + 4 + 2 / 3) / 4, (0.75 + 2 * (2 / 3 - 3)) / 3])


def test_blocks_stay_blocks():
    table = np.array([[1.0, 1.0, 5.0], [1.0, 1.0, 5.0], [0.0, 0.0, 2.0]])
    rows, columns, values = blocks_of(table)
    assert values[np.ix_(rows, columns)].tolist() == table.tolist() and values.shape == (2, 2)
    counts = np.array([[1, 2, 1], [0, 1, 3], [2, 2, 2]])
    pure, by_row, by_column = purify_blocks(table, counts)
    assert pure + by_row[:, None] + by_column == pytest.approx(table)
    assert pure[0].tolist() == pure[1].tolist() and pure[:, 0].tolist() == pure[:, 1].tolist()
    # as if the blocks were the codes
    known = purify(np.array([[0.0, 2.0], [1.0, 5.0]]), np.array([[4, 2], [4, 4]]))
    assert pure[[2, 0]][:, [0, 2]] == pytest.approx(known[0])


def test_beyond_the_range_the_nearest_interval_with_rows_speaks():
    bins = NumericBins.fit(np.arange(8.0), 4)
    points = np.arange(bins.size, dtype=float) + 1
    seen = np.ones(bins.size)
    seen[[BELOW, ABOVE]] = 0
    found, silent = complete(bins, points, seen)
    assert found[BELOW] == points[FIRST] and found[ABOVE] == points[-1] and not silent.any()
    assert found[FIRST:].tolist() == points[FIRST:].tolist() and found[MISSING] == points[MISSING]
    seen[-1] = 0
    found, silent = complete(bins, points, seen)
    assert np.flatnonzero(silent).tolist() == [ABOVE, bins.size - 1]  # whom it asks is silent itself
    assert found[ABOVE] == found[-1] == 0
    assert complete(bins, points, np.ones(bins.size))[0].tolist() == points.tolist()


@pytest.mark.parametrize("rows", [ENOUGH - 1, ENOUGH])
def test_other_known_speaks_for_levels_never_seen_where_it_has_enough_rows(rows):
    bins = CategoryBins(["a"], {"a": 20, "b": rows})
    seen = np.zeros(bins.size)
    seen[[OTHER, FIRST]] = rows, 20
    found, silent = complete(bins, np.full(bins.size, 2.0), seen)
    assert bool(found[UNSEEN]) == (rows >= ENOUGH) and found[MISSING] == 0 and found[OTHER] == 2
    assert silent.tolist() == [code == MISSING or (code == UNSEEN and rows < ENOUGH) for code in range(bins.size)]


def test_centred_points_average_nothing_over_what_has_points():
    points, counts, silent = np.array([1.0, 4.0, 7.0]), np.array([3, 1, 8]), np.array([False, False, True])
    found, mean = centre(points, counts, silent)
    assert mean == 1.75 and found.tolist() == [-0.75, 2.25, 0.0]
    assert centre(points, np.zeros(3))[1] == 0.0
    assert centre(points, counts)[1] == pytest.approx(63 / 12)
