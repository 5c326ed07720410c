"""The standing watch: few false alarms over all looks, alarms where the risk rose, a state that can be stored."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import risk

losses = st.lists(st.floats(0, 1), max_size=60)


def errors(rng, rows, share):
    return (rng.random(rows) < share).astype(float)


def brier(rng, rows, raised=0.0):
    odds = rng.normal(-1, 1.2, rows)
    values = 1 / (1 + np.exp(-odds))
    return ((rng.random(rows) < 1 / (1 + np.exp(-odds - raised))) - values) ** 2


def test_the_bound_by_hand_for_three_losses():
    level, found = 0.025, []
    total, squares, sums = 0.0, 0.0, [0.0, 0.0, 0.0]
    for t, loss in enumerate([1.0, 0.0, 1.0], start=1):
        before = (0.5 + total) / t
        weight = min(np.sqrt(2 * np.log(1 / level) / ((0.25 + squares) / t * t * np.log(t + 1))), 0.5)
        sums[0] += weight
        sums[1] += weight * loss
        sums[2] += (loss - before) ** 2 * (-np.log(1 - weight) - weight)
        total += loss
        squares += (loss - (0.5 + total) / (t + 1)) ** 2
        found.append((sums[1] - np.log(1 / level) - sums[2]) / sums[0])
    state, bounds = risk._advanced(risk._begun(), np.array([1.0, 0.0, 1.0]), level)
    assert bounds == pytest.approx(found)
    assert state[:3] == pytest.approx([3, 2.0, squares])


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_looked_at_a_thousand_times_the_lower_end_is_rarely_ever_above_the_truth(share):
    rng = np.random.default_rng(1)
    runs, wrong = 300, 0
    for _run in range(runs):
        _state, bounds = risk._advanced(risk._begun(), errors(rng, 1000, share), 0.05)
        wrong += bounds.max() > share  # a look after each row
    assert wrong / runs <= 0.05


@pytest.mark.parametrize("kind", ["errors", "brier"])
def test_false_alarms_at_any_of_a_thousand_looks_stay_below_five_percent(kind):
    rng = np.random.default_rng(2)
    runs, alarms = 200, 0
    for _run in range(runs):
        # The hardest case that is no alarm: the risk is just as much higher as is tolerated.
        if kind == "errors":
            reference, later = errors(rng, 1000, 0.1), errors(rng, 4000, 0.1 + risk.TOLERANCE)
        else:
            reference, later = brier(rng, 1000), brier(rng, 4000)
        alarms += risk.look(risk.update(risk.start(reference), later)).exceeded
    assert alarms / runs <= 0.05


def test_the_upper_end_of_the_reference_is_rarely_below_the_truth_and_narrow():
    rng = np.random.default_rng(3)
    bounds = [risk.upper_bound(errors(rng, 1000, 0.1)) for _run in range(400)]
    assert np.mean(np.array(bounds) < 0.1) <= 0.025 + 0.016  # two standard errors
    assert np.median(bounds) < 0.13


@pytest.mark.parametrize(("good", "within"), [(0, 300), (2000, 1200)])
def test_a_jump_is_seen_also_after_a_long_good_time(good, within):
    rng = np.random.default_rng(4)
    waited = []
    for _run in range(20):
        state = risk.update(risk.start(errors(rng, 2000, 0.1)), errors(rng, good, 0.1))
        assert not risk.look(state).exceeded
        rows = 0
        while not risk.look(state).exceeded and rows < 4000:
            state = risk.update(state, errors(rng, 20, 0.3))
            rows += 20
        waited.append(rows)
    assert np.median(waited) <= within


def test_one_sequence_alone_would_take_longer_after_a_long_good_time(monkeypatch):
    rng = np.random.default_rng(5)
    reference, calm, bad = errors(rng, 2000, 0.1), errors(rng, 3000, 0.1), errors(rng, 1500, 0.3)
    with_restarts = risk.update(risk.start(reference), np.concatenate([calm, bad]))
    monkeypatch.setattr(risk, "FIRST_RESTART", 10**9)
    alone = risk.update(risk.start(reference), np.concatenate([calm, bad]))
    assert risk.look(with_restarts).low > risk.look(alone).low


@settings(deadline=None, max_examples=60)
@given(losses, st.lists(st.integers(0, 60), max_size=4))
def test_grouping_rows_into_updates_changes_nothing_and_neither_does_storing(rows, cuts):
    state = whole = risk.start([0.0, 0.5, 1.0] * 50)
    for part in np.split(np.array(rows), sorted(cuts)):
        state = json.loads(json.dumps(risk.update(state, part)))
    assert state == risk.update(whole, rows)
    found = risk.look(state)
    assert found.rows == len(rows) and 0 <= found.low <= 1
    if rows:
        assert found.risk == pytest.approx(np.mean(rows))


def test_grouping_across_a_restart_changes_nothing():
    rng = np.random.default_rng(6)
    rows, state = errors(rng, 1300, 0.2), risk.start(errors(rng, 500, 0.2))
    once, step = risk.update(state, rows), state
    for part in np.split(rows, [100, 249, 250, 251, 700, 1001]):
        step = risk.update(step, part)
    assert step == once and len(once["sequences"]) == 4
    assert [sequence[0] for sequence in once["sequences"]] == [1300, 1050, 800, 300]


def test_an_update_leaves_the_state_before_it_as_it_was():
    state = risk.start([0.0, 1.0] * 100)
    later = risk.update(state, [1.0] * 10)
    assert state["rows"] == 0 and state["sequences"] == []
    risk.update(later, [1.0] * 10)
    assert later["rows"] == 10 and later["sequences"][0][0] == 10


def test_the_state_stays_small():
    state = risk.update(risk.start([0.0, 1.0] * 100), np.tile([0.0, 1.0], 50_000))
    assert len(state["sequences"]) <= 11 and len(json.dumps(state)) < 2000


def test_an_alarm_stays_until_a_new_start():
    state = risk.update(risk.start([0.0] * 500), [1.0] * 100)
    assert risk.look(risk.update(state, [0.0] * 5000)).exceeded


def test_a_small_reference_starts_no_watch():
    assert risk.start([0.1] * 49) is None
    assert risk.start([0.1] * 50) is not None
    assert risk.upper_bound([]) == 1


@pytest.mark.parametrize("bad", [[1.5], [-0.1], [np.nan], [[0.1]]])
def test_what_is_no_loss_is_refused_in_words(bad):
    with pytest.raises(ValueError, match="from 0 to 1"):
        risk.update(risk.start([0.0] * 100), bad)
