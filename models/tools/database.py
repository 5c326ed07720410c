"""Return whether this database is still the one that last sent a notification.

A database that was restored from a dump, or made as a copy, has an identity of its own in PostgreSQL: its number in the
cluster (`pg_database.oid`) and the cluster's own (`system_identifier`). It is kept here when messages go out. Where it
differs, what waits to be told may have been told already by the database that this one was made from, or that one may
still be telling: nothing goes out until an administrator says so. A database that is renamed keeps its identity.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from odoo import fields
from odoo.tools import SQL

PARAMETER = "ai_deployment.database"


class Held(NamedTuple):
    """A restore or copy that nobody has answered: when the database ran last before, and when it was noticed."""

    last_run: datetime | None
    since: datetime | None


def identity(env: Any) -> str:
    """Return what tells this database from one restored or copied from it."""
    [[number, may_ask]] = env.execute_query(
        SQL(
            "SELECT oid::text, has_function_privilege('pg_control_system()', 'execute')"
            " FROM pg_database WHERE datname = current_database()"
        )
    )
    if not may_ask:
        return number
    [[cluster]] = env.execute_query(SQL("SELECT system_identifier::text FROM pg_control_system()"))
    return f"{cluster}/{number}"


def _mark(env: Any) -> dict:
    text = env["ir.config_parameter"].sudo().get_param(PARAMETER)
    try:
        mark = json.loads(text or "{}")
    except ValueError:
        return {}
    return mark if isinstance(mark, dict) else {}


def _write(env: Any, **mark: Any) -> None:
    env["ir.config_parameter"].sudo().set_param(PARAMETER, json.dumps(mark, default=fields.Datetime.to_string))


def held(env: Any) -> Held | None:
    """Return what is known of a restore or copy that nobody has answered, None where there is none. Reads only."""
    mark = _mark(env)
    if not mark.get("identity") or mark["identity"] == identity(env):
        return None
    return Held(fields.Datetime.to_datetime(mark.get("last_run")), fields.Datetime.to_datetime(mark.get("since")))


def confirm(env: Any) -> None:
    """Keep that this is the database that tells people."""
    now = identity(env)
    if _mark(env) != {"identity": now}:
        _write(env, identity=now)


def note(env: Any, last_run: datetime | None, since: datetime) -> None:
    """Keep when a restore or copy was noticed, and when the database ran last before; only the first time."""
    mark = _mark(env)
    if not mark.get("since"):
        _write(env, identity=mark.get("identity"), last_run=last_run, since=since)


def is_marked(env: Any) -> bool:
    """Return whether the identity of a database is kept: one that never told anybody anything has none."""
    return bool(_mark(env).get("identity"))
