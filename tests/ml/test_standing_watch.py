"""The standing watch: found within as many rows as promised, rarely wrong over all looks, a state that is stored."""

import json

import numpy as np
import pytest
from pinning import assert_same, golden

from odoo.addons.ai_deployment.ml import standing_watch as watch


def week(random, rows, *, shift=0.0, order=1.0, base=0.2, noise=0.0):
    """(labels, values): beta-distributed scores with ties; outcomes shifted in log odds and flattened in order."""
    values = random.beta(8 * base, 8 * (1 - base), rows).round(2).clip(0.02, 0.95)
    odds = np.log(values / (1 - values))
    truth = odds.mean() + order * (odds - odds.mean()) + shift + random.normal(0, noise)
    return (random.random(rows) < 1 / (1 + np.exp(-truth))).astype(float), values


def rows_until(random, question, *, good=0, most=4000, step=50, **change):
    state = watch.start(*week(random, 1000))
    for _week in range(good // step):
        state = watch.update(state, *week(random, step))
    assert not good or not watch.look(state).calibration_exceeded
    for rows in range(step, most + 1, step):
        state = watch.update(state, *week(random, step, **change))
        if getattr(watch.look(state), f"{question}_exceeded"):
            return rows
    return np.inf


@pytest.mark.parametrize(("shift", "most"), [(0.5, 1000), (1.0, 150), (-2.0, 100)])
def test_chances_that_do_not_come_true_are_found_within_so_many_rows(shift, most):
    random = np.random.default_rng(1)
    assert np.median([rows_until(random, "calibration", shift=shift) for _run in range(25)]) <= most


@pytest.mark.parametrize(("shift", "most"), [(1.0, 300), (-2.0, 200)])
def test_also_after_a_long_good_time(shift, most):
    random = np.random.default_rng(2)
    waited = [rows_until(random, "calibration", good=2500, shift=shift) for _run in range(15)]
    assert np.median(waited) <= most


def test_an_order_that_is_lost_is_found():
    random = np.random.default_rng(3)
    waited = [rows_until(random, "order", step=100, order=0.0) for _run in range(20)]
    assert np.median(waited) <= 1500 and np.isfinite(waited).all()


@pytest.mark.parametrize("shift", [0.0, watch.TOLERATED, -watch.TOLERATED])
def test_a_version_that_is_as_true_as_tolerated_rarely_rings_in_a_year(shift):
    random, alarms = np.random.default_rng(4), []
    for _version in range(40):
        state = watch.start(*week(random, 1000))
        for _week in range(52):
            state = watch.update(state, *week(random, 100, shift=shift))
        found = watch.look(state)
        alarms.append(found.calibration_exceeded or found.order_exceeded)
    assert np.mean(alarms) <= 0.05


def test_weeks_that_differ_as_ever_do_not_ring():
    random, alarms = np.random.default_rng(5), {0.0: 0, 0.35: 0}
    for _version in range(12):
        states = {between: watch.start(*week(random, 1000), between) for between in alarms}
        for _week in range(52):
            rows = week(random, 500, noise=0.35)
            states = {between: watch.update(state, *rows) for between, state in states.items()}
        for between, state in states.items():
            alarms[between] += watch.look(state).calibration_exceeded
    assert alarms[0.0] >= 5 and alarms[0.35] <= 1


def test_a_shift_beyond_what_weeks_differ_by_is_found():
    random = np.random.default_rng(6)
    state = watch.start(*week(random, 1000), 0.3)
    for _week in range(10):
        state = watch.update(state, *week(random, 300, shift=1.2, noise=0.3))
    assert watch.look(state).calibration_exceeded
    assert watch.look(state).direction == watch.HIGHER


def test_order_is_watched_whatever_the_share_of_positives():
    random = np.random.default_rng(7)
    for base, shift in ((0.1, 1.0), (0.7, -1.0)):
        state = watch.start(*week(random, 2000, base=base))
        for _week in range(26):
            state = watch.update(state, *week(random, 200, base=base, shift=shift))
        assert watch.look(state).calibration_exceeded and not watch.look(state).order_exceeded


def test_the_evidence_of_an_outcome_by_hand():
    # one row said .2, bet of .5 up: .2 in log odds is -1.386; one that came true
    [step] = watch._row_steps(np.array([1.0]), np.log([0.25]))
    under = [1 / (1 + 4 * np.exp(-by)) for by in (0.5, 1.0, 2.0, 0.2)]
    assert step[:3] == pytest.approx(np.log(np.array(under[:3]) / under[3]))
    process = watch._advanced(watch._begun(), step[None])
    assert process["most"] == pytest.approx(np.log(watch.FIRST_SHARE * np.mean(np.exp(step))))


def test_a_set_of_one_positive_and_two_negatives_by_hand():
    # positives 1, negatives 0 and 2; slope .6
    [step] = watch._order_steps(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 2.0]), 0.6)
    chance = [np.exp(s) / (1 + np.exp(s) + np.exp(2 * s)) for s in (0.3, 0.0, -0.3, 0.6)]
    assert step == pytest.approx(np.log(np.array(chance[:3]) / chance[3]))
    # one negative among two positives is as telling
    [turned] = watch._order_steps(np.array([1.0, 0.0, 1.0]), -np.array([0.0, 1.0, 2.0]), 0.6)
    assert turned == pytest.approx(step)


