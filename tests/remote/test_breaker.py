import pytest

from odoo.addons.ai_deployment.remote.breaker import FIRST, LONGEST, PROBE, WINDOW, Breaker


def after(calls, state=None, now=0.0):
    state = state or Breaker()
    for call in calls:
        state = state.ended(now, call == ".")
    return state


def test_five_failures_in_a_row_open_it_and_four_do_not():
    assert not after("xxxx").is_open
    assert after("xxxxx").is_open
    assert not after("xxxx.xxxx").is_open


def test_half_of_the_last_twenty_open_it():
    assert not after("x." * 9 + "..").is_open
    assert after("." + "x." * 9 + "x").is_open
    assert not after("x." * 5).is_open  # too few calls to speak of half


def test_it_lets_one_probe_through_after_a_pause_that_doubles_up_to_a_quarter_of_an_hour():
    state, now, pauses = after("xxxxx"), 0.0, []
    for _ in range(7):
        pauses.append(state.waits(now))
        now += state.waits(now)
        state = state.begun(now)
        assert state.waits(now) == PROBE  # nobody else calls while the probe is under way
        state = state.ended(now, succeeded=False)
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert (FIRST, LONGEST) == (60, 900)


def test_a_probe_that_succeeds_closes_it_and_a_probe_that_is_lost_does_not_block_for_ever():
    state = after("xxxxx").begun(60.0)
    assert state.waits(60.0 + PROBE - 1) == 1
    assert state.waits(60.0 + PROBE) == 0
    closed = state.ended(60.0, succeeded=True)
    assert not closed.is_open and closed.waits(60.0) == 0


def test_calls_that_began_before_it_opened_prolong_nothing():
    state = after("xxxxx")
    assert state.ended(5.0, succeeded=False) == state
    assert not state.ended(5.0, succeeded=True).is_open


def test_a_clock_that_was_set_back_prolongs_nothing():
    assert after("xxxxx", now=1e9).waits(0.0) == LONGEST


@pytest.mark.parametrize("data", [None, {}, [], {"calls": 3}, {"calls": "x", "until": "soon", "pause": 0, "probe": 0}])
def test_a_damaged_state_is_a_closed_breaker(data):
    assert Breaker.from_dict(data) == Breaker()


def test_the_state_survives_storage_and_stays_small():
    state = after("x." * 200)
    assert Breaker.from_dict(state.to_dict()) == state
    assert len(state.calls) <= WINDOW
