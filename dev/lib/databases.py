"""Databases with their filestores: clone, rename, drop. Works on our own cluster and on the user's server."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import uuid
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql

from .places import FILESTORES
from .talk import Failure

# Names of throwaway databases tell whose they are: those of an ended process on this machine are litter.
_MACHINE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]
_RUN_PREFIX = f"aid_run_{_MACHINE}_"


@contextlib.contextmanager
def _server():
    try:
        connection = psycopg2.connect(dbname="postgres")
    except psycopg2.OperationalError as error:
        reason = str(error).strip().partition("\n")[0]
        raise Failure(f"PostgreSQL refuses the connection: {reason}") from None
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    except errors.InsufficientPrivilege as error:
        raise Failure(f"The PostgreSQL role may not do this (it needs CREATEDB): {error.pgerror.strip()}") from None
    finally:
        connection.close()


def _run(statement, *names):
    with _server() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def names(prefix=""):
    with _server() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [prefix])
        return [name for (name,) in cursor.fetchall()]


def exists(name):
    return name in names(name)


def in_use(name):
    with _server() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
        return bool(cursor.fetchone()[0])


def mark(name, facts):
    """Store facts about a database beside it, where a copy does not inherit them."""
    with _server() as cursor:
        text = json.dumps({"made_by": "ai_deployment", **facts})
        cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text)))


def marked(name):
    """The facts stored by :func:`mark`; None for a database that is not ours."""
    with _server() as cursor:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        row = cursor.fetchone()
    try:
        facts = json.loads(row[0])
    except (TypeError, ValueError):
        return None
    return facts if isinstance(facts, dict) and facts.get("made_by") == "ai_deployment" else None


def seal(name):
    """No connection any more: a template that a stray server opens could not be copied."""
    _run("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", name)


def clone(source, name):
    _run("CREATE DATABASE {} TEMPLATE {}", name, source)
    shutil.rmtree(FILESTORES / name, ignore_errors=True)
    if (FILESTORES / source).is_dir():
        # Stored files carry the hash of their content as name and are never changed, so both may share them.
        shutil.copytree(FILESTORES / source, FILESTORES / name, copy_function=_link)


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def rename(name, new_name):
    shutil.rmtree(FILESTORES / new_name, ignore_errors=True)
    if (FILESTORES / name).is_dir():
        (FILESTORES / name).rename(FILESTORES / new_name)
    _run("ALTER DATABASE {} RENAME TO {}", name, new_name)


def drop(name):
    _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    shutil.rmtree(FILESTORES / name, ignore_errors=True)


@contextlib.contextmanager
def throwaway(template):
    """A copy of the template that lasts as long as the block."""
    _drop_litter()
    name = f"{_RUN_PREFIX}{os.getpid()}_{uuid.uuid4().hex[:6]}"
    try:
        clone(template, name)
        yield name
    finally:
        drop(name)


def _drop_litter():
    for name in names(_RUN_PREFIX):
        process = name.removeprefix(_RUN_PREFIX).split("_")[0]
        if not is_running(process):
            drop(name)


def is_running(process):
    # The number alone does not tell: it may be a zombie's, or another program's by now.
    try:
        return b"lib." in Path("/proc", process, "cmdline").read_bytes()
    except OSError:
        return False
