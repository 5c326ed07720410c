"""A child process that trains (`ml.child`), seen from its parent: started, called, bounded in time, ended.

It is told only what a training needs, through its standard input, and of the environment only where libraries are and
which of their kernels they use (another kernel gives another last digit, and another card): no credential, no database,
no file. Its memory and processor time are bounded by itself, its time on the wall here. It
ends when this process ends, however that happens, as its standard input ends then.
"""

import os
import selectors
import signal
import subprocess  # nosec B404 - the command is fixed: this Python, our own module
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...ml import child, frames

TIME, MEMORY, KILLED, FAULT = REASONS = ("time", "memory", "killed", "fault")
BESIDES = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
KERNELS = ("BLIS_", "GLIBC_TUNABLES", "MKL_", "NPY_", "OPENBLAS_")  # beginnings of the names that choose them
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PACKAGE = "ai_deployment_ml"
BOOT = f"""
import importlib.util, sys
place = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "{PACKAGE}", place + "/__init__.py", submodule_search_locations=[place]
)
sys.modules["{PACKAGE}"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["{PACKAGE}"])
importlib.import_module("{PACKAGE}.child").serve()
"""
LOOK_EVERY = 1.0  # seconds, between two looks whether anybody still wants the result
CHUNK = 1 << 20
NO_MEMORY = ("MemoryError", "bad_alloc", "annot allocate memory", "failed to map segment")
LONGEST_COMPLAINT = 2000  # characters of what a dying child printed


class ChildEnded(Exception):
    """The child ended before its time; `reason` is one of `REASONS`.

    :param complaint: last line that it printed, for the server log
    """

    def __init__(self, reason: str, complaint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.complaint = complaint


class ChildProcess:
    """One child, from its start to its end.

    :param seconds: after which it is killed, from its start on
    :param megabytes: of data that it may hold
    """

    def __init__(self, seconds: float, megabytes: int) -> None:
        self._until = time.monotonic() + seconds
        self._complaints = tempfile.TemporaryFile()  # has no name: gone with this process
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-c", BOOT, str(Path(child.__file__).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=tempfile.gettempdir(),
            env={
                **{name: text for name, text in os.environ.items() if name in BESIDES or name.startswith(KERNELS)},
                **dict.fromkeys(ONE_THREAD, "1"),
            },
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        for pipe in (self._process.stdin, self._process.stdout):
            os.set_blocking(pipe.fileno(), False)
        try:
            limits = frames.encode({"seconds": seconds, "megabytes": megabytes})
            self.libraries = frames.decode(self._exchange(limits, lambda: None))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def call(self, request: bytes, look: Callable[[], None]) -> bytes:
        """Return the frame that answers the frame of a call.

        :param look: called about once a second while it works; what it raises ends the waiting
        :raise ChildEnded: the child did not answer
        """
        return self._exchange(request, look)

    def close(self) -> None:
        """End the child; nothing is left of it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # what was not sent yet: the child is gone
                    continue
        self._process.wait()
        self._complaints.close()

    def __enter__(self) -> "ChildProcess":
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()

    def _exchange(self, data: bytes, look: Callable[[], None]) -> bytes:
        """Send a frame and wait for the next one; both pipes at once, so that neither side waits for the other."""
        assert self._process.stdin and self._process.stdout
        to_send, found = memoryview(frames.LENGTH.pack(len(data)) + data), bytearray()
        looked = time.monotonic()
        with selectors.DefaultSelector() as pipes:
            pipes.register(self._process.stdout, selectors.EVENT_READ)
            pipes.register(self._process.stdin, selectors.EVENT_WRITE)
            while True:
                left = self._until - time.monotonic()
                if left <= 0:
                    raise ChildEnded(TIME)
                for key, _events in pipes.select(min(left, LOOK_EVERY)):
                    if key.fileobj is self._process.stdin:
                        try:
                            to_send = to_send[os.write(key.fd, to_send[:CHUNK]) :]
                        except BrokenPipeError as error:
                            raise self._ended() from error
                        if not to_send:
                            pipes.unregister(self._process.stdin)
                    else:
                        part = os.read(key.fd, CHUNK)
                        if not part:
                            raise self._ended()
                        found += part
                        if len(found) >= frames.LENGTH.size:
                            (size,) = frames.LENGTH.unpack_from(found)
                            if len(found) >= frames.LENGTH.size + size:
                                return bytes(found[frames.LENGTH.size :])
                if time.monotonic() - looked >= LOOK_EVERY:
                    looked = time.monotonic()
                    look()

    def _ended(self) -> ChildEnded:
        """Return why the child ended by itself, told by the signal that ended it."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            status = 0
        self._complaints.seek(0)
        text = self._complaints.read().decode(errors="replace")[-LONGEST_COMPLAINT:].strip()
        last = text.rpartition("\n")[2]
        if status == -signal.SIGXCPU:
            return ChildEnded(TIME, last)
        no_memory = any(word in text for word in NO_MEMORY)
        if no_memory or status in (-signal.SIGABRT, -signal.SIGBUS, -signal.SIGSEGV):  # as libraries do without memory
            return ChildEnded(MEMORY, last)
        if status in (-signal.SIGKILL, -signal.SIGTERM):
            return ChildEnded(KILLED, last)
        return ChildEnded(FAULT, last)
