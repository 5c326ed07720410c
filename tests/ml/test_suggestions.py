import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.suggestions import FEWEST, filled, repeats, tells, variety


def test_g_squared_of_a_known_table():
    """30 of 40 against 10 of 40: G² is 20.93 with one degree of freedom."""
    column = make_column("x", CATEGORY, ["a"] * 40 + ["b"] * 40)
    labels = np.r_[np.ones(30), np.zeros(10), np.ones(10), np.zeros(30)]
    assert tells(column, labels) == pytest.approx((20.93 - 1) / np.sqrt(2), abs=0.01)
    assert tells(make_column("x", NUMBER, [1] * 80), labels) == 0.0
    assert tells(column, np.ones(80)) == 0.0


def test_noise_tells_nothing_however_many_levels_it_has():
    rng = np.random.default_rng(2)
    for levels in (2, 20):
        found = [
            tells(make_column("x", CATEGORY, rng.integers(0, levels, 600).tolist()), rng.random(600) < 0.3)
            for _round in range(40)
        ]
        assert np.mean(found) == pytest.approx(0, abs=0.5)
    weak = rng.random(600) < 0.5
    many = make_column("many", CATEGORY, rng.integers(0, 20, 600).tolist())
    labels = rng.random(600) < np.where(weak, 0.42, 0.22)
    assert tells(make_column("weak", CATEGORY, weak.tolist()), labels) > tells(many, labels)


def test_what_a_column_looks_like():
    column = make_column("x", CATEGORY, ["a"] * 10 + ["b"] * 10 + [None] * 20 + [f"name {place}" for place in range(4)])
    assert filled(column) == pytest.approx(24 / 44) and repeats(column) == pytest.approx(20 / 24)
    assert variety(make_column("x", CATEGORY, ["a", "b"] * 10)) == pytest.approx(1)
    assert variety(make_column("x", CATEGORY, ["a"] * 10)) == 0.0
    empty = make_column("x", NUMBER, [])
    assert filled(empty) == 0.0 and variety(empty) == 0.0 and repeats(make_column("x", CATEGORY, [None])) == 0.0


def test_figures_of_small_columns_by_hand():
    column = make_column("x", CATEGORY, ["a"] * 30 + ["b"] * 20 + ["c"] * 10)
    labels = np.r_[np.arange(30) < 12, np.arange(20) < 9, np.arange(10) < 9]
    observed = np.array([[12, 9, 9], [18, 11, 1]])
    expected = observed.sum(axis=0) * observed.sum(axis=1, keepdims=True) / 60
    assert tells(column, labels) == pytest.approx((2 * np.sum(observed * np.log(observed / expected)) - 2) / 2)
    sure = make_column("x", CATEGORY, ["a"] * 30 + ["b"] * 10)  # a level without any: 0 log 0 is nothing
    found = 2 * (10 * np.log(40 / 10) + 30 * np.log(40 / 30))
    assert tells(sure, np.arange(40) >= 30) == pytest.approx((found - 1) / np.sqrt(2))
    assert tells(column, np.zeros(60)) == 0.0
    shares = np.array([0.5, 1 / 3, 1 / 6])
    assert variety(column) == pytest.approx(-np.sum(shares * np.log(shares)) / np.log(3))
    assert variety(make_column("x", CATEGORY, ["a", None, "a"])) == 0.0


def test_rows_with_a_value_and_levels_that_repeat():
    assert filled(make_column("x", NUMBER, [1.0, np.nan, 3.0, 4.0])) == 0.75
    assert filled(make_column("x", CATEGORY, ["a", None])) == 0.5 and filled(make_column("x", CATEGORY, [])) == 0.0
    assert repeats(make_column("x", NUMBER, [1.0, 2.0])) == 1.0
    assert repeats(make_column("x", CATEGORY, ["a"] * FEWEST + ["b"] * (FEWEST - 1))) == pytest.approx(5 / 9)
