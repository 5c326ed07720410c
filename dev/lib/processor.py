"""Processor seconds of this process and of its database process: on the wall, other programs' work would count too."""

import contextlib
import os
import time
from pathlib import Path


def used(env):
    """Return the processor seconds that Odoo and the process of its database connection have used so far."""
    return time.process_time() + _ticks(env.cr.connection.info.backend_pid) / os.sysconf("SC_CLK_TCK")


def used_by_server(env, server):
    """Return the processor seconds that the processes of a `lanes.node` and of its database connections have used so
    far; of those that have ended nothing.
    """
    env.cr.commit()  # within a transaction the list of connections stays as it was
    env.cr.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [server.name])
    processes = [pid for (pid,) in env.cr.fetchall()]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(ValueError, ProcessLookupError):
            if os.getpgid(int(entry.name)) == server.pid:
                processes.append(int(entry.name))
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError):
            ticks += _ticks(process)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process):
    """Of the processor, that a process on this machine has used: user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
