"""Prepared databases, each copied from the one below it and kept until what it was made from changes.

base    Odoo with the modules the addon depends on, a company in the US and the generic chart of accounts
addon   base + this addon installed
assets  addon + the bundles that a browser asks for
"""

import contextlib
import fcntl
import os

import psycopg2

from . import databases
from .odoo_process import must_succeed, record, shell
from .places import (
    ADDON,
    CACHE,
    hash_of,
    installed_files,
)
from .talk import Failure, say

MODULES = "crm,account,base_automation"
KEPT = 6  # addon templates: a developer goes back and forth between a few states of the code

_CHART = """
company = env.company
company.country_id = env.ref("base.us")
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
if not env["account.account"].search_count([]):
    raise SystemExit("The generic chart of accounts was not loaded.")
env.cr.commit()
"""
_ASSETS = """
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""


class Level:
    def __init__(self, kind, key, below, build):
        self.name, self.kind, self.below, self.build = f"aid_{kind}_{key}", kind, below, build


def _levels():
    # The filestores are in the cache: one that belongs to another server's database of that name would lack files.
    place = (CACHE, os.environ.get("PGHOST"), os.environ.get("PGPORT"))
    base_key = hash_of(os.environ["ODOO_VERSION"], MODULES, _CHART, *place)
    addon_key = hash_of(base_key, files=installed_files())
    base = Level("base", base_key, None, _build_base)
    addon = Level("addon", addon_key, base, _build_addon)
    return {"base": base, "addon": addon, "assets": Level("assets", addon_key, addon, _build_assets)}


def addon_key():
    return _levels()["addon"].name


def prepared(kind):
    """The name of the template of that kind, made where it is missing."""
    with _lock():
        return _ensure(_levels()[kind])


def install_log(template):
    """What the addon's log complained about while it was installed into that template."""
    return (databases.marked(template) or {}).get("log", [])


def _ensure(level):
    if databases.exists(level.name):
        _used(level.name)
        return level.name
    building = f"aid_building_{level.kind}"
    below = level.below and _ensure(level.below)
    databases.drop(building)
    if below:
        databases.clone(below, building)  # else Odoo creates the database itself
    facts = {"log": install_log(below) if below else []}
    try:
        facts.update(level.build(building) or {})
        databases.mark(building, facts)
        databases.seal(building)
        databases.rename(building, level.name)
    except BaseException:
        databases.drop(building)
        raise
    _used(level.name)
    _prune(level.kind)
    return level.name


def _build_base(database):
    say(f"Preparing a database with {MODULES} (about a minute) ...")
    report = record(["-d", database, "-i", MODULES, "--no-http", "--stop-after-init", "--log-level=warn"])
    must_succeed(report.status, "Installing Odoo's modules", report.output)
    must_succeed(shell(database, _CHART), "Loading the chart of accounts")


def _build_addon(database):
    say(f"Installing {ADDON} ...")
    report = record(["-d", database, "-i", ADDON, "--no-http", "--stop-after-init", "--log-level=warn"])
    must_succeed(report.status, f"Installing {ADDON}", report.output)
    if not _is_installed(database):
        raise Failure(f"{ADDON} was not installed: {_why_not_installed(report.output)}")
    return {"log": report.log}


def _build_assets(database):
    say("Building the browser's bundles ...")
    must_succeed(shell(database, _ASSETS), "Building the browser's bundles")


def _is_installed(database):
    connection = psycopg2.connect(dbname=database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM ir_module_module WHERE name = %s", [ADDON])
            return cursor.fetchone() == ("installed",)
    finally:
        connection.close()


def _why_not_installed(output):
    telling = [line for line in output.splitlines() if ADDON in line or "invalid module names" in line]
    return telling[-1].strip() if telling else "Odoo does not know it; is __manifest__.py complete?"


@contextlib.contextmanager
def _lock():
    """Two commands that prepare the same template would drop each other's work."""
    with open(CACHE / "templates.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another command that is preparing a database ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _used(name):
    folder = CACHE / "templates"
    folder.mkdir(exist_ok=True)
    (folder / name).touch()


def _prune(kind):
    def last_use(name):
        file = CACHE / "templates" / name
        return file.stat().st_mtime if file.exists() else 0

    for name in sorted(databases.names(f"aid_{kind}_"), key=last_use, reverse=True)[KEPT:]:
        databases.drop(name)
        (CACHE / "templates" / name).unlink(missing_ok=True)
