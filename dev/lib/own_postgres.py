"""A PostgreSQL server that one experiment has for itself, and may stop, fill up and set to another time.

Its home also holds the data directory of the Odoo servers that use it. Everything below the home goes with it, mounts
included. What is left of a process that was killed is removed by the next one.
"""

import contextlib
import json
import os
import shutil
import struct
import subprocess
import uuid
from pathlib import Path

import psutil

from . import databases, setup
from .places import CACHE, DEV, FILESTORES
from .talk import Failure, say

DATABASE = "drill"
_ATTACHED = "AI_DEPLOYMENT_OWN_POSTGRES"
_PREFIX = "own-postgres-"
# Unlike the developers' cluster: what was committed stays, however the server ends.
_CONFIGURATION = """
synchronous_commit = on
max_connections = 60
shared_buffers = 128MB
"""


@contextlib.contextmanager
def server():
    """A new server that runs as long as the block, with nothing in it."""
    _remove_litter()
    home = CACHE / f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:6]}"
    binaries = setup.call("postgres_binaries")
    if not binaries:
        raise Failure(
            "PostgreSQL's server programs are not on this machine; this experiment starts a server of its own."
        )
    made = Server(home, binaries)
    try:
        made._create()
        yield made
    finally:
        made._remove()


def attached():
    """The server of this process, as the process that started it described it."""
    found = json.loads(os.environ[_ATTACHED])
    return Server(Path(found["home"]), found["binaries"])


class Server:
    def __init__(self, home, binaries):
        self.home, self.binaries = Path(home), binaries
        self.cluster, self.files = self.home / "cluster", self.home / "files"
        self._clock, self._shim = self.home / "clock", self.home / "clock.so"

    # Its life

    def _create(self):
        self.files.mkdir(parents=True)
        self.home.chmod(0o755)
        self._make_clock()
        setup.call("postgres_create", self.binaries, self.cluster)
        with (self.cluster / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_CONFIGURATION)
        self.start()

    def start(self):
        setup.call(
            "postgres_launch",
            self.binaries,
            self.cluster,
            self._sockets(),
            environment={**os.environ, **self._clock_environment()},
        )

    def stop(self, mode="fast"):
        """End it: `fast` breaks all connections, `immediate` is a crash."""
        self._control("-m", mode, "stop")

    def _control(self, *arguments):
        setup.call(
            "postgres_as_user", self.cluster, f"{self.binaries}/pg_ctl", "-w", "-D", self.cluster / "data", *arguments
        )

    def configure(self, **settings):
        """Set settings of the server that count from its next start on."""
        with (self.cluster / "data" / "postgresql.auto.conf").open("w", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _remove(self):
        for process in psutil.process_iter(["cmdline"]):  # servers whose drill was killed
            if any(str(self.files) in word for word in process.info["cmdline"] or ()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        with contextlib.suppress(Failure):
            self.stop("immediate")
        _remove(self.home)

    def _sockets(self):
        # A socket's path may have 107 bytes at most.
        short = len(str(self.cluster)) < 80
        return self.cluster if short else Path(f"/tmp/ai_deployment-{self.home.name.removeprefix(_PREFIX)}")

    # What others need to know

    def environment(self):
        """The variables with which another process uses this server, lives in its time, and finds it by `attached`."""
        found = {"home": str(self.home), "binaries": self.binaries}
        return {
            "PGHOST": str(self._sockets()),
            "PGPORT": "5432",
            "PGUSER": "odoo",
            _ATTACHED: json.dumps(found),
            **self._clock_environment(),
        }

    @property
    def log(self):
        return self.cluster / "server.log"

    # Databases

    def load(self, template):
        """Copy a database of the developers' cluster, with its filestore."""
        with databases.throwaway(template) as source:
            dump = self.home / "dump"
            self._run("pg_dump", "-Fc", "-f", dump, source, environment=os.environ)
            shutil.copytree(FILESTORES / source, self.files / "filestore" / DATABASE, dirs_exist_ok=True)
        self.restore(dump)
        dump.unlink()

    def dump(self, file):
        self._run("pg_dump", "-Fc", "-f", file, DATABASE)

    def restore(self, dump):
        """Replace the database by what was dumped."""
        self._run("dropdb", "--if-exists", "--force", DATABASE)
        self._run("createdb", DATABASE)
        self._run("pg_restore", "--no-owner", "--exit-on-error", "-d", DATABASE, dump)

    def _run(self, program, *arguments, environment=None):
        variables = environment or {**os.environ, **self.environment()}
        command = [f"{self.binaries}/{program}", *map(str, arguments)]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"{program}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}")

    # Its disk

    def small_disk(self, folder, mib):
        """Put `folder`, with what is in it, on a disk of so many MiB; return whether this machine lets us."""
        folder = Path(folder)
        owner, mode, kept = folder.stat(), folder.stat().st_mode & 0o777, folder.with_name(f"{folder.name}.kept")
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode={mode:o},uid={owner.st_uid}", "tmpfs", str(folder)]
        shutil.copytree(folder, kept)
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            shutil.rmtree(kept)
            return False
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        return True

    # Its clock

    def has_clock(self):
        """Whether the time of this server, and of processes with its `environment`, can be set."""
        return self._shim.exists()

    def set_clock(self, seconds):
        """Let the clock be ahead of the real one by so many seconds; it goes on from there."""
        with self._clock.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    def _make_clock(self):
        """A clock for whoever preloads the shim; none where there is no compiler."""
        self._clock.write_bytes(struct.pack("q", 0))
        with contextlib.suppress(FileNotFoundError):
            command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(self._shim), str(DEV / "lib" / "clock_shim.c")]
            subprocess.run(command, capture_output=True, check=False)

    def _clock_environment(self):
        return {"LD_PRELOAD": str(self._shim), "DRILL_CLOCK": str(self._clock)} if self.has_clock() else {}


def _remove_litter():
    for home in CACHE.glob(f"{_PREFIX}*"):
        process = home.name.removeprefix(_PREFIX).split("-")[0]
        if not databases.is_running(process):
            Server(home, setup.call("postgres_binaries"))._remove()


def _remove(home):
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if Path(mount).is_relative_to(home)), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)
    try:
        shutil.rmtree(home)
    except OSError as error:
        say(f"{home} could not be removed: {error}")
