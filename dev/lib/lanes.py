"""Workers of their own for benches and drills: real processes on the same database."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import requests

from .talk import Failure

START_S = 120
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


@contextlib.contextmanager
def node(env, name, data_dir, *arguments, environment=None, named_by_worker=False):
    """A whole Odoo server with ports and a data directory of its own; PostgreSQL knows its connections by `name`.

    :param named_by_worker: the connections are those of `name`-PID, by the worker that uses them; each loads the
        database by itself for that, as in a server that is not told which databases there are
    :return: the process, with the attributes `port` and `name`
    """
    port, gevent_port = _free_port(), _free_port()
    command = [
        *_odoo(),
        *(("--db-filter", f"^{env.cr.dbname}$") if named_by_worker else ("-d", env.cr.dbname)),
        f"--http-port={port}",
        f"--gevent-port={gevent_port}",
        f"--data-dir={data_dir}",
        f"--db_app_name={name}{'-{pid}' if named_by_worker else ''}",
        "--log-level=warn",
        *arguments,
    ]
    variables = {**(environment or os.environ), "ODOO_QUEUE_JOB_HOST": "127.0.0.1", "ODOO_QUEUE_JOB_PORT": str(port)}
    with open(os.path.join(data_dir, f"{name}.log"), "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    process.port, process.name = port, name
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with its workers: the session is its own
        process.wait()


def wait_for(process):
    """Wait until a `node` answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failure("the server ended; its log lies in a folder that is gone.")
        try:
            if requests.get(f"http://127.0.0.1:{process.port}/web/health", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise Failure(f"the server did not answer within {START_S} seconds.")


def note_who_works(env):
    """From now on the database notes which connection finished which piece; see `who_worked`."""
    env.cr.execute("""
        CREATE TABLE drill_work (chunk_id int, batch_id int, name text);
        CREATE FUNCTION drill_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO drill_work VALUES (NEW.id, NEW.batch_id, current_setting('application_name'));
            RETURN NEW;
        END $$;
        CREATE TRIGGER drill_note AFTER UPDATE ON ai_deployment_batch_chunk FOR EACH ROW
            WHEN (NEW.state = 'done' AND OLD.state = 'open') EXECUTE FUNCTION drill_note();
    """)
    env.cr.commit()


def who_worked(env, batch):
    """{name of the connection: pieces}"""
    env.cr.execute("SELECT name, COUNT(*) FROM drill_work WHERE batch_id = %s GROUP BY name", [batch.id])
    return dict(env.cr.fetchall())


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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
