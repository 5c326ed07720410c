"""`dev/evaluate monitoring`: a small run comes to every figure, and the figures follow what is planted."""

from datetime import datetime

import numpy as np
import pytest

from evaluation import _estimated as monitoring
from evaluation._lead_file import CATEGORIES, NUMBERS, Call
from evaluation._lead_moves import WON, Moves
from evaluation._windows import World

SMALL = {"learned": 1500, "reference": 1000, "pool": 2000}


@pytest.fixture(scope="module")
def world():
    return World(1, **SMALL)


def test_a_small_run_comes_to_every_figure():
    found = monitoring.figures_of(lambda text: None, windows=6, seeds=(1,), **SMALL)
    by_name = {figure.name: figure for figure in found}
    assert by_name["cbpe.windows"].value + by_name["cbpe.refused"].value == 6
    assert by_name["cbpe.auc.mean_error"].value < 0.1 < by_name["cbpe.concept_drift.auc_error"].value
    assert by_name["risk.false_alarms"].met and by_name["segments.cohorts"].value == 30
    assert by_name["cbpe.hidden.chances_true"].value < by_name["cbpe.hidden.chances_raised"].value


def test_a_shifted_window_has_other_inputs_and_the_same_way_to_end(world):
    plain, shifted = world.window(1000, shifted=False), world.window(1000)
    assert len(shifted.values) == 1000
    known = dict(zip(world.values, 1 / (1 + np.exp(-world.odds)), strict=True))
    assert plain.chances.mean() == pytest.approx(np.mean(list(known.values())), abs=0.03)
    labels = plain.labels(world.random)
    assert labels.mean() == pytest.approx(plain.chances.mean(), abs=0.06)


def test_what_is_raised_comes_true_more_often_and_what_is_turned_in_another_order(world):
    plain, raised, turned = (
        world.window(1500, shifted=False, **change) for change in ({}, {"raised": 1}, {"turned": 1})
    )
    assert raised.chances.mean() > plain.chances.mean() + 0.1
    assert np.corrcoef(plain.values, plain.chances)[0, 1] > 0.5 > 0.2 > np.corrcoef(turned.values, turned.chances)[0, 1]


# What really moved
def calls(period, count, *, unknown, won):
    known = {**dict.fromkeys(NUMBERS, 1), **dict.fromkeys(CATEGORIES, "one")}
    for number in range(count):
        properties = {**known, "default": None if number < unknown * count else "no"}
        won_now = number >= (1 - won) * count
        yield Call(number, period, datetime(*divmod(period, 100), 1), "mobile", "none", "clerk", properties, won_now)


def test_an_input_that_fills_has_moved_as_one_that_empties():
    shares = {200801: 0.3, 200802: 0.31, 200803: 0.1, 200804: 0.5}
    everything = [call for month, share in shares.items() for call in calls(month, 100, unknown=share, won=0.1)]
    moves = Moves(everything, [200801])
    still = [moves.still("lead_properties.default", "missing", month) for month in (200802, 200803, 200804)]
    assert still == [True, False, False]


def test_outcomes_are_due_once_ten_wins_are_expected():
    moves = Moves(list(calls(200801, 1000, unknown=0.0, won=0.04)), [200801])
    assert moves.enough(WON) == pytest.approx(250) and moves.enough("medium_id") == 50
