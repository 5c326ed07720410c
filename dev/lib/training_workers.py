"""Worker processes that train, for a drill and a bench: they work when they are named, and pause where they are told.

Whoever is named in a parameter of the database works; at the step that another parameter names it waits a little, as a
step may be over before anybody could kill it. Which worker began which step, and asked the child what, is noted in a
table. A worker that is at work holds a lock, so that the next training is asked for when it has looked for more.
"""

import contextlib
import os
import signal
import subprocess
import sys

from odoo import Command
from odoo.tools import SQL

from . import lanes
from .sample_leads import INPUTS

ALLOWED, PAUSE_AT = "drill_training.allowed", "drill_training.pause_at"
PAUSE_S = 1.0
AT_WORK = 20_000  # the first half of the lock's key; the other is the worker's name

_WORKER = """
import hashlib, time
from odoo.addons.ai_deployment.models.training import training_run
name, trainings = {name!r}, env["ai.deployment.training"]

def setting(key):
    env.cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [key])
    row = env.cr.fetchone()
    return row[0] if row else ""

def note(training, step, asked=None):
    env.cr.execute(
        "INSERT INTO drill_training (training_id, name, step, asked) VALUES (%s, %s, %s, %s)",
        [training.id, name, step, asked],
    )

begin, ask = training_run.RunProgress.begin, training_run.ChildCarrier._ask

def begin_slowly(self, step):
    note(self.training, step)
    begin(self, step)
    if setting({pause_at!r}) == step:
        env.cr.commit()
        time.sleep({pause})

def ask_and_note(self, request, key):
    note(self.training, self.progress.step, key)
    return ask(self, request, key)

training_run.RunProgress.begin, training_run.ChildCarrier._ask = begin_slowly, ask_and_note
while True:
    env.cr.execute("SELECT pg_advisory_lock({at_work}, hashtext(%s))", [name])
    env.cr.commit()
    env.invalidate_all()
    if name in setting({allowed!r}).split(",") and trainings.search_count([("state", "in", ("waiting", "running"))]):
        trainings._cron_train()
    env.cr.execute("SELECT pg_advisory_unlock({at_work}, hashtext(%s))", [name])
    env.cr.commit()
    time.sleep(0.05)
"""


class Worker:
    """One process that trains whenever it is named."""

    def __init__(self, env, name):
        self.env, self.name, self._process = env, name, None

    def start(self):
        """Start it and return it."""
        command = [sys.executable, os.environ["ODOO_BIN"], "shell", "-d", self.env.cr.dbname, "--no-http"]
        command += ["--log-level=critical", "--limit-time-real-cron=0"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        process.stdin.write(
            _WORKER.format(name=self.name, allowed=ALLOWED, pause_at=PAUSE_AT, pause=PAUSE_S, at_work=AT_WORK)
        )
        process.stdin.close()
        self._process = process
        return self

    @property
    def pid(self):
        return self._process.pid

    def is_alive(self):
        return self._process.poll() is None

    def kill(self):
        """End it with SIGKILL, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.kill()


def make_deployment(env, number, inputs=INPUTS):
    """A deployment on the sample leads that has no version yet."""
    return env["ai.deployment"].create(
        {
            "name": f"Drill {number}",
            "purpose": "Is trained while its workers are killed.",
            "is_primary": False,
            "model_id": env["ir.model"]._get("crm.lead").id,
            "training_seconds": 3600,
            "feature_ids": [Command.create({"path": path}) for path in inputs],
        }
    )


def prepare(env):
    """Make the table that workers write into."""
    env.cr.execute("CREATE TABLE drill_training (id serial, training_id int, name text, step text, asked text)")
    let(env)


def let(env, *names, pause_at=""):
    """From now on only the workers `names` begin to work; they pause at one step."""
    parameters = env["ir.config_parameter"].sudo()
    parameters.set_param(ALLOWED, ",".join(names) or "nobody")
    parameters.set_param(PAUSE_AT, pause_at or "nowhere")
    env.cr.commit()


def let_nobody(env, name):
    """From now on nobody begins to work, and the worker `name` has ended what it was at."""
    let(env)
    env.cr.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [AT_WORK, name])
    env.cr.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [AT_WORK, name])
    env.cr.commit()


def wait(env, holds, seconds):
    """Return whether `holds()` came true in time."""
    return lanes.wait_until(env, holds, seconds)


def answered(env, training):
    """Fingerprints of the questions whose answers are stored."""
    env.cr.execute(
        "SELECT jsonb_object_keys(answers) FROM ai_deployment_training_step"
        " WHERE training_id = %s AND jsonb_typeof(answers) = 'object'",
        [training.id],
    )
    return {row[0] for row in env.cr.fetchall()}


def asked_since(env, training, name):
    """Fingerprints of the questions that the worker `name` put to a child."""
    env.cr.execute(
        "SELECT asked FROM drill_training WHERE training_id = %s AND name = %s AND asked IS NOT NULL",
        [training.id, name],
    )
    return {row[0] for row in env.cr.fetchall()}


def forget(env):
    """Empty the notes."""
    env.cr.execute("DELETE FROM drill_training")
    env.cr.commit()


def who_worked(env):
    """{id of a training: names of the workers that began a step of it}"""
    rows = env.execute_query(SQL("SELECT training_id, array_agg(DISTINCT name) FROM drill_training GROUP BY 1"))
    return dict(rows)
