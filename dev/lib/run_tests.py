"""Run the tests part by part, and end with one line that is the sum of what the runners themselves report.

A whole run uses two cores: one lane begins with the browser, the other with the tests without Odoo, and both then share
the classes of Odoo's runner, each in a database of its own.
"""

import argparse
import collections
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from . import databases, templates
from .house import tested
from .house.source import House
from .odoo_process import (
    end_children,
    reason_in,
    record,
    run_child,
)
from .places import ADDON, CACHE, REPO
from .talk import finish, say, sentence_of

PARTS = ("ml", "odoo", "tours", "nightly")
PLAIN_FOLDERS = ("tests/ml", "tests/remote")
ODOO_TEST = re.compile(r"[:/]|tests/|Test\w+(\.\w+)?$")  # beside tests of these folders; other words are options
TAGS = {
    "odoo": "{tests},-ai_tour,-ai_nightly",
    "tours": "ai_tour{tests},-ai_nightly",
    "nightly": "ai_nightly{tests}",
}


class Score:
    """Passed, failed and skipped tests; a check of the whole run that fails counts as a failed test."""

    def __init__(self):
        self.count = collections.Counter()
        self.by_part = collections.defaultdict(collections.Counter)
        self.failed_checks = []
        self.seconds = collections.Counter()
        self._lock = threading.Lock()

    def add(self, part, counted):
        with self._lock:
            self.count.update(counted)
            self.by_part[part].update(counted)

    def fail(self, sentence):
        self.failed_checks.append(sentence)
        say(f"FAILED: {sentence}")

    def slowest(self, count=10):
        """The classes that took longest: a suite stays fast where these are looked at."""
        return [f"{seconds:5.0f} s  {name}" for name, seconds in self.seconds.most_common(count)]

    def closing_line(self):
        failed = self.count["failed"] + len(self.failed_checks)
        line = f"{self.count['passed']} passed, {failed} failed"
        return line + (f", {self.count['skipped']} skipped" if self.count["skipped"] else "")

    def is_good(self):
        return not self.failed_checks and not self.count["failed"] and bool(self.count["passed"])


def lanes_of(part, arguments):
    """The parts that each lane carries out, one after the other; a part in two lanes is shared class by class."""
    cores = os.cpu_count() or 1
    if part:
        return [[part]] * (2 if part == "odoo" and not arguments and cores > 1 else 1)
    return [["tours", "odoo"], ["ml", "odoo"]] if cores > 1 else [["ml", "odoo", "tours"]]


def run_lanes(lanes, arguments, score):
    with tempfile.TemporaryDirectory() as claims:
        threads = [threading.Thread(target=_run_lane, args=(lane, arguments, score, claims)) for lane in lanes]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            end_children()
            raise
    for part in dict.fromkeys(part for lane in lanes for part in lane):
        _check_selected(part, score)


def _run_lane(parts, arguments, score, claims):
    # A failure in one part must not hide the result of the others.
    for part in parts:
        say(f"== {part}")
        try:
            run_part(part, arguments, score, claims)
        except Exception as error:
            score.fail(f"{part}: {sentence_of(error) or repr(error)}")
            if os.environ.get("AI_DEPLOYMENT_DEBUG"):
                raise


def run_part(part, arguments, score, claims):
    plain, others = by_runner(part, arguments)
    if plain or part == "ml" or (part == "nightly" and not arguments):
        run_plain(part, plain, score)
    if part != "ml" and (others or not arguments):
        run_odoo(part, others, score, claims)


def by_runner(part, arguments):
    """Return (arguments of pytest, arguments of Odoo's runner), which takes no options.

    >>> by_runner("nightly", ["tests/ml/test_a.py", "tests/gate/test_b.py", "-x", "TestC.test_d"])
    (['tests/ml/test_a.py', '-x'], ['tests/gate/test_b.py', 'TestC.test_d'])
    """
    if part == "ml":
        return arguments, []
    plain = [argument for argument in arguments if any(folder in argument for folder in PLAIN_FOLDERS)]
    if not plain:
        return [], arguments
    others = [argument for argument in arguments if argument not in plain and ODOO_TEST.match(argument)]
    return [argument for argument in arguments if argument not in others], others


def _check_selected(part, score):
    counted = score.by_part[part]
    if not sum(counted.values()):
        score.fail(f"{part}: no test was selected.")
    elif not counted["passed"] and not counted["failed"]:
        score.fail(f"{part}: every test was skipped.")


# pytest, without Odoo


def run_plain(part, arguments, score):
    # A folder is its own root: above it pytest would import the addon, which needs Odoo.
    folders = [folder for folder in PLAIN_FOLDERS if next((REPO / folder).rglob("test_*.py"), None)]
    named = {folder for folder in folders for argument in arguments if folder in argument}
    for folder in folders:
        if named and folder not in named:
            continue
        elsewhere = [other for other in named if other != folder]
        targets = [argument for argument in arguments if not any(other in argument for other in elsewhere)]
        targets = targets if named else [folder, *arguments]
        with tempfile.TemporaryDirectory() as reports:
            _pytest(part, folder, targets, Path(reports, "junit.xml"), score)