def test_within_a_look_rows_may_come_in_any_order():
    labels, values = week(np.random.default_rng(12), 400)
    state, order = watch.start(labels, values), np.argsort(-labels, kind="stable")
    plain, sorted_ones = watch.update(state, labels, values), watch.update(state, labels[order], values[order])
    assert plain["calibration"]["evidence"] == pytest.approx(sorted_ones["calibration"]["evidence"])
    assert not watch.look(sorted_ones).calibration_exceeded


def test_one_outcome_against_all_odds_is_no_alarm():
    state = watch.start(*week(np.random.default_rng(8), 2000))
    state = watch.update(state, np.r_[np.zeros(30), 1.0], np.r_[np.full(30, 0.02), 1e-6])
    found = watch.look(state)
    assert not found.order_exceeded and not found.calibration_exceeded


def test_the_state_is_small_and_can_be_stored_and_an_alarm_stays():
    random, state = np.random.default_rng(9), watch.start(*week(np.random.default_rng(9), 1000), 0.2)
    for _week in range(30):
        state = json.loads(json.dumps(watch.update(state, *week(random, 60, shift=-3.0))))
    assert len(json.dumps(state)) < 1000
    assert watch.look(state).calibration_exceeded and watch.look(state).direction == watch.LOWER
    for _week in range(30):
        state = watch.update(state, *week(random, 60))
    assert watch.look(state).calibration_exceeded


def test_a_test_without_order_starts_no_watch_on_order():
    random = np.random.default_rng(10)
    assert watch.start()["order"] is None
    assert watch.start(*week(random, 60))["order"] is None
    state = watch.start([1.0, 0.0] * 100, [0.3] * 200)
    assert state["order"] is None and not watch.look(state).order_exceeded and watch.look(state).order is None


def test_no_rows_change_nothing_and_one_outcome_alone_says_nothing_of_order():
    state = watch.start(*week(np.random.default_rng(11), 1000))
    assert watch.update(state, [], []) == state
    assert watch.update(state, [0.0] * 9, [0.1] * 9)["order"] == state["order"]
    with pytest.raises(ValueError, match="same length"):
        watch.update(state, [1.0], [0.5, 0.5])


@pytest.mark.parametrize("chance", [float("nan"), float("inf"), -0.1, 1.1])
def test_what_is_no_chance_is_refused_and_rings_nothing(chance):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        watch.update(watch.start(), [0.0] * 60, np.full(60, chance))


