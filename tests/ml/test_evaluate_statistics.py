"""`dev/evaluate statistics`: the firms are what they say, and what is planted in them rings."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.profile import PREDICTION, SCORE

from evaluation import _statistics_intervals, _statistics_rates
from evaluation._statistics_generators import COLUMNS, REFERENCE_WEEKS, Firm, Setting
from evaluation._statistics_play import ALERT, Play


def test_every_row_of_a_firm_is_counted():
    firm = Firm(np.random.default_rng(1), Setting(120, copies=0.1, ties=True), 2)
    assert len(firm.weeks) == len(firm.drawn) == REFERENCE_WEEKS + 2
    for rows, week in zip(firm.drawn, firm.weeks, strict=True):
        assert week.counts.keys() == {*COLUMNS, SCORE, PREDICTION}
        assert {int(counts.sum()) for counts in week.counts.values()} == {len(rows[SCORE])}
    assert np.mean([week.rows for week in firm.weeks]) == pytest.approx(120, rel=0.1)


def test_a_planted_change_rings_on_its_own_input():
    firm = Firm(np.random.default_rng(2), Setting(200, 0.15, missing=0.4), 4)
    play = Play(firm).run()
    assert play.first("days", "missing") == 1 and play.count(ALERT) >= 1
    assert play.first("amount", "missing") is None


@pytest.mark.parametrize("name", ["share_exact", "random_checks", "kappa", "auc", "value_mean"])
def test_coverage_is_a_share_of_the_trials(name):
    settings, trial = _statistics_intervals.KINDS[name]
    random = np.random.default_rng(3)
    told = [held for _round in range(20) for held in trial(random, settings[-1]).values()]
    assert np.mean(told) > 0.5 and {bool(held) for held in told} <= {True, False}


def test_the_smallest_run_of_rates_comes_to_a_figure_for_every_setting():
    part = _statistics_rates.figures(1, 5, which=(0, 12), weeks=3)
    names = {figure.name for figure in part}
    assert "quiet.noise_0.15.rows_60.alerts_a_year" in names and "random_checks.capped.coverage" in names
