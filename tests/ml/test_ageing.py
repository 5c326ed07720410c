"""Until when a chance stands while only time passes: exact on a card, against a walk in small steps."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.ageing import MOST_STEPS, WORTH, days_until_moved
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature, CardPair
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.scorecard import Scorecard

HOURS = 1 / 24


def feature(name, bins, points, required=False):
    points = np.array([0, 0, 0, *points], dtype=float)
    return CardFeature(name, NUMBER, bins, points, required, np.full(bins.size, 100))


def card(*features, pairs=()):
    return Scorecard(list(features), 0.0, Identity(), NumericBins(0, 1, [0.5]), pairs)


def days(one, columns, units, limits=(), most_days=np.inf):
    raw = {name: make_column(name, NUMBER, values) for name, values in columns.items()}
    growing = {name: (raw[name].values, unit) for name, unit in units.items()}
    return days_until_moved(one, one.score(raw), growing, limits, most_days).tolist()


def test_the_next_bin_that_matters():
    one = card(feature("age", NumericBins(0, 100, [7, 8, 30]), [1.0, 1.0, 1.001, -1.0]))
    found = days(one, {"age": [2.0, 7.5, 29.0, None]}, {"age": 1.0})
    assert found == [28.0, 22.5, 1.0, np.inf]


def test_beyond_all_that_was_learned_from_is_another_bin():
    one = card(feature("age", NumericBins(0, 10, []), [1.0]))
    (found,) = days(one, {"age": [4.0]}, {"age": 1.0})
    assert found == pytest.approx(6.0)


def test_hours_and_days_grow_together():
    age = feature("age", NumericBins(0, 100, [5]), [0.0, 0.05])
    answer = feature("answer", NumericBins(0, 1000, [48]), [0.0, 0.05])
    one = card(age, answer)
    assert days(one, {"age": [4.0], "answer": [36.0]}, {"age": 1.0, "answer": HOURS}) == [1.0], "together they matter"
    assert days(one, {"age": [4.0], "answer": [None]}, {"age": 1.0, "answer": HOURS}) == [np.inf]
    assert days(one, {"age": [4.0], "answer": [36.0]}, {"answer": HOURS}) == [np.inf], "the other one does not grow"


def test_a_small_move_into_another_band():
    one = card(feature("age", NumericBins(0, 100, [5]), [0.02, -0.02]))
    assert days(one, {"age": [4.0]}, {"age": 1.0}) == [np.inf]
    assert days(one, {"age": [4.0]}, {"age": 1.0}, (0.2, 0.5)) == [1.0]


def test_no_longer_than_asked_for():
    one = card(feature("age", NumericBins(0, 100, [50]), [1.0, -1.0]))
    assert days(one, {"age": [4.0]}, {"age": 1.0}, most_days=30) == [np.inf]
    assert days(one, {"age": [25.0]}, {"age": 1.0}, most_days=30) == [25.0]


def test_what_fails_does_not_age():
    one = card(feature("age", NumericBins(0, 100, [5]), [1.0, -1.0], required=True))
    assert days(one, {"age": [None, 4.0]}, {"age": 1.0}) == [np.inf, 1.0]


def test_many_fine_bins_end_with_a_look_at_the_record():
    edges = [float(day) for day in range(1, MOST_STEPS + 40)]
    one = card(feature("age", NumericBins(0, 500, edges), [0.0] * (len(edges) + 1)))
    (found,) = days(one, {"age": [0.5]}, {"age": 1.0})
    assert found == pytest.approx(MOST_STEPS - 0.5)


def test_pairs_count_as_they_do_in_the_score_and_a_walk_in_small_steps_agrees():
    random = np.random.default_rng(7)
    bins = NumericBins(0, 60, sorted(random.uniform(1, 59, 12).tolist()))
    other = NumericBins(0, 400, [10, 50, 120, 300])
    pair = CardPair("age", "answer", random.normal(0, 0.2, (bins.size, other.size)))
    one = card(
        feature("age", bins, random.normal(0, 0.1, 13)),
        feature("answer", other, random.normal(0, 0.1, 5)),
        pairs=[pair],
    )
    start = {"age": random.uniform(0, 50, 40), "answer": random.uniform(0, 350, 40)}
    found = np.array(days(one, {k: v.tolist() for k, v in start.items()}, {"age": 1.0, "answer": HOURS}, most_days=9))

    def chances(later):
        raw = {"age": start["age"] + later, "answer": start["answer"] + later * 24}
        return one.score({k: make_column(k, NUMBER, v.tolist()) for k, v in raw.items()}).values

    walked, now = np.full(40, np.inf), chances(0)
    for later in np.arange(0, 9, 0.01):
        moved = (abs(chances(later) - now) >= WORTH) & np.isinf(walked)
        walked[moved] = later
    both = np.isfinite(walked) & np.isfinite(found)
    assert both.sum() > 10
    assert (np.isfinite(walked) == np.isfinite(found)).mean() > 0.97
    assert np.abs(walked[both] - found[both]).max() <= 0.0101