# Known values
@pytest.mark.parametrize(
    ("between", "known"),
    [
        (
            0.0,
            {
                "slope": 0.339821907,
                "seen": [210, 0.349816647, 0.40952381],
                "direction": "higher",
                "evidence": [0.5, 0.5],
                "calibration": [-1.15833479, -2.97636034, -13.5829464, -8.15623934, -19.4248857, -46.3875626],
                "order": [-2.19373824, -4.64453006, -6.78885474],
                "looks": [3, 3],
            },
        ),
        (
            0.3,
            {
                "slope": 0.339821907,
                "seen": [210, 0.349816647, 0.40952381],
                "direction": "higher",
                "evidence": [0.5, 0.5],
                "calibration": [-0.98129912, -3.60748012, -8.27634685, -3.88293956, -8.97197774, -13.1928903],
                "order": [-2.19373824, -4.64453006, -6.78885474],
                "looks": [3, 3],
            },
        ),
    ],
)
def test_a_few_looks_come_to_the_same_state_as_ever(between, known):
    """See `pinning`: row by row, and weeks that differ."""
    chances = 0.05 + 0.6 * golden(400)
    labels = (chances > golden(400) * 7 % 1).astype(float)
    state = watch.start(labels[:200], chances[:200], between)
    for first in (200, 260, 330):
        last = min(first + 70, 400)
        flat = labels[first:last] if first < 330 else (golden(70) * 29 % 1 < 0.6).astype(float)
        state = watch.update(state, flat, chances[first:last])
    found = watch.look(state)
    assert_same(
        {
            "slope": state["slope"],
            "seen": [found.rows, found.said, found.came_true],
            "direction": found.direction,
            "evidence": [found.calibration, found.order],
            "calibration": state["calibration"]["evidence"],
            "order": state["order"]["evidence"],
            "looks": [state["calibration"]["looks"], state["order"]["looks"]],
        },
        known,
    )


def test_evidence_of_one_look_by_hand():
    """Half of the evidence begins with the first look; six bets, each a likelihood over that at what is tolerated."""
    state = watch.update(watch.start(), [1.0, 0.0, 1.0], [0.2, 0.5, 0.4])
    odds, signs = np.log([0.25, 1.0, 2 / 3]), np.array([1, -1, 1])

    def likelihood(shift):
        return np.prod(1 / (1 + np.exp(-signs * (odds + shift))))

    bets = [likelihood(side * size) / likelihood(side * 0.2) for side in (1, -1) for size in (0.5, 1.0, 2.0)]
    assert state["calibration"]["evidence"] == pytest.approx(np.log(0.5 * np.array(bets)))
    look = watch.look(state)
    assert look.calibration == pytest.approx(max(0.5 * np.mean(bets), 0.5)) and look.order is None
    assert (look.rows, look.said, look.came_true) == (3, pytest.approx(1.1 / 3), pytest.approx(2 / 3))
    assert look.direction == "higher" and not look.order_exceeded
    again = watch.update(state, [0.0], [0.5])
    second = np.array(
        [
            likelihood_of_none(side * size) / likelihood_of_none(side * 0.2)
            for side in (1, -1)
            for size in (0.5, 1.0, 2.0)
        ]
    )
    known = (0.5 * np.array(bets) + 0.5 / 52) * second
    assert again["calibration"]["evidence"] == pytest.approx(np.log(known)) and again["calibration"]["looks"] == 2
    assert watch.look(watch.start()).said == 0.0 and watch.update(state, [], np.array([])) is state


def likelihood_of_none(shift):
    return 1 / (1 + np.exp(shift))


def test_the_order_of_sets_by_hand():
    """One win of odds 1 beside losses of odds 0 and -1: that it stands out, under a slope of 0.6 and less."""
    steps = watch._order_steps(np.array([1.0, 0, 0]), np.array([1.0, 0.0, -1.0]), 0.6)
    known = [np.exp(s) / (np.exp(s) + 1 + np.exp(-s)) for s in (0.6, 0.3, 0.0, -0.3)]
    assert steps == pytest.approx(np.log([[known[1] / known[0], known[2] / known[0], known[3] / known[0]]]))
    mirrored = watch._order_steps(np.array([0.0, 1, 1]), -np.array([1.0, 0.0, -1.0]), 0.6)
    assert mirrored == pytest.approx(steps)
    far = watch._order_steps(np.array([1.0, 0, 0]), np.array([9.0, 0.0, -9.0]), 0.6)
    assert far == pytest.approx(watch._order_steps(np.array([1.0, 0, 0]), np.array([4.0, 0.0, -4.0]), 0.6))
    two = watch._order_steps(np.array([1.0, 1, 0, 0, 0]), np.array([1.0, 2.0, 0.0, 0.5, -1.0]), 0.6)
    first, second = np.exp([0.6, 0.0, -0.6]), np.exp([1.2, 0.3])  # losses are dealt out in turn
    assert two.shape == (2, 3)
    assert two[:, 1] == pytest.approx(
        [np.log(1 / 3) - np.log(first[0] / first.sum()), np.log(0.5) - np.log(second[0] / second.sum())]
    )
    assert watch._order_steps(np.ones(3), np.ones(3), 0.6).shape == (0, 3)
