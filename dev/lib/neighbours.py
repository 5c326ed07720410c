"""Odoo's own test suites, with and without the addon: every test has to end the same way.

Each module is tested in two copies of one database: without the addon, and with it installed.
"""

import argparse
import os
from pathlib import Path

from . import databases, figures, templates
from .odoo_process import must_succeed, record
from .places import ADDON
from .talk import Failure, finish, say

MODULES = ("crm", "sale_crm", "account", "base_automation", "mail")


def main():
    parser = argparse.ArgumentParser(prog="dev/test neighbours", description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"default: {', '.join(MODULES)}")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    found, total = [], 0
    for module in options.modules or MODULES:
        counts, different = compare(module)
        total += len(different)
        for name, without, with_addon in different:
            say(f"{module}: {name}: {without} without the addon, {with_addon} with it")
        found.append(figures.Figure(f"{module}.tests", counts, "tests", "> 0", counts > 0))
        found.append(figures.Figure(f"{module}.different", len(different), "tests", "0", not different))
    print(figures.figure_table(found), flush=True)
    if options.json:
        figures.write(options.json, figures.as_document("neighbours", found))
    return int(any(figure.met is False for figure in found))


def compare(module):
    """(number of tests, [(test, status without the addon, status with it)] of those that differ)."""
    say(f"== {module}, without the addon")
    with databases.throwaway(templates.prepared("base")) as database:
        if not _install(database, module):
            raise Failure(f"Odoo has no module {module}.")
        without = _results(database, module)
        say(f"== {module}, with the addon")
        _install(database, ADDON)
        beside = _results(database, module)
    names = sorted(without.keys() | beside.keys())
    different = [
        (name, without.get(name, "missing"), beside.get(name, "missing"))
        for name in names
        if without.get(name) != beside.get(name)
    ]
    return len(without), different


def _install(database, module):
    report = record(["-d", database, "-i", module, "--no-http", "--stop-after-init", "--log-level=warn"])
    must_succeed(report.status, f"Installing {module}", report.output)
    return f"invalid module names, ignored: {module}" not in report.output


def _results(database, module):
    """{test: how it ended} of the suite of one module, without its tours."""
    port = 20000 + os.getpid() % 20000
    arguments = ["-d", database, "-u", module, "--test-tags", f"/{module}", "--http-port", str(port)]
    report = record([*arguments, "--stop-after-init", "--log-level=warn"], options=["--no-assets"])
    if not report.tests:
        raise Failure(f"No test of {module} was run: {report.output[-300:]}")
    passed = sum(status == "passed" for status in report.tests.values())
    say(f"{passed} of {len(report.tests)} tests passed")
    return report.tests


if __name__ == "__main__":
    finish(main)
