"""Talking to the person: progress, and one clear sentence when something ends the command."""

import errno
import os
import sys


_COMMAND = os.environ.get("AI_DEPLOYMENT_COMMAND", sys.argv[0])


class Failure(Exception):
    """Ends the command with its text as the one sentence that is shown."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def finish(main):
    """Run ``main`` as the whole program, turning known failures into one sentence."""
    try:
        sys.exit(main() or 0)
    except Failure as failure:
        say(f"{_COMMAND}: {failure}")
    except KeyboardInterrupt:
        say("Stopped.")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        say(f"{_COMMAND}: the disk is full; free some space and run this again.")
    sys.exit(1)
