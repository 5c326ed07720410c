"""The one place that knows what time it is.

It may be wrong for a while: a moment that was stored then lies in the future once the clock is right again. What
waits for such a moment would wait for days, so whoever waits asks here (`due_domain`, `due_sql`, `has_passed`): a
moment beyond now plus the longest wait, or an event after now, is taken as passed. What has an order is ordered by id.

Every date that the addon stores or compares comes from `now()`, never from SQL `now()` and never from
`fields.Datetime.now()` elsewhere: a year can then be replayed, and a test can stand at any moment. The moment is
held in a context variable, so that nobody can set it over RPC and two threads do not see each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta, timezone

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

_standing_at = ContextVar("ai_deployment_now", default=None)


def now() -> datetime:
    """The current moment: naive, UTC, whole seconds, as Odoo stores it."""
    standing = _standing_at.get()
    return standing.replace(microsecond=0) if standing else fields.Datetime.now()


def instant() -> datetime:
    """The current moment with its fraction of a second, naive, UTC: what was stored in this second lies before it."""
    return _standing_at.get() or datetime.now(timezone.utc).replace(tzinfo=None)


def today() -> date:
    """The current day in UTC."""
    return now().date()


def due_domain(field: str, longest: timedelta) -> Domain:
    """Return the domain of what is due: `field` has come, or lies further ahead than it can have been put off.

    :param field: str, a stored datetime, the next moment of something
    :param longest: timedelta, the longest time by which it is put off
    """
    return Domain(field, "<=", now()) | Domain(field, ">", now() + longest)


def due_sql(column: SQL, longest: timedelta) -> SQL:
    """Return `due_domain` as SQL.

    :param column: SQL, the column
    """
    return SQL("(%s <= %s OR %s > %s)", column, now(), column, now() + longest)


def has_passed(moment: datetime, wait: timedelta) -> bool:
    """Return whether `wait` has passed since `moment`; also where the moment of something that happened is to come.

    :param moment: naive UTC datetime of an event
    """
    return moment <= now() - wait or moment > now()


@contextmanager
def at(moment: datetime | str | None) -> Iterator[None]:
    """Stand at `moment` (naive UTC datetime, or None for the real time) within the block."""
    token = _standing_at.set(fields.Datetime.to_datetime(moment) if moment else None)
    try:
        yield
    finally:
        _standing_at.reset(token)
