"""The trainings of `ml`, and where they are carried out: in this process, or in a child of it.

What learns imports its trainings from here. Within `carried_by` they are handed to another carrier; who learns need
not know. scipy is loaded where a training is carried out, and nowhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Protocol

from ...ml.child import FUNCTIONS
from ...ml.threads import one_thread

ML = one_thread.__module__.rpartition(".")[0]  # the package


class Carrier(Protocol):
    """Carries out trainings by their name in `ml.child.FUNCTIONS`."""

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Return what the training returns, or raise what it raises."""


_carrier: ContextVar[Carrier | None] = ContextVar("ai_deployment_carrier", default=None)


@contextmanager
def carried_by(carrier: Carrier) -> Iterator[None]:
    """Within the block, hand trainings to `carrier`."""
    token = _carrier.set(carrier)
    try:
        yield
    finally:
        _carrier.reset(token)


def _carried(name: str) -> Callable:
    def train(*args: Any, **kwargs: Any) -> Any:
        carrier = _carrier.get()
        if carrier is not None:
            return carrier.call(name, *args, **kwargs)
        with one_thread():
            return getattr(import_module(f"{ML}.{FUNCTIONS[name]}"), name)(*args, **kwargs)

    train.__name__ = name
    train.__doc__ = f"Carry out `ml.{FUNCTIONS[name]}.{name}`."
    return train


learn_briefly = _carried("learn_briefly")
train_anomaly = _carried("train_anomaly")
train_reviewed = _carried("train_reviewed")
train_scorecard = _carried("train_scorecard")
