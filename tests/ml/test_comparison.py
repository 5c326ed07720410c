"""What differs between two cards: value by value, whatever their bins are called."""

import numpy as np

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER
from odoo.addons.ai_deployment.ml.comparison import inputs_changed, points_moved
from odoo.addons.ai_deployment.ml.scorecard import Scorecard


def numeric(name, edges, points, low=0, high=100):
    bins = NumericBins(low, high, edges)
    return CardFeature(name, NUMBER, bins, np.array(points, float), False, np.ones(bins.size, int))


def category(name, levels, points, counts=None):
    bins = CategoryBins(levels, dict.fromkeys(levels, 10))
    counts = np.ones(bins.size, int) if counts is None else np.array(counts)
    return CardFeature(name, CATEGORY, bins, np.array(points, float), False, counts)


def card(*features):
    return Scorecard(list(features), 0.0, Identity(), NumericBins(0, 1, [0.5]))


def test_inputs_that_came_and_went():
    old, new = card(category("a", ("x",), [0] * 4), numeric("b", [], [0] * 4)), card(numeric("b", [], [0] * 4))
    assert inputs_changed(old, new) == ([], ["a"])
    assert inputs_changed(new, old) == (["a"], [])


def test_the_same_card_has_moved_nowhere():
    one = card(numeric("a", [10, 50], [0, 1, 2, -1, 0, 2]), category("b", ("x", "y"), [0, 0, 0, 1, -1]))
    assert points_moved(one, one) == []


def test_numbers_are_compared_where_either_card_cuts():
    old = card(numeric("a", [50], [0, 0, 0, -1, 1]))
    new = card(numeric("a", [20, 50], [0, 0, 0, -2, -1, 1.5]))
    assert [(row.label, row.before, row.after) for row in points_moved(old, new)] == [
        ("0 to 20", -1, -2),
        ("50 to 100", 1, 1.5),
    ]


def test_neighbours_that_moved_alike_are_one_row():
    old = card(numeric("a", [10, 20, 30], [0, 0, 0, 1, 1, 1, 5]))
    new = card(numeric("a", [30], [0, 0, 0, 2, 5]))
    assert [row.label for row in points_moved(old, new)] == ["0 to 30"]


def test_levels_of_either_card_are_compared_by_their_names():
    old, new = card(category("a", ("1", "2"), [0, 0, 0.5, 1, 1])), card(category("a", ("1", "3"), [0.25, 0, 0, 1, 2]))
    moved = {row.label: (row.before, row.after) for row in points_moved(old, new, {"a": {"3": "Spain"}})}
    # the old card had never seen 3, the new one has never seen 2: both read as unseen, which is worth nothing
    assert moved == {"Spain": (0, 2), "2": (1, 0), "missing": (0, 0.25)}


def test_the_largest_move_stands_first_and_small_ones_are_left_out():
    old = card(category("a", ("x", "y", "z"), [0, 0, 0, 1, 1, 1]))
    new = card(category("a", ("x", "y", "z"), [0, 0, 0, 1.001, 0.5, 3]))
    assert [row.label for row in points_moved(old, new)] == ["z", "y"]


def test_what_holds_more_records_stands_before_what_moved_further():
    counts = [0, 0, 0, 10, 900, 90]
    old = card(category("a", ("x", "y", "z"), [0, 0, 0, 1, 1, 1], counts))
    new = card(category("a", ("x", "y", "z"), [0, 0, 0, 9, 1.2, 0.2], counts))
    assert [(row.label, round(row.share, 3)) for row in points_moved(old, new)] == [
        ("y", 0.9),
        ("x", 0.01),
        ("z", 0.09),
    ]


def test_a_value_that_hardly_any_record_has_is_no_difference():
    counts = [0, 0, 0, 4, 996]
    old = card(category("a", ("x", "y"), [0, 0, 0, 1, 1], counts))
    new = card(category("a", ("x", "y"), [0, 0, 0, 9, 2], counts))
    assert [row.label for row in points_moved(old, new)] == ["y"]


def test_narrow_intervals_that_moved_nearly_alike_are_one_row_with_the_mean_of_their_points():
    old = card(numeric("a", [10, 20, 30], [0, 0, 0, 1, 1, 1, 5]))
    new = card(numeric("a", [10, 20, 30], [0, 0, 0, 2, 2.02, 2.04, 5]))
    [row] = points_moved(old, new)
    assert (row.label, row.before, round(row.after, 6)) == ("0 to 30", 1, 2.02)


def test_an_input_that_changed_its_kind_is_not_compared():
    assert points_moved(card(numeric("a", [], [0, 0, 0, 1])), card(category("a", ("x",), [0, 0, 0, 1]))) == []


def test_a_card_that_knew_no_number_is_compared_all_the_same():
    empty = card(numeric("a", [], [0.0, 0, 0], None, None))
    full = card(numeric("a", [50], [0.5, 0, 0, -1, 1]))
    assert {row.label: row.change for row in points_moved(empty, full)} == {
        "missing": 0.5,
        "0 to 50": -1,
        "50 to 100": 1,
    }
