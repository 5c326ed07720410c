"""Tell faults of the moment from faults of a record, and log them without data.

A database error says by its SQLSTATE what happened. Only a serialization failure, a deadlock or a lock that was not
free is a collision, which the same work repeated later survives. A lost connection, a full disk, a statement that was
cancelled and a lack of memory are faults of the server: no record is to blame, and repeating at once does not help.
"""

import os
import traceback
from logging import Logger

import psycopg2
import psycopg2.extensions
from psycopg2 import errors

from odoo.sql_db import BaseCursor

COLLISION = "collision"
LOST_CONNECTION = "lost_connection"
DISK_FULL = "disk_full"
OUT_OF_MEMORY = "out_of_memory"
TOO_SLOW = "too_slow"
SERVER = "server"  # another fault of the database server

# The first that fits; by class where the server sent a code, and where the client itself raised.
_BY_CLASS = (
    ((psycopg2.extensions.TransactionRollbackError, errors.LockNotAvailable), COLLISION),
    (errors.DiskFull, DISK_FULL),
    ((errors.OutOfMemory, MemoryError), OUT_OF_MEMORY),
    (errors.QueryCanceled, TOO_SLOW),
    ((errors.InsufficientResources, errors.SystemError, errors.IoError, errors.InternalError_), SERVER),
)
_LOST = ("08", "57P", "53300")  # the connection, the server that was shut down or is not up yet, no connection left
# Exceptions for which no record, version or deployment is to blame, to be raised on to who can repeat or give up.
OF_THE_MOMENT = (psycopg2.OperationalError, psycopg2.InterfaceError)
# The code reads what the database does not have: a field that was deleted a moment ago, or one of another version of
# the code. It fails on every record that is read, so none of them is to blame.
OF_THE_SCHEMA = (errors.UndefinedColumn, errors.UndefinedTable, errors.UndefinedFunction)
OF_THE_SERVER = {LOST_CONNECTION, DISK_FULL, OUT_OF_MEMORY, TOO_SLOW, SERVER}


def kind_of(error: BaseException) -> str:
    """Return the kind of fault behind `error`, or an empty string where the work itself may be at fault.

    :param error: an exception; of psycopg2, or MemoryError
    :return: one of the constants of this module, or ""
    """
    code = getattr(error, "pgcode", None) or ""
    if code.startswith(_LOST):
        return LOST_CONNECTION
    for classes, kind in _BY_CLASS:
        if isinstance(error, classes):
            return kind
    # Of what is left without a code of the server, the client itself says that the connection is gone.
    return LOST_CONNECTION if isinstance(error, OF_THE_MOMENT) and not code else ""


def is_collision(error: BaseException) -> bool:
    """Return whether the same work, repeated in a new transaction, may well succeed."""
    return kind_of(error) == COLLISION


def is_of_the_moment(error: BaseException) -> bool:
    """Return whether no record and no version is at fault: a collision, or a fault of the database server."""
    return bool(kind_of(error))


def is_aborted(cr: BaseCursor) -> bool:
    """Return whether the transaction of `cr` can only be rolled back: a statement failed outside of a savepoint."""
    return cr._cnx.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INERROR


def place_of(error: BaseException) -> str:
    """Return the innermost line of the addon or of Odoo that raised `error`, as "file.py:12 in function"."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    frame = next((each for each in reversed(frames) if "ai_deployment" in each.filename), frames[-1])
    return f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"


def how_it_failed(error: BaseException) -> str:
    """Return the type and place of `error`, never its message, which may quote what a record holds."""
    return f"{type(error).__name__} at {place_of(error)}"


def log_fault(logger: Logger, what: str, error: BaseException) -> None:
    """Log one line about `error`: its type and place, never its message, which may quote what a record holds.

    :param logger: logging.Logger
    :param what: str, what could not be done, without values of records
    """
    code = getattr(error, "pgcode", None)
    told = f"{type(error).__name__} {code}" if code else type(error).__name__
    logger.error("%s: %s at %s", what, told, place_of(error))


LONGEST_FAULT = 200  # characters of its message: what follows is for the log


def fault_text(error: BaseException) -> str:
    """Return a fault in one line: its kind, and the first line of its message (further ones may hold values)."""
    message = str(error).strip().partition("\n")[0][:LONGEST_FAULT]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
