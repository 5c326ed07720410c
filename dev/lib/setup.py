"""The functions of the set-up (`dev/lib/*.sh`) for Python."""

import subprocess

from .places import DEV
from .talk import Failure

_SHELL = """
set -euo pipefail
for part in say packages python_env postgres; do source "$0/lib/$part.sh"; done
CACHE=$AI_DEPLOYMENT_CACHE
"$@"
"""


def call(function, *arguments, environment=None):
    """Run a function of the set-up; return what it prints.

    :raise Failure: where it fails
    """
    command = ["bash", "-c", _SHELL, str(DEV), function, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise Failure(f"{function}: {said[-1] if said else 'it failed'}")
    return done.stdout.strip()
