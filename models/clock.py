"""The one place that knows what time it is.

Every date that the addon stores or compares comes from `now()`, never from SQL `now()` and never from
`fields.Datetime.now()` elsewhere: a year can then be replayed, and a test can stand at any moment. The moment is
held in a context variable, so that nobody can set it over RPC and two threads do not see each other's.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from odoo import fields

_standing_at = ContextVar("ai_deployment_now", default=None)


def now():
    """The current moment: naive, UTC, whole seconds, as Odoo stores it."""
    return _standing_at.get() or fields.Datetime.now()


def today():
    """The current day in UTC."""
    return now().date()


@contextmanager
def at(moment):
    """Stand at `moment` (naive UTC datetime, or None for the real time) within the block."""
    token = _standing_at.set(fields.Datetime.to_datetime(moment) if moment else None)
    try:
        yield
    finally:
        _standing_at.reset(token)
