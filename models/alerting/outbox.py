"""Webhooks under way: while one address hangs, the others are called; what else is due for it shares its answer."""

from collections.abc import Callable

from odoo.models import BaseModel

from ...ml.errors import EndpointError
from ...remote.calls import Calls


class Outbox:
    """State of one pass of the sending cron: messages in progress and failures by address."""

    def __init__(self) -> None:
        self._calls = Calls()
        self._messages = {}  # {address: messages under way}
        self._names = {}  # {name of a credential: address under way}
        self._tired = {}  # {address: why it cannot be called now}

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def is_full(self) -> bool:
        return self._calls.is_full

    @property
    def busy_names(self) -> list[str]:
        """Names of credentials whose address is called at this moment."""
        return list(self._names)

    def is_busy(self, name: str, url: str) -> bool:
        """Return whether the address that is called `name` is under way, perhaps by another name."""
        busy = self._calls.is_busy(url)
        if busy:
            self._names[name] = url
        return busy

    def why_tired(self, url: str) -> EndpointError | None:
        """Return the error that this address has answered with in this pass and that may pass, or None."""
        return self._tired.get(url)

    def begin(self, messages: BaseModel, name: str, url: str, call: Callable, *arguments: object) -> None:
        """Let `call(url, *arguments)` begin, which returns an ``EndpointError`` or None."""
        self._calls.begin(url, call, url, *arguments)
        self._messages[url], self._names[name] = messages, url

    def ended(self, timeout: float) -> tuple[BaseModel, str, EndpointError | None] | None:
        """Return (messages, address, error or None) of a call that has ended within `timeout` seconds, or None."""
        ended = self._calls.ended(timeout)
        if ended is None:
            return None
        url, error = ended
        self._names = {name: busy for name, busy in self._names.items() if busy != url}
        if error is not None and error.transient:
            self._tired[url] = error
        return self._messages.pop(url), url, error
