"""Calls at the same time: one per address, no more than allowed; what a thread raises is raised where it is asked."""

import threading

import pytest

from odoo.addons.ai_deployment.remote.calls import Calls


def _all(calls):
    while calls:
        if (ended := calls.ended(30)) is not None:
            yield ended


def test_calls_do_not_wait_for_each_other():
    calls, let_go = Calls(), threading.Event()
    calls.begin("hangs", let_go.wait, 60)
    calls.begin("well", lambda: "answer")
    assert calls.ended(30) == ("well", "answer")
    assert calls.ended(0) is None
    assert calls.ended(0.01) is None
    assert (len(calls), calls.is_busy("hangs"), calls.is_busy("well")) == (1, True, False)
    let_go.set()
    assert calls.ended(30) == ("hangs", True)
    assert not calls


def test_one_call_per_address_and_no_more_than_allowed():
    calls, let_go = Calls(most=2), threading.Event()
    calls.begin("one", let_go.wait, 60)
    with pytest.raises(ValueError, match="no room"):
        calls.begin("one", let_go.wait, 60)
    assert not calls.is_full
    calls.begin("two", let_go.wait, 60)
    assert calls.is_full
    with pytest.raises(ValueError, match="no room"):
        calls.begin("three", let_go.wait, 60)
    let_go.set()
    assert sorted(ended.address for ended in _all(calls)) == ["one", "two"]


def test_what_a_call_raises_is_raised_where_it_is_asked_for():
    class Killed(BaseException):
        pass

    def fails():
        raise Killed

    calls = Calls()
    calls.begin("one", fails)
    with pytest.raises(Killed):
        calls.ended(30)
    assert not calls


def test_threads_hold_up_nobody_who_ends():
    calls, let_go, seen = Calls(), threading.Event(), []
    calls.begin("one", lambda: seen.append(threading.current_thread()))
    calls.ended(30)
    assert seen[0].daemon
    assert seen[0] is not threading.current_thread()
    let_go.set()
