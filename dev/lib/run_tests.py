"""Run the tests part by part, and end with one line that is the sum of what the runners themselves report."""

import argparse
import collections
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from . import databases, house_rules, templates
from .odoo_process import reason_in, record
from .places import ADDON, CACHE, REPO
from .talk import finish, say, sentence_of

PARTS = ("ml", "odoo", "tours", "nightly")
PLAIN_FOLDERS = ("tests/ml", "tests/remote")
TAGS = {
    "odoo": "{tests},-ai_tour,-ai_nightly",
    "tours": "ai_tour{tests},-ai_nightly",
    "nightly": "ai_nightly{tests}",
}


class Score:
    """Passed, failed and skipped tests; a check of the whole run that fails counts as a failed test."""

    def __init__(self):
        self.count = collections.Counter()
        self.failed_checks = []

    def fail(self, sentence):
        self.failed_checks.append(sentence)
        say(f"FAILED: {sentence}")

    def closing_line(self):
        failed = self.count["failed"] + len(self.failed_checks)
        line = f"{self.count['passed']} passed, {failed} failed"
        return line + (f", {self.count['skipped']} skipped" if self.count["skipped"] else "")

    def is_good(self):
        return not self.failed_checks and not self.count["failed"] and bool(self.count["passed"])


def run_part(part, arguments, score):
    before = score.count.copy()
    if part in ("ml", "nightly"):
        run_plain(arguments if part == "ml" else [], score, nightly=part == "nightly")
    if part != "ml":
        run_odoo(part, arguments, score)
    counted = score.count - before
    if not sum(counted.values()):
        score.fail(f"{part}: no test was selected.")
    elif not counted["passed"] and not counted["failed"]:
        score.fail(f"{part}: every test was skipped.")


# pytest, without Odoo


def run_plain(arguments, score, *, nightly):
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
            _pytest(folder, targets, Path(reports, "junit.xml"), score, nightly=nightly)


def _pytest(folder, arguments, report, score, *, nightly):
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
    command += ["-o", f"cache_dir={CACHE / 'pytest' / folder}", "-p", "no:odoo"]
    command += ["-m", "nightly" if nightly else "not nightly", *arguments]
    status = subprocess.run(command, cwd=REPO, stdin=subprocess.DEVNULL).returncode
    if report.exists():
        suite = ElementTree.parse(report).getroot().find("testsuite")
        total, *others = (int(suite.get(name)) for name in ("tests", "skipped", "failures", "errors"))
        skipped, failures, errors = others
        score.count.update(passed=total - sum(others), failed=failures + errors, skipped=skipped)
        if status and status != 5 and not failures + errors:
            score.fail(f"{folder}: pytest ended with status {status}.")
    elif status != 5:  # 5: nothing selected, which may be true of one of the folders
        score.fail(f"{folder}: pytest ended with status {status} and without a report.")


# Odoo's own runner


def run_odoo(part, arguments, score):
    browser = part != "odoo"
    problem = _files_not_imported() or (_browser_is_missing() if browser else None)
    if problem:
        score.fail(problem)
        return
    template = templates.prepared("assets" if browser else "addon")
    tags = ",".join(TAGS[part].format(tests=f"/{ADDON}{argument}") for argument in map(_as_filter, arguments or [""]))
    screenshots = CACHE / "screenshots"
    with databases.throwaway(template) as database:
        report = record(
            ["-d", database, "--stop-after-init", "--log-level=warn", "--test-tags", tags]
            + ["--http-port", str(_free_port()), "--screenshots", str(screenshots)],
            echo=True,
            options=["--progress"] + ([] if browser else ["--no-assets"]),
        )
    score.count.update(collections.Counter(report.tests.values()))
    _check_report(part, report, score, screenshots / database)
    _check_log(part, templates.install_log(template) + report.log, score)


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
    missing = [file.stem for file, _line, _text in house_rules.tests_are_imported()]
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
    # A failure in one part must not hide the result of the others.
    for part in [options.part] if options.part else PARTS[:3]:
        say(f"== {part}")
        try:
            run_part(part, arguments, score)
        except Exception as error:
            if os.environ.get("AI_DEPLOYMENT_DEBUG"):
                raise
            score.fail(f"{part}: {sentence_of(error) or repr(error)}")
    print(score.closing_line(), flush=True)
    return 0 if score.is_good() else 1


if __name__ == "__main__":
    finish(main)
