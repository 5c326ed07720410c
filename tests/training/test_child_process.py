"""The child process seen from its parent: what it answers, and each way in which it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml import artifact, frames
from odoo.addons.ai_deployment.ml.child import NICE
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.training import train_scorecard
from odoo.addons.ai_deployment.models.training import child_process
from odoo.addons.ai_deployment.models.training.child_process import (
    FAULT,
    KILLED,
    MEMORY,
    TIME,
    ChildEnded,
    ChildProcess,
)

SECONDS = 900  # as the machine may be busy


def nothing():
    pass


def request(rows):
    random = np.random.default_rng(1)
    amount = random.normal(size=rows)
    columns = {"amount": make_column("amount", NUMBER, amount)}
    labels = random.random(rows) < 1 / (1 + np.exp(-2 * amount))
    return columns, labels, np.arange(rows, dtype=float)


@tagged("post_install", "-at_install")
class TestChildProcess(BaseCase):
    def ended(self, process, work):
        with self.assertRaises(ChildEnded) as found:
            work()
        self.assertIsNotNone(process._process.wait(timeout=60))
        return found.exception.reason

    def test_it_trains_as_this_process_does_and_knows_no_secret(self):
        with patch.dict(os.environ, {"PGPASSWORD": "secret", "AI_DEPLOYMENT_KEY": "secret"}):
            with ChildProcess(SECONDS, 1024) as process:
                environment = Path(f"/proc/{process.pid}/environ").read_bytes()
                self.assertNotIn(b"secret", environment)
                self.assertIn(b"OMP_NUM_THREADS=1", environment)
                self.assertEqual(
                    os.getpriority(os.PRIO_PROCESS, process.pid), min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
                )
                limits = Path(f"/proc/{process.pid}/limits").read_text()
                self.assertIn(str(1024 * 1024 * 1024), limits)
                answer = process.call(frames.encode(["train_scorecard", request(300), {}]), nothing)
        card = frames.decode(answer)["result"].card
        here = train_scorecard(*request(300)).card
        self.assertEqual(artifact.digest(artifact.dump(card)), artifact.digest(artifact.dump(here)))

    def test_it_uses_the_kernels_that_the_server_uses(self):
        """Another kernel gives another last digit: a training in the child would not be the one of the caller."""
        chosen = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "AVX512F", "OPENBLAS_NUM_THREADS": "7"}
        with patch.dict(os.environ, chosen), ChildProcess(SECONDS, 1024) as process:
            found = dict(
                line.split(b"=", 1) for line in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0") if line
            )
        self.assertEqual((found[b"OPENBLAS_CORETYPE"], found[b"NPY_DISABLE_CPU_FEATURES"]), (b"Nehalem", b"AVX512F"))
        self.assertEqual(found[b"OPENBLAS_NUM_THREADS"], b"1")

    def test_killed_and_out_of_time(self):
        with ChildProcess(SECONDS, 1024) as process:
            os.kill(process.pid, signal.SIGKILL)
            self.assertEqual(self.ended(process, lambda: process.call(frames.encode(["x", (), {}]), nothing)), KILLED)
        with ChildProcess(SECONDS, 1024) as process:
            process._until = time.monotonic() + 0.01
            with self.assertRaises(ChildEnded) as found:
                process.call(frames.encode(["train_scorecard", request(3000), {}]), nothing)
            self.assertEqual(found.exception.reason, TIME)
        self.assertIsNotNone(process._process.poll(), "nothing is left of it")

    def test_who_waits_may_stop_waiting(self):
        def stop():
            raise KeyError

        with ChildProcess(SECONDS, 1024) as process:
            with patch.object(child_process, "LOOK_EVERY", 0.0), self.assertRaises(KeyError):
                process.call(frames.encode(["train_scorecard", request(3000), {}]), stop)
        self.assertIsNotNone(process._process.poll())

    def test_it_ends_with_its_parent(self):
        """A parent that is killed cannot tell its child, whose standard input ends."""
        reader, writer = os.pipe()
        with subprocess.Popen(
            [sys.executable, "-c", child_process.BOOT, str(Path(child_process.child.__file__).parent)],
            stdin=reader,
            stdout=subprocess.PIPE,
            close_fds=True,
        ) as process:
            os.close(reader)
            limits = frames.encode({"seconds": SECONDS, "megabytes": 1024})
            call = frames.encode(["train_scorecard", request(20_000), {}])
            for frame in (limits, call):
                os.write(writer, frames.LENGTH.pack(len(frame)) + frame)
            self.assertTrue(process.stdout.read(4), "it has begun")
            os.close(writer)
            self.assertEqual(process.wait(timeout=300), 0)

    def test_what_a_dying_child_says_is_understood(self):
        process = object.__new__(ChildProcess)
        for status, text, reason in (
            (-signal.SIGXCPU, "", TIME),
            (-signal.SIGKILL, "", KILLED),
            (-signal.SIGSEGV, "", MEMORY),
            (1, "numpy._core._exceptions._ArrayMemoryError: Unable to allocate", MEMORY),
            (1, "ImportError: x.so: failed to map segment from shared object", MEMORY),
            (1, "ImportError: no module", FAULT),
        ):
            with self.subTest(text=text, status=status):
                process._process = type("Ended", (), {"wait": staticmethod(lambda timeout, status=status: status)})
                process._complaints = Complaints(text)
                self.assertEqual(process._ended().reason, reason)


class Complaints:
    def __init__(self, text):
        self.text = text

    def seek(self, _place):
        return 0

    def read(self):
        return self.text.encode()
