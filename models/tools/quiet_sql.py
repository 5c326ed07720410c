"""Keep what a statement carries out of the server log.

Odoo logs a statement that fails, and at DEBUG each one, with all its values: a chunk of scores is a megabyte of inputs
in clear text. Inside `quiet_sql` one line tells what was written instead. Faults of the moment, such as a collision
that Odoo repeats or a lost connection, which it logs once more for each savepoint, say nothing about the statement:
those about tables of the addon become one line, too.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from . import faults

_told: ContextVar[str | None] = ContextVar("ai_deployment_quiet_sql", default=None)


TABLES = "ai_deployment"  # begins the names of the addon's tables


class _Shorten(logging.Filter):
    """Replace what Odoo logs of a statement by the description of the `quiet_sql` around it."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = _told.get()
        arguments = record.args if isinstance(record.args, tuple) else ()
        error = arguments[-1] if record.levelno == logging.ERROR and arguments else None
        if told is None and _is_of_the_moment(error) and TABLES in str(arguments[0]):
            told = f"A statement about tables of {TABLES} was not carried out"
        if told is not None and record.levelno in (logging.DEBUG, logging.ERROR):
            record.msg, record.args = "%s%s", (told, f": {_name(error)}" if error is not None else "")
        return True


def _is_of_the_moment(error: Any) -> bool:
    return isinstance(error, Exception) and faults.is_of_the_moment(error)


def _name(error: object) -> str:
    code = getattr(error, "pgcode", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


@contextmanager
def quiet_sql(told: str) -> Iterator[None]:
    """Let the log say `told` instead of the statements that are executed inside.

    :param told: str such as "5000 rows for ai_deployment_inference"
    """
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


logging.getLogger("odoo.sql_db").addFilter(_Shorten())
