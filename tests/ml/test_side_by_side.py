"""Two scorers side by side: figures that can be worked out on paper."""

import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.side_by_side import band, calibration, changes, figures, regressions

LABELS = np.tile([0, 1], 100)


def test_each_side_has_its_own_figures():
    random = np.random.default_rng(1)
    ours, theirs = random.random(200), np.clip(0.3 + 0.4 * LABELS + 0.2 * random.normal(size=200), 0, 1)
    found = figures(LABELS, ours, theirs, capacity=0.1)
    assert found["champion"]["auc"] == pytest.approx(performance.auc(LABELS, ours))
    assert found["challenger"]["brier"] == pytest.approx(performance.brier(LABELS, theirs))
    assert found["auc"]["estimate"] == pytest.approx(found["challenger"]["auc"] - found["champion"]["auc"])
    assert found["brier"]["estimate"] == pytest.approx(found["champion"]["brier"] - found["challenger"]["brier"])
    assert found["looked_at"] == 20
    assert json.loads(json.dumps(found)) == found


def test_the_sides_swapped_swap_the_gain():
    values = np.linspace(0, 1, 200)
    one = figures(LABELS, values, values**2, capacity=0.1)
    other = figures(LABELS, values**2, values, capacity=0.1)
    assert one["champion"] == other["challenger"]
    assert one["brier"]["estimate"] == pytest.approx(-other["brier"]["estimate"])


def test_too_few_outcomes_have_no_figures():
    found = figures([0] * 100 + [1] * 19, np.full(119, 0.5), np.full(119, 0.5), capacity=0.1)
    assert found == {"rows": 119, "positives": 19}
    assert figures([], [], [], capacity=0.1) == {"rows": 0, "positives": 0}


def test_a_row_without_a_score_is_left_out():
    ours = np.where(np.arange(200) < 50, np.nan, 0.5)
    assert figures(LABELS, ours, np.full(200, 0.5), capacity=0.1)["rows"] == 150


def test_segments_are_judged_where_they_are_large():
    parts = ["1"] * 180 + ["2"] * 19 + [None]
    found = figures(LABELS, np.full(200, 0.5), 0.1 + 0.8 * LABELS, capacity=0.1, parts=parts)["segments"]
    by_part = {row["part"]: row for row in found}
    assert by_part["1"]["auc"] == [0.5, 1.0]
    assert "auc" not in by_part["2"]


def test_changes_of_flags_and_bands():
    found = changes([0.1, 0.9, 0.5, np.nan], [0.3, 0.7, 0.5, 0.1], [0, 1, 0, 0], [1, 0, 0, 1])
    assert (found["rows"], found["flagged"], found["unflagged"]) == (3, [0], [1])
    assert (found["up"], found["down"]) == ([0], [1])
    assert np.sum(found["bands"]) == 3 and found["bands"][0][1] == found["bands"][4][3] == found["bands"][2][2] == 1


def test_bands_and_their_ends():
    assert band([0, 0.2, 0.4, 0.6, 0.8, 1]).tolist() == [0, 1, 2, 3, 4, 4]


def test_the_worst_regressions_come_first_and_gains_do_not():
    labels, ours, theirs = [1, 0, 1, 0], [0.9, 0.1, 0.5, 0.5], [0.1, 0.3, 0.9, 0.5]
    assert regressions(labels, ours, theirs) == [0, 1]
    assert regressions(labels, ours, theirs, most=1) == [0]
    assert regressions(labels, theirs, theirs) == []


def test_calibration_holds_every_row_once():
    values = np.linspace(0, 1, 203)
    found = calibration(np.tile([0, 1], 102)[:203], values)
    assert sum(rows for *_rest, rows in found) == 203
    assert [mean for mean, *_rest in found] == sorted(mean for mean, *_rest in found)
