"""Several calls at the same time: one thread per call, one call per address, and no more than `MOST` of them.

The threads do nothing but wait on the network: what they work on was read before, what they bring is kept by whoever
asked. A thread is a daemon: it holds up nobody who ends.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

MOST = 16  # calls at the same time


class Ended(NamedTuple):
    """A call that has ended: the address that was called, and what the function returned."""

    address: str
    result: Any


class Calls:
    """Calls under way. For one thread that begins them and asks what became of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._busy: set[str] = set()
        self._answers: queue.SimpleQueue = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._busy)

    @property
    def is_full(self) -> bool:
        return len(self._busy) >= self._most

    def is_busy(self, address: str) -> bool:
        return address in self._busy

    def begin(self, address: str, function: Callable, *arguments: Any) -> None:
        """Call ``function(*arguments)`` in a thread.

        :raise ValueError: where this address is called already, or as many calls as allowed are under way
        """
        if self.is_full or self.is_busy(address):
            raise ValueError("There is no room for another call.")
        thread = threading.Thread(
            target=self._work, args=(address, function, arguments), daemon=True, name="ai_deployment call"
        )
        thread.start()
        self._busy.add(address)

    def _work(self, address: str, function: Callable[..., Any], arguments: tuple[int]) -> None:
        try:
            self._answers.put((Ended(address, function(*arguments)), None))
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asks
            self._answers.put((Ended(address, None), error))

    def ended(self, timeout: float) -> Ended | None:
        """Return a call that has ended, None where none does within `timeout` seconds; raise what it raised."""
        try:
            ended, error = self._answers.get(timeout=timeout) if timeout > 0 else self._answers.get_nowait()
        except queue.Empty:
            return None
        self._busy.discard(ended.address)
        if error is not None:
            raise error
        return ended
