"""Training on one thread: a worker has its own processor at best, more threads would wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def one_thread() -> Iterator[Any]:
    """Within the block the numeric libraries use one thread each.

    scipy is loaded first: only what is loaded can be limited. It costs half a second and 30 MB, which a process that
    only scores is spared.
    """
    import scipy.optimize
    import scipy.sparse  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
