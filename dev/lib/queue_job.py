"""OCA's `queue_job` for drills: a folder of its own in the cache, found by the processes that are told of it only."""

import fcntl
import os
import shutil
import subprocess
import sys

import psycopg2

from .places import CACHE, hash_of
from .talk import Failure, say

# Without their dependencies: `odoo` is no package that pip could install, and the rest is in Odoo's environment.
PACKAGES = ("odoo-addon-queue-job>=19,<19.1", "openupgradelib>=3.10")


def folder():
    """Where the package is; installed on the first call."""
    home = CACHE / f"queue-job-{hash_of(*PACKAGES, sys.version_info[:2])}"
    with open(CACHE / "queue-job.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            say("Installing queue_job ...")
            shutil.rmtree(home, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home), *PACKAGES]
            process = subprocess.run(command, capture_output=True, text=True, check=False)
            if process.returncode:
                raise Failure(f"queue_job could not be installed: {process.stderr.strip().splitlines()[-1]}")
            (home / ".complete").touch()
    return home


def environment():
    """The variables of a process that finds the package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder()), os.environ.get("PYTHONPATH", "")])}


def install(database):
    """Install the module into a database that nobody else has open."""
    command = [sys.executable, os.environ["ODOO_BIN"], "-d", database, "-i", "queue_job", "--no-http"]
    command += ["--stop-after-init", "--log-level=warn"]
    process = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if process.returncode or not _is_installed(database):
        sys.stderr.write(process.stderr)
        raise Failure("queue_job could not be installed into the database; the reason stands above.")


def _is_installed(database):
    """Asked of the database: Odoo ends well after ``-i`` of a module that it does not find."""
    connection = psycopg2.connect(dbname=database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM ir_module_module WHERE name = 'queue_job'")
            return cursor.fetchone() == ("installed",)
    finally:
        connection.close()
