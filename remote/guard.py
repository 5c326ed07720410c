"""Addresses that may be called: https to the public internet, and those allowed by name by an administrator.

A name is resolved once per connection, every address it has is checked, and the connection is made to a checked
address. A name server that answers differently the second time (DNS rebinding) is never asked a second time.

An allowed host (exact ``host`` or ``host:port``) may be private or loopback, and may be called without TLS. What can
never be a service of anybody (link-local, where clouds keep their metadata; multicast; unspecified; reserved) stays
refused.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from ..ml.errors import EndpointRefused, EndpointTimeout, EndpointUnreachable

PORTS = {"https": 443, "http": 80}
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def parse_allowed(text: Any) -> set[str]:
    """A set of ``host`` and ``host:port`` out of a text, separated by commas or spaces.

    >>> sorted(parse_allowed("models.example.com:8443, 10.0.0.5 "))
    ['10.0.0.5', 'models.example.com:8443']
    """
    return {part.lower() for part in (text or "").replace(",", " ").split()}


def not_hosts(text: Any) -> list[str]:
    """Return the parts of ``text`` that are no ``host`` or ``host:port``, sorted.

    >>> not_hosts("models.example.com:8443, https://models.example.com 10.0.0.5:x [fd00::5]:443")
    ['10.0.0.5:x', 'https://models.example.com']
    """
    found = []
    for part in sorted(parse_allowed(text)):
        address, port = _parts(f"https://{part}")
        if address is None or address.netloc != part or not address.hostname or "@" in part or port == 0:
            found.append(part)
    return found


class Guard:
    """Says no with an ``EndpointRefused``. ``resolve(host, port)`` gives (family, socket address) pairs."""

    def __init__(self, allowed: Collection[str] | tuple = (), *, resolve: Callable[..., Any] | None = None) -> None:
        self._allowed = frozenset(allowed)
        self._resolve = resolve or _system_resolve

    def check(self, url: str) -> None:
        """Check whether `url` may be called, without asking a name server."""
        parts, port = _parts(url)
        if parts is None or parts.scheme not in PORTS or not parts.hostname:
            raise EndpointRefused("Its address is not a web address.")
        if parts.username is not None or parts.password is not None:
            raise EndpointRefused("Its address holds a user or password.")
        if parts.scheme != "https" and not self._is_allowed(parts.hostname, port or PORTS[parts.scheme]):
            raise EndpointRefused("Its address does not begin with https.")

    def addresses(self, host: str, port: int, timeout: float) -> list[tuple[int, tuple[str, int]]]:
        """The checked socket addresses of `host`; not one of them may be out of bounds."""
        found = _within(timeout, self._resolve, host.strip("[]"), port)
        if not found:
            raise EndpointUnreachable("Its name is not known.")
        allowed = self._is_allowed(host, port)
        for _family, address in found:
            if not _may_be_called(address[0], allowed):
                raise EndpointRefused("Its address is not on the public internet, and no administrator allowed it.")
        return found

    def _is_allowed(self, host: str, port: int) -> bool:
        host = host.lower().strip("[]").rstrip(".")
        named = {host, f"[{host}]"} if ":" in host else {host}
        return bool(self._allowed & (named | {f"{name}:{port}" for name in named}))


def _parts(url: str) -> tuple[Any, int | None]:
    """The parts of an address and its port; (None, None) where it is none. What is wrong with it is not passed on."""
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        return None, None


def _may_be_called(text: str, allowed: bool) -> bool:
    """Return whether one address is public, or private and allowed.

    >>> [_may_be_called(address, False) for address in ("93.184.216.34", "10.0.0.5", "::ffff:127.0.0.1")]
    [True, False, False]
    >>> [_may_be_called(address, True) for address in ("10.0.0.5", "169.254.169.254")]
    [True, False]
    """
    address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_reserved and not address.is_loopback:  # ::1 counts as both
        return False
    return allowed or address.is_global


def _inner(address: Any) -> Any:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if address.version == 4:
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]) or address


def _system_resolve(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [(family, address) for family, _type, _protocol, _name, address in found]


def _within(timeout: float, function: Callable[..., Any], *arguments: Any) -> list[tuple[int, tuple[str, int]]]:
    """The result of `function`, or an ``EndpointTimeout``: the system's resolver has no time limit of its own."""
    answers = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((function(*arguments), None))
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            answers.put((None, error))

    threading.Thread(target=work, daemon=True, name="ai_deployment resolver").start()
    try:
        result, error = answers.get(timeout=max(timeout, 0.001))
    except queue.Empty:
        raise EndpointTimeout("Its name was not found in time.") from None
    if error is not None:
        raise error
    return result
