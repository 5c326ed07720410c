"""The training process: it runs what is listed, and tells faults as values."""

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
