"""Workers of their own for benches and drills: real processes on the same database."""

import contextlib
import os
import signal
import subprocess
import sys
import time

_LANE = """
import time
chunks = env["ai.deployment.batch.chunk"]
while True:
    env.cr.commit()
    if chunks._open_count():
        chunks._cron_work()
    time.sleep(0.02)
"""


@contextlib.contextmanager
def lanes(env, count):
    """`count` processes that work off open pieces until the block ends."""
    command = [*_odoo(), "shell", "-d", env.cr.dbname, "--no-http", "--log-level=error"]
    processes = []
    try:
        for _number in range(count):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            process.stdin.write(_LANE)
            process.stdin.close()
            processes.append(process)
        yield processes
    finally:
        for process in processes:
            kill(process)


@contextlib.contextmanager
def server(env, workers=2):
    """An Odoo that runs scheduled actions in `workers` threads; the process."""
    command = [*_odoo(), "-d", env.cr.dbname, "--no-http", f"--max-cron-threads={workers}", "--log-level=error"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    """End it at once, wherever it is."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(env, holds, seconds):
    """Whether `holds()` came true in time; each look is a transaction of its own."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        env.cr.rollback()
        env.invalidate_all()
        if holds():
            return True
        time.sleep(0.02)
    return False


def _odoo():
    return [sys.executable, os.environ["ODOO_BIN"]]