def _pytest(part, folder, arguments, report, score):
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
    command += ["-o", f"cache_dir={CACHE / 'pytest' / folder}", "-p", "no:odoo"]
    # The same examples each time where work is judged; new ones at night, where a find stops nobody's work.
    command += ["--hypothesis-profile", "exploring" if part == "nightly" else "repeatable"]
    command += ["-m", "nightly or hypothesis" if part == "nightly" else "not nightly", *arguments]
    # One thread each: those of a booster wait for each other in loops, which costs most where the other lane works too.
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    status = run_child(command, cwd=REPO, stdin=subprocess.DEVNULL, env=alone)
    if report.exists():
        suite = ElementTree.parse(report).getroot().find("testsuite")
        total, *others = (int(suite.get(name)) for name in ("tests", "skipped", "failures", "errors"))
        skipped, failures, errors = others
        score.add(part, {"passed": total - sum(others), "failed": failures + errors, "skipped": skipped})
        if status and status != 5 and not failures + errors:
            score.fail(f"{folder}: pytest ended with status {status}.")
    elif status != 5:  # 5: nothing selected, which may be true of one of the folders
        score.fail(f"{folder}: pytest ended with status {status} and without a report.")


# Odoo's own runner


def run_odoo(part, arguments, score, claims):
    browser = part != "odoo"
    problem = _files_not_imported() or (_browser_is_missing() if browser else None)
    if problem:
        score.fail(problem)
        return
    template = templates.prepared("assets" if browser else "addon")
    tags = ",".join(TAGS[part].format(tests=f"/{ADDON}{argument}") for argument in _as_filters(arguments or [""]))
    claims = Path(claims, part)
    claims.mkdir(exist_ok=True)
    screenshots = CACHE / "screenshots"
    with databases.throwaway(template) as database:
        report = record(
            ["-d", database, "--stop-after-init", "--log-level=warn", "--test-tags", tags]
            + ["--http-port", str(_free_port()), "--screenshots", str(screenshots)],
            echo=True,
            options=["--progress", f"--claims={claims}"] + ([] if browser else ["--no-assets"]),
        )
    score.add(part, collections.Counter(report.tests.values()))
    score.seconds.update({name.removeprefix(f"odoo.addons.{ADDON}."): took for name, took in report.seconds.items()})
    _check_report(part, report, score, screenshots / database)
    _check_log(part, templates.install_log(template) + report.log, score)


def _as_filters(arguments):
    """A folder means the test files in it."""
    for argument in arguments:
        folder = REPO / argument.strip("/")
        files = sorted(folder.rglob("test_*.py")) if argument and folder.is_dir() else ()
        yield from (f"/{file.relative_to(REPO)}" for file in files)
        if not files:
            yield _as_filter(argument)


def _as_filter(argument):
    """Odoo spells them ``:Class.test`` and ``/tests/file.py``; people type ``Class.test`` and ``tests/file.py``."""
    argument = argument.removeprefix(f"/{ADDON}")
    if not argument or argument.startswith((":", "/")):
        return argument
    return f"/{argument}" if argument.endswith(".py") else f":{argument}"


def _check_report(part, report, score, screenshots):
    for problem in report.problems:
        score.fail(f"{part}: {problem}")
    failed = [name for name, status in report.tests.items() if status == "failed"]
    for name in failed:
        say(f"failed: {name}")
    for reason in report.skips:
        say(f"skipped: {reason}")
        if "hrome" in reason or "websocket" in reason:
            score.fail(f"{part}: a browser test was skipped, as there is no browser for it (is it tagged ai_tour?).")
    if report.status and not failed:
        score.fail(f"{part}: Odoo ended with status {report.status} ({reason_in(report.output)}).")
    if failed and any(screenshots.glob("screenshots/*.png")):
        say(f"Screenshots: {screenshots}")


def _check_log(part, lines, score):
    for line in lines:
        say(f"log: {line}")
    if lines:
        score.fail(f"{part}: log clean: {len(lines)} WARNING or ERROR of the addon, listed above.")


def _files_not_imported():
    """Odoo runs what tests/__init__.py imports; a file that it leaves out looks like one that passes."""
    if not (REPO / "tests" / "__init__.py").exists():
        return "tests/__init__.py does not exist, so Odoo finds no test."
    missing = [breach.file.stem for breach in tested.tests_are_imported(House())]
    return f"tests/__init__.py does not import {', '.join(missing)}." if missing else None


def _browser_is_missing():
    if not any(map(shutil.which, ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"))):
        return "Chrome executable not found: browser tests need chromium."
    if not importlib.util.find_spec("websocket"):
        return "Browser tests need the Python package websocket-client."
    return None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(prog="dev/test")
    parser.add_argument("part", nargs="?", choices=PARTS)
    options, arguments = parser.parse_known_args()
    score = Score()
    run_lanes(lanes_of(options.part, arguments), arguments, score)
    if not arguments and score.seconds:
        say("Slowest classes:")
        for line in score.slowest():
            say(line)
    print(score.closing_line(), flush=True)
    return 0 if score.is_good() else 1


if __name__ == "__main__":
    finish(main)
