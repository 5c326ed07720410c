import json
import logging
import socket
import time
import traceback
from email.utils import formatdate

import pytest
from hostile import answer

from odoo.addons.ai_deployment.ml.errors import (
    EndpointBusy,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointTimeout,
    EndpointUnreachable,
)
from odoo.addons.ai_deployment.remote import session as session_module
from odoo.addons.ai_deployment.remote.guard import Guard
from odoo.addons.ai_deployment.remote.session import MOST_BYTES, Session

SECRET = "T0000-very-secret"


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def session(server, pauses):
    return Session(Guard(server.allowed), deadline=5, sleep=pauses.append, jitter=lambda: 1.0)


def test_what_is_sent_arrives_and_the_answer_comes_back(server, session):
    found = session.post(server.url("/ok"), {"text": "Ünïcode"}, headers={"X-Name": "value"})
    assert (found.status, found.body) == (200, b"ok")
    [(path, headers, body)] = server.calls
    assert (path, json.loads(body), headers["x-name"]) == ("/ok", {"text": "Ünïcode"}, "value")
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{server.port}"


# One table of bad answers

BAD = [
    ("/drip_headers", EndpointTimeout, 1),
    ("/drip_body", EndpointTimeout, 1),
    ("/silent", EndpointTimeout, 1),
    ("/huge", EndpointMalformed, 1),
    ("/huge_by_its_own_words", EndpointMalformed, 1),
    ("/hang_up", EndpointUnreachable, 3),
    ("/break_off", EndpointMalformed, 1),
    ("/garbage", EndpointMalformed, 1),
    ("/endless_line", EndpointMalformed, 1),
]


@pytest.mark.parametrize("path, kind, calls", BAD, ids=[path.strip("/") for path, _kind, _calls in BAD])
def test_whatever_it_answers_it_ends_in_time_and_in_our_words(server, pauses, path, kind, calls, caplog):
    caplog.set_level(logging.DEBUG)
    start = time.monotonic()
    with pytest.raises(EndpointError) as caught:
        Session(Guard(server.allowed), deadline=1.5, sleep=pauses.append, jitter=lambda: 0.0).post(
            server.url(f"{path}/{SECRET}"), {}
        )
    assert type(caught.value) is kind
    assert time.monotonic() - start < 3
    assert len(server.calls) == calls
    assert_hidden(caught.value, caplog)


