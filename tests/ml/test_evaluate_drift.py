"""`dev/evaluate drift`: a small run comes to every figure, and the figures follow what is planted."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import MISSING, UNSEEN
from odoo.addons.ai_deployment.ml.profile import PREDICTION, SCORE

from evaluation import _traps, drift
from evaluation._columns import LEVELS, NUMBERS, Change, Columns
from evaluation._weeks import quiet_year, weeks_until_alarm


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_a_small_run_comes_to_every_figure():
    found = drift.figures_of(lambda text: None, years=2, jittered=2, rounds=4, weeks=3, monthly=3)
    by_name = {figure.name: figure for figure in found}
    assert by_name["quiet.model_years"].value == 2 and by_name["quiet.windows"].value == 6
    assert by_name["quiet.alarm_episodes"].met and by_name["jitter.alarm_episodes"].met
    assert by_name["power.unseen_20_percent.rows_50.share_alarmed"].met
    assert by_name["monthly.alarm_episodes"].met
    assert by_name["monthly.share_compared_with_like.reference_of_26_weeks"].value == 1
    assert by_name["monthly.share_compared_with_like.reference_of_9_weeks"].value == 0
    for name, (_changes, _test, sizes) in drift.PLANTED.items():
        assert {f"power.{name}.rows_{m}.share_alarmed" for m in sizes} <= by_name.keys()


def test_twenty_columns_of_which_every_row_is_counted(random):
    columns = Columns(random, 1000)
    (window,) = columns.windows(1, 300)
    assert len(NUMBERS) == 12 and len(LEVELS) == 8
    assert window.counts.keys() == {*NUMBERS, *LEVELS, SCORE, PREDICTION} == columns.reference.counts.keys()
    assert {int(counts.sum()) for counts in window.counts.values()} == {300}
    assert {int(counts.sum()) for counts in columns.reference.counts.values()} == {1000}
    empty = np.mean([columns.reference.share(name, MISSING) for name in NUMBERS])
    assert empty == pytest.approx(0.02, abs=0.005)


def test_a_planted_change_moves_its_own_column_by_what_it_says(random):
    columns = Columns(random, 1000)
    (empty,) = columns.windows(1, 20_000, change=Change("normal_1", missing=0.3))
    assert empty.share("normal_1", MISSING) == pytest.approx(0.3, abs=0.01)
    assert empty.share("normal_2", MISSING) == pytest.approx(0.02, abs=0.005)
    (odd,) = columns.windows(1, 20_000, change=Change("levels_5", unseen=0.2))
    assert odd.share("levels_5", UNSEEN) == pytest.approx(0.2, abs=0.01)
    assert odd.share("levels_8", UNSEEN) == 0


def test_weeks_that_differ_much_make_alarm_episodes(random):
    assert quiet_year(random, 1000, 300, weeks=4).episodes() == 0
    wild = quiet_year(random, 1000, 300, weeks=4, jitter=1.0)
    assert wild.episodes() > 5 and wild.exceeded() > wild.episodes()


def test_what_is_tolerated_is_what_the_weeks_of_the_reference_show(random):
    watch = quiet_year(random, 5000, 300, weeks=4, jitter=0.1, reference_weeks=8)
    assert watch.noise.floors.keys() == watch.columns.bins.keys() and watch.judged == 4 * 22


def test_without_a_change_no_alarm_rings_within_the_weeks(random):
    assert np.isnan(weeks_until_alarm(random, 1000, 100, Change("normal_0"), "shape", weeks=3))
    assert weeks_until_alarm(random, 1000, 100, Change("normal_0", shift=3.0), "shape", weeks=3) == 1


def test_both_traps_catch_who_falls_into_them_and_not_the_product(random):
    naive, ours = _traps.one_odd_row(random)
    assert naive < 1e-4 < 1e-3 < ours
    naive, ours = _traps.long_tail(random, 20)
    assert naive > 0.5 and ours == 0
