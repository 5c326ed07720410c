"""Processor seconds of this process and of its database process: on the wall, other programs' work would count too."""

import os
import time
from pathlib import Path


def used(env):
    """Return the processor seconds that Odoo and the process of its database connection have used so far."""
    return time.process_time() + _ticks(env.cr.connection.info.backend_pid) / os.sysconf("SC_CLK_TCK")


def _ticks(process):
    """Of the processor, that a process on this machine has used: user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