def assert_hidden(error, caplog):
    """Neither the error nor what lies behind it nor the log shows the address."""
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), caplog.text]
    behind, seen = error.__cause__ or error.__context__, 0
    while behind is not None and seen < 20:
        shown += [str(behind), repr(behind)]
        behind, seen = behind.__cause__ or behind.__context__, seen + 1
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 422])
def test_refused_is_refused_and_not_asked_again(server, session, status, pauses):
    server.answers["/x"] = answer(status, b"no")
    with pytest.raises(EndpointRefused) as caught:
        session.post(server.url("/x"), {})
    assert str(status) in str(caught.value)
    assert (len(server.calls), pauses) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, session, status):
    server.answers["/x"] = answer(status, Location=server.url(f"/ok/{SECRET}"))
    with pytest.raises(EndpointRefused) as caught:
        session.post(server.url("/x"), {})
    assert SECRET not in str(caught.value)
    assert [path for path, *_rest in server.calls] == ["/x"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_busy_is_asked_again_twice_with_growing_pauses(server, session, status, pauses):
    server.answers["/x"] = answer(status)
    with pytest.raises(EndpointBusy):
        session.post(server.url("/x"), {})
    assert (len(server.calls), pauses) == (3, [0.5, 1.0])


@pytest.mark.parametrize("status", [500, 501, 505])
def test_other_faults_of_the_server_are_not_asked_again_at_once(server, session, status, pauses):
    server.answers["/x"] = answer(status, Retry_After=1)
    with pytest.raises(EndpointBusy) as caught:
        session.post(server.url("/x"), {})
    assert (len(server.calls), pauses) == (1, [])
    assert caught.value.transient and caught.value.retry_after == 1


def test_a_second_answer_that_is_good_is_the_answer(server, session, pauses):
    server.answers["/x"] = [answer(503), answer(200, b"fine")]
    assert session.post(server.url("/x"), {}).body == b"fine"
    assert len(pauses) == 1


def test_pauses_lie_anywhere_up_to_their_limit(server, pauses):
    server.answers["/x"] = answer(503)
    shares = iter([0.25, 0.0, 0.0])
    with pytest.raises(EndpointBusy):
        Session(Guard(server.allowed), sleep=pauses.append, jitter=lambda: next(shares)).post(server.url("/x"), {})
    assert pauses == [0.125, 0.0]


def test_a_wish_to_wait_is_honoured(server, session, pauses):
    server.answers["/x"] = [answer(429, Retry_After=2), answer(200)]
    session.post(server.url("/x"), {})
    assert pauses == [2.0]


def test_a_wish_to_wait_until_a_date_is_honoured(server, session, pauses):
    server.answers["/x"] = [answer(503, Retry_After=formatdate(time.time() + 3, usegmt=True)), answer(200)]
    session.post(server.url("/x"), {})
    assert 1 < pauses[0] <= 3


def test_a_wish_beyond_the_deadline_is_passed_on_at_once(server, session, pauses):
    server.answers["/x"] = answer(429, Retry_After=3600)
    with pytest.raises(EndpointBusy) as caught:
        session.post(server.url("/x"), {})
    assert (caught.value.retry_after, len(server.calls), pauses) == (3600, 1, [])


def test_the_deadline_holds_for_all_attempts_together(server):
    server.answers["/x"] = answer(503)
    start = time.monotonic()
    with pytest.raises(EndpointBusy):
        Session(Guard(server.allowed), deadline=0.4, jitter=lambda: 1.0).post(server.url("/x"), {})
    assert time.monotonic() - start < 1
    assert len(server.calls) == 1


def test_as_much_as_is_allowed_is_read(server, session):
    server.answers["/x"] = answer(200, b"x" * MOST_BYTES)
    assert len(session.post(server.url("/x"), {}).body) == MOST_BYTES


def test_a_packed_answer_is_refused_so_that_nothing_unfolds(server, session):
    server.answers["/x"] = answer(200, b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(EndpointMalformed):
        session.post(server.url("/x"), {})
    [(_path, headers, _body)] = server.calls
    assert headers["accept-encoding"] == "identity"


def test_an_answer_in_chunks_is_put_together(server, session):
    server.answers["/x"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert session.post(server.url("/x"), {}).body == b"abcde"


# Where it connects to


def test_this_machine_is_not_called_unless_allowed(server):
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(EndpointRefused):
            Session(Guard()).post(server.url("/ok", host), {})
    assert server.calls == []


def test_an_https_address_on_this_machine_is_refused_before_a_connection(server):
    with pytest.raises(EndpointRefused) as caught:
        Session(Guard()).post(f"https://127.0.0.1:{server.port}/ok/{SECRET}", {})
    assert "public internet" in str(caught.value)
    assert server.calls == []


def test_a_name_is_resolved_once_and_the_checked_address_is_called(server):
    """A name server that turns to this machine after the check is never asked a second time."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return [(socket.AF_INET, ("127.0.0.1" if len(asked) == 1 else "10.0.0.5", port))]

    guard = Guard({f"rebinding.test:{server.port}"}, resolve=rebinding)
    assert Session(guard).post(server.url("/ok", "rebinding.test"), {}).body == b"ok"
    assert asked == ["rebinding.test"]
    [(_path, headers, _body)] = server.calls
    assert headers["host"] == f"rebinding.test:{server.port}"


def test_each_repeat_is_checked_anew(server, pauses):
    server.answers["/x"] = answer(503)
    answers = iter(["127.0.0.1", "169.254.169.254"])
    guard = Guard(
        {f"rebinding.test:{server.port}"}, resolve=lambda host, port: [(socket.AF_INET, (next(answers), port))]
    )
    with pytest.raises(EndpointRefused):
        Session(guard, sleep=pauses.append).post(server.url("/x", "rebinding.test"), {})
    assert len(server.calls) == 1


def test_the_second_address_is_tried_where_the_first_is_dead(server):
    dead = socket.create_server(("127.0.0.2", 0))
    dead.close()
    guard = Guard(
        {f"two.test:{server.port}"},
        resolve=lambda host, port: [(socket.AF_INET, ("127.0.0.2", port)), (socket.AF_INET, ("127.0.0.1", port))],
    )
    assert Session(guard).post(server.url("/ok", "two.test"), {}).body == b"ok"


def test_nobody_listens(server, session, pauses):
    server.close()
    with pytest.raises(EndpointUnreachable) as caught:
        session.post(server.url("/ok"), {})
    assert caught.value.transient
    assert len(pauses) == 2


def test_a_proxy_of_the_environment_is_not_used(server, session, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    assert session.post(server.url("/ok"), {}).body == b"ok"


def test_plain_text_where_tls_was_expected_is_an_error_of_ours(server, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EndpointError) as caught:
        Session(Guard(server.allowed), deadline=2, sleep=lambda pause: None).post(
            f"https://127.0.0.1:{server.port}/garbage/{SECRET}", {}
        )
    assert_hidden(caught.value, caplog)


def test_a_handshake_that_never_ends_is_ended(server):
    """TLS takes the socket over: the watch holds a twin of it."""
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    start = time.monotonic()
    with pytest.raises(EndpointTimeout):
        Session(Guard({f"127.0.0.1:{port}"}), deadline=0.5).post(f"https://127.0.0.1:{port}/", {})
    assert time.monotonic() - start < 2
    silent.close()


# Logs


def test_no_log_shows_the_address_even_at_debug(server, session, caplog):
    caplog.set_level(logging.DEBUG)
    session.post(server.url(f"/ok/{SECRET}"), {})
    assert SECRET not in caplog.text


def test_other_calls_of_the_process_are_logged_as_ever(server, caplog):
    import requests

    caplog.set_level(logging.DEBUG)
    requests.get(server.url("/ok"), timeout=5)
    assert "/ok" in caplog.text


def test_the_limits_are_those_of_the_policy():
    limits = (session_module.CONNECT, session_module.READ, session_module.MOST_RETRIES, session_module.MOST_BYTES)
    assert limits == (2.0, 10.0, 2, 5_000_000)
    assert session_module.RETRIED == {429, 502, 503, 504}
