"""Training on one thread: a worker has its own processor at best, more threads would wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def one_thread() -> Iterator[Any]:
    """Within the block the numeric libraries use one thread each.

    scikit-learn is loaded first: only what is loaded can be limited. It costs two
    seconds and 100 MB, which a process that only scores is spared.
    """
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
