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

RETRIES = 2  # of tests that differ
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
    """(number of tests, [(test, status without the addon, status with it)] of those that differ).

    A test that differs is run again in both, as browser tests of a busy machine fail now and then.
    """
    with databases.throwaway(templates.prepared("base")) as plain:
        if not _install(plain, module):
            raise Failure(f"Odoo has no module {module}.")
        with databases.throwaway(plain) as beside:
            _install(beside, ADDON)
            say(f"== {module}, without the addon")
            without = _results(plain, module)
            say(f"== {module}, with the addon")
            with_addon = _results(beside, module)
            for _again in range(RETRIES):
                names = _different(without, with_addon)
                if not names:
                    break
                say(f"Once more: {', '.join(name.rpartition('.')[2] for name in names)}")
                without.update(_results(plain, module, names))
                with_addon.update(_results(beside, module, names))
    different = _different(without, with_addon)
    return len(without), [(name, without.get(name, "missing"), with_addon.get(name, "missing")) for name in different]


def _different(without, with_addon):
    return sorted(name for name in without.keys() | with_addon.keys() if without.get(name) != with_addon.get(name))


def _install(database, module):
    report = record(["-d", database, "-i", module, "--no-http", "--stop-after-init", "--log-level=warn"])
    must_succeed(report.status, f"Installing {module}", report.output)
    return f"invalid module names, ignored: {module}" not in report.output


def _results(database, module, names=()):
    """{test: how it ended} of the suite of one module, or of some of its tests."""
    port = 20000 + os.getpid() % 20000
    tags = ",".join(f"/{module}:{'.'.join(name.split('.')[-2:])}" for name in names) or f"/{module}"
    arguments = ["-d", database, "-u", module, "--test-tags", tags, "--http-port", str(port)]
    report = record([*arguments, "--stop-after-init", "--log-level=warn"], options=["--no-assets"])
    if not report.tests:
        raise Failure(f"No test of {module} was run: {report.output[-300:]}")
    passed = sum(status == "passed" for status in report.tests.values())
    say(f"{passed} of {len(report.tests)} tests passed")
    return report.tests


if __name__ == "__main__":
    finish(main)
