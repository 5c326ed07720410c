"""Whatever requests and urllib3 can raise becomes a leaf of ours, and a new one is noticed."""

import inspect

import pytest
import requests
import urllib3

from odoo.addons.ai_deployment.ml.errors import EndpointError
from odoo.addons.ai_deployment.remote.session import _translated, _Watch


def exceptions(module, base):
    return [one for _name, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, base)]


FOREIGN = [
    *exceptions(requests.exceptions, requests.RequestException),
    *exceptions(urllib3.exceptions, urllib3.exceptions.HTTPError),
    ConnectionResetError,
    BrokenPipeError,
    TimeoutError,
    OSError,
]


def an(kind):
    try:
        return kind("somewhere secret")
    except TypeError:  # takes a pool, an address or a response besides
        return kind.__new__(kind)


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@pytest.mark.parametrize("has_answered", [False, True])
def test_it_is_one_of_ours_and_says_nothing_of_its_own(kind, has_answered):
    import time

    watch = _Watch(time.monotonic() + 60)
    watch.has_answered = has_answered
    try:
        ours = _translated(an(kind), watch)
    finally:
        watch.close()
    assert isinstance(ours, EndpointError) and ours.failure_type
    assert "secret" not in str(ours)
