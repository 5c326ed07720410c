"""A process of its own that trains: calls come in as frames, results go out as frames, and nothing else happens.

It has neither Odoo nor a database, and runs only the functions in ``FUNCTIONS``. It is nice, uses one thread, and is
bounded in memory (``RLIMIT_DATA``) and processor time by the kernel. It ends with its parent: where the parent is
gone, the stream of calls ends, and so does the process, whatever it is at.
"""

import importlib
import os
import platform
import queue
import resource
import sys
import threading
import time
from typing import Any, BinaryIO

from . import errors, frames
from .threads import one_thread

# What may be called, and where it is.
FUNCTIONS = {
    "learn_briefly": "training",
    "train_anomaly": "anomaly_training",
    "train_reviewed": "reviewed_training",
    "train_scorecard": "training",
}
NICE = (
    10  # a tenth of what a request gets: at 19 it would get a seventieth, and a busy server would end it for its time
)
MEGABYTE = 1024 * 1024
GRACE = 5  # seconds of the processor beyond the limit, within which the parent ends the process itself
TRAINING, MEMORY, FAULT = "training", "memory", "fault"  # kinds of what went wrong


def serve() -> None:
    """Answer calls until there are no more: first the limits, then one frame per call."""
    reader, writer = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand between the frames
    first = frames.read_frame(reader)
    if first is None:
        return
    limit(**frames.decode(first))
    calls: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_read_on, args=(reader, calls), daemon=True).start()
    frames.write_frame(writer, frames.encode(libraries()))
    while True:
        frames.write_frame(writer, answer(calls.get()))


def limit(seconds: float, megabytes: int) -> None:
    """Bound this process; the parent's own limits, which are for requests, do not hold for it."""
    os.nice(NICE)
    for kind, wanted in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, resource.RLIM_INFINITY),
        (resource.RLIMIT_CPU, int(seconds) + GRACE),
        (resource.RLIMIT_DATA, megabytes * MEGABYTE),
    ):
        _soft, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY and (wanted == resource.RLIM_INFINITY or wanted > hard):
            wanted = hard
        resource.setrlimit(kind, (wanted, hard))


def libraries() -> dict[str, str]:
    """Return name -> version of what a training depends on."""
    import numpy
    import scipy

    return {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__}


def answer(call: bytes) -> bytes:
    """Return the frame that answers a call: {"result", "seconds", "megabytes"} or {"error", "name", "args"}."""
    started = time.perf_counter()
    try:
        name, args, kwargs = frames.decode(call)
        function = getattr(importlib.import_module(f".{FUNCTIONS[name]}", __package__), name)
        with one_thread():
            result = function(*args, **kwargs)
        found = {"result": result, "seconds": time.perf_counter() - started, "megabytes": peak()}
        return frames.encode(found)
    except errors.TrainingError as error:
        return frames.encode({"error": TRAINING, "name": type(error).__name__, "args": list(error.args)})
    except MemoryError:
        return frames.encode({"error": MEMORY, "name": "MemoryError", "args": []})
    except Exception as error:  # noqa: BLE001 - it is told to the parent, in its words
        return frames.encode({"error": FAULT, "name": type(error).__name__, "args": [str(error)[:500]]})


def peak() -> float:
    """Return the megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def raise_error(found: dict[str, Any]) -> None:
    """Raise the TrainingError that a child met and told as ``found``."""
    known = getattr(errors, found["name"], None)
    if not (isinstance(known, type) and issubclass(known, errors.TrainingError)):
        raise errors.BadTrainingInput(" ".join(map(str, found["args"])))
    raise known(*found["args"])


def _read_on(reader: BinaryIO, calls: queue.SimpleQueue) -> None:
    while (call := frames.read_frame(reader)) is not None:
        calls.put(call)
    os._exit(0)  # the parent is gone, or wants no more
