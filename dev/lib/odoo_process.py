"""Start Odoo as a child process and bring back what happened in it."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from .places import CACHE
from .talk import Failure

_running = []


@dataclasses.dataclass
class Report:
    """Record of ``odoo_recorder``: a status per test, reasons of skips, our log's complaints, other problems, times."""

    status: int
    tests: dict
    skips: list
    log: list
    problems: list
    output: str
    seconds: dict = dataclasses.field(default_factory=dict)  # by test class


def record(arguments, *, echo=False, options=()):
    """Run Odoo's command line under the recorder. ``echo`` lets its output through; else it is kept for the report."""
    with tempfile.TemporaryDirectory(prefix="odoo-report-") as folder:
        target = Path(folder, "report.json")
        command = [sys.executable, "-m", "lib.odoo_recorder", str(target), *options, "--", *arguments]
        status, output = _run(command, echo)
        if not target.exists():
            return Report(status or 1, {}, [], [], ["Odoo ended before it could report."], output)
        return Report(status=status, output=output, **json.loads(target.read_text()))


def shell(database, script, *, environment=None, arguments=()):
    """Run a script inside ``odoo shell``; its output goes through. Returns the exit status."""
    command = [sys.executable, os.environ["ODOO_BIN"], "shell", "-d", database, "--no-http", "--log-level=warn"]
    command += arguments
    return run_child(command, text=script, env={**os.environ, **(environment or {})})


def _run(command, echo):
    if echo:
        return run_child(command, stdin=subprocess.DEVNULL), ""
    logs = CACHE / "logs"
    logs.mkdir(exist_ok=True)
    with open(logs / f"odoo-{os.getpid()}.log", "w+", encoding="utf-8", errors="replace") as log:
        status = run_child(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.seek(0)
        output = log.read()
    Path(log.name).unlink()
    return status, output


def run_child(command, *, text=None, **options):
    """Run a command to its end and return its exit status; ended in order when this process is interrupted."""
    if text is not None:
        options["stdin"] = subprocess.PIPE
    process = subprocess.Popen(command, encoding="utf-8", **options)
    _running.append(process)
    try:
        process.communicate(text)
    except BaseException:
        _end(process)
        raise
    finally:
        _running.remove(process)
    return process.returncode


def end_children():
    """End what other threads have started: an interrupt reaches the main thread only."""
    for process in list(_running):
        _end(process)


def _end(process):
    # Odoo stops in order at the first interrupt; the database it uses is about to be dropped.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def reason_in(output):
    """The line of Odoo's output that says why it ended."""
    if "No space left on device" in output:
        return "the disk is full"
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit)\b", line)]
    logged = [line for line in lines if " CRITICAL " in line or " ERROR " in line]
    return next((found[-1] for found in (raised, logged, lines) if found), "no output")


def must_succeed(status, what, output=""):
    if status:
        if output:
            sys.stderr.write(output)
            raise Failure(f"{what} failed: {reason_in(output)}")
        raise Failure(f"{what} failed (exit status {status}); the reason stands above.")
