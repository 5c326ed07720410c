"""Odoo's command line, with a record of what its exit status does not tell.

usage: python -m lib.odoo_recorder REPORT [--no-assets] [--progress] [--first-failure] [--claims=FOLDER]
                                   -- ODOO-ARGUMENT ...

With --first-failure the process ends at once, and without a report, when a test fails; it names the test.

With --claims, several processes share one run: each test class is carried out by the first that leaves its mark in
that folder.

Odoo exits with 0 when no test was selected, when all were skipped and when our own log lines complain. The report
holds a status per test, the reasons of skips, our WARNING and ERROR lines, and tests that would never run.
"""

import json
import logging
import os
import sys
import time
import traceback
from pathlib import Path

import odoo.cli
from odoo.tests import result

ADDON = "ai_deployment"
OURS = f"odoo.addons.{ADDON}"


class OurComplaints(logging.Handler):
    """Collects WARNING and above that come from the addon or speak of it.

    A test that expects a line uses assertLogs or mute_logger; both keep the line from reaching this handler.
    """

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        self.cache = os.environ["AI_DEPLOYMENT_CACHE"]

    def emit(self, record):
        # Failures of tests are counted as such, and what a browser says belongs to its test.
        if record.name.startswith("odoo.tests") or record.name.endswith(".browser"):
            return
        if record.name.startswith(f"{OURS}.tests") and record.msg == "%s: %s\n%s":
            return
        text = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        told = text.replace(self.cache, "")
        if record.name.startswith(OURS) or ADDON in told or "ai.deployment" in told:
            self.lines.append(f"{record.levelname} {record.name}: {text}")


class Tests:
    """One status per test, taken from Odoo's own result object."""

    def __init__(self, progress, first_failure=False):
        self.first_failure = first_failure
        self.status, self.skips = {}, []
        self.progress, self.current, self.since = progress, None, 0

    def watch(self):
        for name in ("startTest", "addSkip", "addFailure", "addError"):
            self._wrap(name, getattr(self, f"on_{name}"))

    @staticmethod
    def _wrap(name, watcher):
        original = getattr(result.OdooTestResult, name)

        def wrapped(self, test, *arguments):
            watcher(self, test, *arguments)
            return original(self, test, *arguments)

        setattr(result.OdooTestResult, name, wrapped)

    def on_startTest(self, _result, test):
        self.status[test.id()] = "passed"
        if self.progress and type(test) is not self.current:
            self.current = type(test)
            print(f"  {self.current.__module__.removeprefix(OURS + '.')}:{self.current.__name__}", flush=True)

    def on_addSkip(self, _result, test, reason):
        # A whole class that is skipped comes as one entry of its own.
        self.status[test.id()] = "skipped"
        self.skips.append(f"{test.id()}: {reason}")

    def on_addFailure(self, outcome, test, error):
        if not outcome._soft_fail:
            while getattr(test, "test_case", None) is not None:  # a failed subTest is its test's failure
                test = test.test_case
            self.status[test.id()] = "failed"
            if self.first_failure:
                traceback.print_exception(*error)
                print(f"first failure: {test.id()}", file=sys.stderr)
                sys.stderr.flush()
                os._exit(1)

    on_addError = on_addFailure


def without_assets():
    """Tests without a browser need no bundles; Odoo makes them for every HttpCase."""
    from odoo.addons.base.models.ir_qweb import IrQweb

    IrQweb._pregenerate_assets_bundles = lambda self: []


def share_classes(folder, seconds):
    """Run only the test classes that no other process of the run has claimed in `folder`.

    :param seconds: gets how long each class took, with its set-up
    """
    from odoo.tests import suite

    def unclaimed(tests):
        current, name, mine, since = None, None, False, 0
        for test in [*tests, None]:
            if type(test) is not current:
                if mine:
                    seconds[name] = round(time.monotonic() - since, 2)
                current, since = type(test), time.monotonic()
                name = f"{current.__module__}.{current.__qualname__}"
                mine = test is not None and _claim(Path(folder), name)
            if mine:
                yield test

    original = suite.TestSuite.run

    def run(self, outcome, debug=False):
        # The tests are taken while running, not before: whoever is free takes the next class.
        tests, self._tests = self._tests, unclaimed(list(self))
        try:
            return original(self, outcome, debug)
        finally:
            self._tests = tests

    suite.TestSuite.run = run


def _claim(folder, name):
    try:
        (folder / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def tests_that_never_run():
    """Tests without ``post_install`` run only while the addon is being installed, which dev/test does not do."""
    from odoo.tests.loader import get_module_test_cases, get_test_modules

    classes = {
        f"{type(test).__module__}.{type(test).__qualname__}"
        for module in get_test_modules(ADDON)
        for test in get_module_test_cases(module)
        if "post_install" not in getattr(test, "test_tags", ()) and "odoo.tests" in str(type(test).__mro__)
    }
    return [f"{name} would never run here: tag it post_install, -at_install." for name in sorted(classes)]


def main():
    split = sys.argv.index("--")
    target, *options = sys.argv[1:split]
    sys.argv[:] = ["odoo", *sys.argv[split + 1 :]]
    complaints, tests, problems = OurComplaints(), Tests("--progress" in options, "--first-failure" in options), []
    logging.getLogger().addHandler(complaints)
    logging.captureWarnings(True)
    tests.watch()
    status, seconds = 0, {}
    try:
        if "--no-assets" in options:
            without_assets()
        for option in options:
            if option.startswith("--claims="):
                share_classes(option.removeprefix("--claims="), seconds)
        odoo.cli.main()
        if "--test-tags" in sys.argv:
            problems = tests_that_never_run()
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 1 if ending.code else 0
        if isinstance(ending.code, str):
            print(ending.code, file=sys.stderr)
        if "--test-tags" in sys.argv and f"{OURS}.tests" in sys.modules:
            problems = tests_that_never_run()
    finally:
        report = {"tests": tests.status, "skips": tests.skips, "log": complaints.lines, "problems": problems}
        report["seconds"] = seconds
        Path(target).write_text(json.dumps(report))
    sys.exit(status)


if __name__ == "__main__":
    main()
