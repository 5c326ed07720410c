"""The training process: it runs what is listed, and tells faults as values."""

import io
import queue
import resource

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import artifact, child, errors, frames
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.training import train_scorecard


def table(rows=240):
    random = np.random.default_rng(5)
    amount = random.normal(size=rows)
    columns = {
        "amount": make_column("amount", NUMBER, amount),
        "team": make_column("team", CATEGORY, [f"team {code}" for code in random.integers(0, 3, rows)]),
    }
    return columns, random.random(rows) < 1 / (1 + np.exp(-2 * amount)), np.arange(rows, dtype=float)


def asked(name, *args, **kwargs):
    return frames.decode(child.answer(frames.encode([name, args, kwargs])))


def test_a_training_is_what_it_is_elsewhere():
    found = asked("train_scorecard", *table(), min_cases=20)
    here = train_scorecard(*table(), min_cases=20)
    assert artifact.digest(artifact.dump(found["result"].card)) == artifact.digest(artifact.dump(here.card))
    assert found["seconds"] > 0 and found["megabytes"] > 10


def test_what_the_rows_do_not_allow_is_raised_again():
    columns, labels, moments = table(20)
    found = asked("train_scorecard", columns, labels, moments)
    assert found["error"] == child.TRAINING
    with pytest.raises(errors.TooFewCases, match="of at least 15"):
        child.raise_error(found)
    with pytest.raises(errors.OneClass):
        child.raise_error(asked("train_scorecard", columns, np.zeros(len(labels), dtype=bool), moments))
    with pytest.raises(errors.BadTrainingInput, match="odd"):
        child.raise_error({"name": "SystemExit", "args": ["odd"]})


@pytest.mark.parametrize("name", ["system", "__import__", "learn"])
def test_only_what_is_listed_is_called(name):
    assert asked(name)["error"] == child.FAULT


def test_a_lack_of_memory_is_told(monkeypatch):
    def greedy(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr("odoo.addons.ai_deployment.ml.training.train_scorecard", greedy)
    assert asked("train_scorecard")["error"] == child.MEMORY


def test_limits_stay_below_those_of_the_kernel(monkeypatch):
    wanted = {}
    monkeypatch.setattr(child.os, "nice", lambda step: wanted.setdefault("nice", step))
    monkeypatch.setattr(child.resource, "getrlimit", lambda _kind: (60, 100))
    monkeypatch.setattr(child.resource, "setrlimit", lambda kind, limits: wanted.setdefault(kind, limits))
    child.limit(seconds=20, megabytes=1)
    assert wanted == {
        "nice": child.NICE,
        resource.RLIMIT_CORE: (0, 100),
        resource.RLIMIT_AS: (100, 100),
        resource.RLIMIT_CPU: (25, 100),
        resource.RLIMIT_DATA: (100, 100),
    }


def test_memory_is_bounded_in_bytes_and_what_has_no_limit_stays_without(monkeypatch):
    wanted = {}
    monkeypatch.setattr(child.os, "nice", lambda _step: None)
    monkeypatch.setattr(child.resource, "getrlimit", lambda _kind: (60, resource.RLIM_INFINITY))
    monkeypatch.setattr(child.resource, "setrlimit", lambda kind, limits: wanted.setdefault(kind, limits))
    child.limit(seconds=20.9, megabytes=3)
    assert {kind: soft for kind, (soft, _hard) in wanted.items()} == {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: resource.RLIM_INFINITY,
        resource.RLIMIT_CPU: 25,
        resource.RLIMIT_DATA: 3 * 2**20,
    }


def test_the_most_that_was_held_is_told_in_megabytes():
    assert child.peak() == pytest.approx(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, rel=0.01)


def test_a_fault_is_told_in_its_first_words(monkeypatch):
    def broken(*_args, **_kwargs):
        raise KeyError("x" * 900)

    monkeypatch.setattr("odoo.addons.ai_deployment.ml.training.train_scorecard", broken)
    found = asked("train_scorecard")
    assert (found["error"], found["name"], len(found["args"][0])) == (child.FAULT, "KeyError", 500)


def test_calls_are_answered_one_by_one_until_there_are_no_more(monkeypatch):
    """The end of the calls ends the process; here it is only told."""
    ended = []
    monkeypatch.setattr(child.os, "_exit", ended.append)
    calls, stream = queue.SimpleQueue(), io.BytesIO()
    for call in (b"one", b"two"):
        frames.write_frame(stream, call)
    stream.seek(0)
    child._read_on(stream, calls)
    assert [calls.get_nowait(), calls.get_nowait()] == [b"one", b"two"] and calls.empty() and ended == [0]
