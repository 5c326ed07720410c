"""A savepoint in which no statement and no lock takes long: somebody waits, and nothing of it is worth the wait."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

_LIMITS = ("lock_timeout", "statement_timeout")


@contextmanager
def bounded_savepoint(cr: BaseCursor, lock: str, statement: str) -> Iterator[None]:
    """Open a savepoint with limits of its own, one statement to begin and one to end; those from before come back.

    As with `cr.savepoint()`, what fails inside is rolled back and the environment is cleared. What the caller wrote
    has to be flushed before.

    :param lock: str, the longest wait for a lock, such as "2s"
    :param statement: str, the longest time of one statement
    """
    lock_limit, statement_limit = _LIMITS
    name = SQL.identifier(f"ai_deployment_{uuid.uuid4().hex}")
    cr.execute(
        SQL(
            "SAVEPOINT %s; SELECT current_setting(%s), current_setting(%s), set_config(%s, %s, TRUE),"
            " set_config(%s, %s, TRUE)",
            name,
            *_LIMITS,
            lock_limit,
            lock,
            statement_limit,
            statement,
        )
    )
    lock_before, statement_before, *_now = cr.fetchone()
    try:
        yield
        cr.flush()
    except BaseException:
        cr.clear()
        cr.execute(SQL("ROLLBACK TO SAVEPOINT %s; RELEASE SAVEPOINT %s", name, name))
        raise
    cr.execute(
        SQL(
            "SELECT set_config(%s, %s, TRUE), set_config(%s, %s, TRUE); RELEASE SAVEPOINT %s",
            lock_limit,
            lock_before,
            statement_limit,
            statement_before,
            name,
        )
    )
