"""Try something on real records and undo all of it, under a time limit."""

from collections.abc import Iterator
from contextlib import contextmanager

from odoo.api import Environment
from odoo.tools import SQL
from odoo.tools.misc import Callbacks

STATEMENT_MS = 5000  # for one statement
LOCK_MS = 1000  # to wait for what other work holds


@contextmanager
def undone(env: Environment) -> Iterator[None]:
    """Undo what the block writes, and throw away what would happen after the transaction: mails, calls, notifications.

    :raise psycopg2.Error: a statement of the block took longer than `STATEMENT_MS`, or waited for longer than `LOCK_MS`
    """
    cr = env.cr
    savepoint = cr.savepoint()  # what came before is written, and its hooks have run
    kept, cr.postcommit = cr.postcommit, Callbacks()
    try:
        cr.execute(SQL("SET LOCAL statement_timeout = %s", STATEMENT_MS))
        cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_MS))
        yield
    finally:
        savepoint.close()  # rolls back, forgets what the ORM has cached, and takes the limits back
        cr.postcommit = kept
