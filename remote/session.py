"""One call over the wire: how long it may take, when it is repeated, and what is accepted as an answer.

Whatever the other side does, a call ends within its deadline, holds at most `MOST_BYTES` of the answer, and raises
nothing but an ``EndpointError``. The address may hold a secret (a webhook's is one): no error, cause or log line shows
it.
"""

import email.utils
import http.client
import json
import logging
import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from ..ml.errors import (
    EndpointBusy,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointTimeout,
    EndpointUnreachable,
)
from .guard import Guard

CONNECT = 2.0  # seconds
READ = 10.0  # seconds between two parts of an answer
DEADLINE = 20.0  # seconds of a whole call
MOST_RETRIES = 2  # after the first try
FIRST_PAUSE = 0.5  # the longest pause before the first repeat; it doubles
RETRIED = {429, 502, 503, 504}  # and where there was no connection
MOST_BYTES = 5_000_000  # of an answer that is read
KEPT_BYTES = 4096  # of what came back with a failure
MOST_IDLE = 16  # connections that a session keeps for its next calls

_is_calling = ContextVar("ai_deployment_calling", default=False)


class Answer:
    """Status, body and media type of an answer that was accepted, and how many attempts it took."""

    __slots__ = ("status", "body", "media_type", "attempts")

    def __init__(self, status: int, body: bytes, media_type: str = "", attempts: int = 1) -> None:
        self.status = status
        self.body = body
        self.media_type = media_type
        self.attempts = attempts


def body_of(payload: dict[str, Any]) -> bytes:
    """Return `payload` as it goes over the wire."""
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()


class Session:
    """Calls through a guard.

    ``sleep`` and ``jitter`` (a share from 0 to 1) are handed in by tests; ``deadline`` holds for one call with all
    its repeats. A session that ``keeps`` uses its connections again, for whichever thread calls next, until ``close``.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        deadline: float = DEADLINE,
        read: float = READ,
        keeps: bool = False,
        sleep: Callable[..., Any] = time.sleep,
        jitter: Callable[..., Any] = random.random,
    ) -> None:
        self._guard = guard
        self._deadline = deadline
        self._read = read
        self._keeps = keeps
        self._idle: queue.LifoQueue = queue.LifoQueue()
        self._sleep = sleep
        self._jitter = jitter

    def post(self, url: str, payload: dict[str, Any], *, headers: dict[str, str] | None = None) -> Answer:
        """Send `payload` as JSON; the answer, or an ``EndpointError``."""
        end = time.monotonic() + self._deadline
        body = body_of(payload)
        with _silence():
            for attempt in range(MOST_RETRIES + 1):
                answer, error, may_repeat = self._once(url, body, headers, end)
                if answer is not None:
                    answer.attempts = attempt + 1
                    return answer
                error.attempts = attempt + 1
                pause = self._pause(attempt, error.retry_after)
                if not may_repeat or attempt == MOST_RETRIES or time.monotonic() + pause >= end:
                    break
                self._sleep(pause)
        raise error  # outside of any except block: what was caught there holds the address

    def _pause(self, attempt: int, retry_after: float | None) -> float:
        """Full jitter: anywhere up to a limit that doubles; never before the moment that the other side named."""
        return max(self._jitter() * FIRST_PAUSE * 2**attempt, retry_after or 0)

    def close(self) -> None:
        """Close the connections that are kept."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _once(
        self, url: str, body: bytes, headers: dict[str, str] | None, end: float
    ) -> tuple[Answer | None, Any, bool]:
        """(answer, error, whether it may be repeated): never raises what the other side can cause."""
        watch = _Watch(end, self._read)
        try:
            self._guard.check(url)
            with self._line(watch) as line:
                # identity: what is counted is what is held, and 5 MB cannot unfold into more
                sent = {"Content-Type": "application/json", "Accept-Encoding": "identity", **(headers or {})}
                with line.post(
                    url, data=body, headers=sent, timeout=self._read, allow_redirects=False, stream=True
                ) as response:
                    watch.has_answered = True
                    _check_status(response, watch)
                    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                    return Answer(response.status_code, _body(response, watch), media_type), None, False
        except EndpointError as error:
            return None, error, getattr(error, "status", None) in RETRIED
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            ours = _translated(error, watch)
            return None, ours, isinstance(ours, EndpointUnreachable)
        finally:
            watch.close()

    @contextmanager
    def _line(self, watch: "_Watch") -> Iterator[requests.Session]:
        """A session of `requests` of our own for one call, with its connections; kept where the call went well."""
        try:
            line = self._idle.get_nowait()
        except queue.Empty:
            line = requests.Session()
            line.trust_env = False  # neither a proxy, which would resolve names by itself, nor a .netrc
            adapter = _Adapter(self._guard)
            line.mount("https://", adapter)
            line.mount("http://", adapter)
        line.get_adapter("https://").watch = watch
        went_well = False
        try:
            yield line
            went_well = True
        finally:
            line.cookies.clear()  # what one call was given is no business of the next
            if went_well and self._keeps and self._idle.qsize() < MOST_IDLE:
                self._idle.put(line)
            else:
                line.close()


def _check_status(response: Any, watch: "_Watch") -> None:
    """Raise what a status says that is no success, with the first of what came with it."""
    try:
        _check_status_alone(response)
    except EndpointError as error:
        error.status = response.status_code
        error.received = _peek(response)
        raise


def _peek(response: Any) -> bytes:
    """The first of a body that is not needed: what goes wrong while it is read changes nothing."""
    try:
        return response.raw.read(KEPT_BYTES, decode_content=False) or b""
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, http.client.HTTPException):
        return b""


