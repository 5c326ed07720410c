import socket
import threading
import time

import pytest

from odoo.addons.ai_deployment.ml.errors import EndpointRefused, EndpointTimeout, EndpointUnreachable
from odoo.addons.ai_deployment.remote import guard as guard_module
from odoo.addons.ai_deployment.remote.guard import Guard, parse_allowed

PUBLIC = "93.184.216.34"


def resolving(*addresses):
    def resolve(host, port):
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, (a, port)) for a in addresses]

    return resolve


def checked(*addresses, allowed=(), host="example.com", port=443):
    return Guard(allowed, resolve=resolving(*addresses)).addresses(host, port, 1)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.5",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fe80::1%eth0",
    ],
)
def test_what_is_not_on_the_public_internet_is_refused(address):
    with pytest.raises(EndpointRefused):
        checked(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_called(address):
    assert [found[0] for _family, found in checked(address)] == [address]


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(EndpointRefused):
        checked(PUBLIC, "10.0.0.5")


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com", "example.com."])
@pytest.mark.parametrize("allowed", ["example.com", "example.com:443"])
def test_an_allowed_host_may_be_private(host, allowed):
    assert checked("10.0.0.5", allowed={allowed}, host=host)
    for address in ("127.0.0.1", "::1", "100.64.0.1", "fd00::1"):
        assert checked(address, allowed={allowed}, host=host)


@pytest.mark.parametrize("allowed", ["other.com", "example.com:8443", "sub.example.com", "com", "*", "*.com", ""])
def test_allowed_means_exactly_that_host(allowed):
    with pytest.raises(EndpointRefused):
        checked("10.0.0.5", allowed={allowed})


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
)
def test_no_permission_opens_what_is_no_service_of_anybody(address):
    with pytest.raises(EndpointRefused):
        checked(address, allowed={"example.com"})


def test_a_name_that_nobody_knows():
    with pytest.raises(EndpointUnreachable):
        checked()


def test_the_systems_own_resolver_sees_through_other_spellings():
    for spelling in ("2130706433", "0x7f.1", "localhost"):
        with pytest.raises(EndpointRefused):
            Guard().addresses(spelling, 443, 5)


def test_a_name_server_that_is_slow_ends_in_time():
    released = threading.Event()
    slow = Guard(resolve=lambda host, port: released.wait(30))
    start = time.monotonic()
    with pytest.raises(EndpointTimeout):
        slow.addresses("example.com", 443, 0.2)
    assert time.monotonic() - start < 2
    released.set()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "example.com/x",
        "https://",
        "",
        "https:///x",
        "https://user:word@example.com/",
        "https://user@example.com/",
        "https://example.com:port/",
        "https://[::1",
        "https://example.com:99999/",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_to_be_called(url):
    with pytest.raises(EndpointRefused) as caught:
        Guard().check(url)
    assert "example" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_allowed_host_may_be_called_without_tls_and_another_not():
    guard = Guard({"models.local:8000", "10.0.0.5"})
    guard.check("http://models.local:8000/x")
    guard.check("http://10.0.0.5/x")
    for url in ("http://models.local/x", "http://models.local:8001/x", "http://10.0.0.6/x"):
        with pytest.raises(EndpointRefused):
            guard.check(url)


def test_an_allowed_ipv6_address_is_written_with_or_without_brackets():
    for allowed in ("::1", "[::1]:8000", "[::1]"):
        Guard({allowed}).check("http://[::1]:8000/x")


def test_allowed_hosts_are_read_from_a_text():
    assert parse_allowed("A.example.com, b:8443\n c") == {"a.example.com", "b:8443", "c"}
    assert parse_allowed(False) == set()


def test_the_table_of_ports_is_that_of_the_schemes():
    assert guard_module.PORTS == {"https": 443, "http": 80}