def _check_status_alone(response: Any) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        error = EndpointBusy(f"It answered with status {status}.")
        error.retry_after = _seconds(response.headers.get("Retry-After"))
        raise error
    if status >= 400:
        raise EndpointRefused(f"It answered with status {status}.")
    if not 200 <= status < 300:
        raise EndpointRefused(f"It answered with status {status}, which is followed nowhere.")


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None if unreadable.

    >>> _seconds("7"), _seconds("soon"), _seconds(None)
    (7.0, None, None)
    """
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(moment.timestamp() - time.time(), 0.0)


def _body(response: Any, watch: "_Watch") -> bytes:
    """The whole body, not one byte more than allowed."""
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise EndpointMalformed("It is packed, which was not asked for.")
    length = response.headers.get("Content-Length", "")
    parts: list[bytes] = []
    size = 0
    if not (length.isdigit() and int(length) > MOST_BYTES):
        while part := response.raw.read(65536, decode_content=False):
            if watch.is_over:
                raise EndpointTimeout("It was still answering.")
            size += len(part)
            if size > MOST_BYTES:
                break
            parts.append(part)
        else:
            if watch.is_over:
                raise EndpointTimeout("It was still answering.")
            return b"".join(parts)
    error = EndpointMalformed(f"It is longer than {MOST_BYTES // 1_000_000} MB.")
    error.received = b"".join(parts)[:KEPT_BYTES]
    raise error


def _translated(error: Any, watch: "_Watch") -> Any:
    """A foreign exception as one of ours. Its own text is dropped: it would show the address."""
    if watch.refusal is not None:
        return watch.refusal
    if watch.is_over or isinstance(error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError | TimeoutError):
        return EndpointTimeout("")
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return EndpointRefused("Its certificate is not valid.")
    if watch.has_answered:
        return EndpointMalformed("It broke off.")
    if _is_no_http(error):
        return EndpointMalformed("It is no answer of a web server.")
    if isinstance(error, requests.ConnectionError | OSError):
        return EndpointUnreachable("")
    return EndpointMalformed("")


def _is_no_http(error: Any) -> bool:
    """Return whether the answer is not valid HTTP, however deep requests and urllib3 wrapped the error."""
    if isinstance(error, http.client.RemoteDisconnected):
        return False
    if isinstance(error, http.client.HTTPException):
        return True
    return any(_is_no_http(inner) for inner in getattr(error, "args", ()) if isinstance(inner, Exception))


# The connection: to a checked address, and never longer than the deadline


class _Watch:
    """Shuts a connection at the deadline, whatever it waits for: a handshake, or a header that comes drop by drop."""

    def __init__(self, end: float, read: float = READ) -> None:
        self.is_over = False
        self.read = read
        self.has_answered = False
        self.refusal: EndpointError | None = None  # why no connection was made, in words of ours
        self._end = end
        self._twins = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(self.left(), 0), self._shut)
        self._timer.daemon = True
        self._timer.start()

    def left(self) -> float:
        return self._end - time.monotonic()

    def guard(self, connection: Any) -> None:
        """Watch over a socket. Its twin lives on where TLS takes the socket itself over."""
        with self._lock:
            self._twins.append(connection.dup())
        if self.is_over:
            self._shut()

    def _shut(self) -> None:
        self.is_over = True
        with self._lock:
            for twin in self._twins:
                try:
                    twin.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the other side before

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            while self._twins:
                self._twins.pop().close()


def _connected(connection: Any, guard: Guard, watch: _Watch) -> Any:
    """A socket to one of the checked addresses of this connection's host."""
    limit = min(CONNECT, watch.left())
    try:
        if limit <= 0:
            raise EndpointTimeout("")
        addresses = guard.addresses(connection.host, connection.port, limit)
    except EndpointError as error:
        watch.refusal = error
        raise NewConnectionError(connection, "not connected") from None
    end = time.monotonic() + limit
    for family, address in addresses:
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            found.settimeout(max(end - time.monotonic(), 0.001))
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.connect(address)
            found.settimeout(watch.read)
            connection.twin = found.dup()  # TLS takes the socket itself over
            watch.guard(connection.twin)
            return found
        except OSError:
            found.close()
    watch.refusal = EndpointUnreachable("")
    raise NewConnectionError(connection, "not connected") from None


class _Adapter(HTTPAdapter):
    """Makes connections of ours, one attempt each; repeating is the session's. `watch` is that of the call."""

    watch: _Watch

    def __init__(self, guard: Guard) -> None:
        adapter = self

        class Watched:
            twin: socket.socket | None = None

            def _new_conn(self: Any) -> Any:
                return _connected(self, guard, adapter.watch)

            def request(self: Any, *arguments: Any, **options: Any) -> Any:
                if self.sock is not None and self.twin is not None:  # of an earlier call, or just made by TLS
                    adapter.watch.guard(self.twin)
                return super().request(*arguments, **options)  # type: ignore[misc]

            def close(self: Any) -> Any:
                if self.twin is not None:
                    self.twin.close()
                    self.twin = None
                return super().close()  # type: ignore[misc]

        class Plain(Watched, HTTPConnection):
            pass

        class Secure(Watched, HTTPSConnection):
            pass

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self._pools = {"http": PlainPool, "https": SecurePool}
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> Any:
        result = super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools
        return result


# Logs: urllib3 writes the address of each call at the level DEBUG


class _WhileCalling(logging.Filter):
    def filter(self, record: Any) -> bool:
        return not _is_calling.get()


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_WhileCalling())


@contextmanager
def _silence() -> Iterator[Any]:
    token = _is_calling.set(True)
    try:
        yield
    finally:
        _is_calling.reset(token)
