"""Talking to the person: progress, and one clear sentence when something ends the command."""

import errno
import os
import shutil
import signal
import sys

import psycopg2

_LITTLE = 32 * 2**20  # bytes: less is nothing for a database
_COMMAND = os.environ.get("AI_DEPLOYMENT_COMMAND", sys.argv[0])


class Failure(Exception):
    """Ends the command with its text as the one sentence that is shown."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def finish(main):
    """Run ``main`` as the whole program, turning failures that a person can mend into one sentence."""
    # Being ended by another program is no reason to leave a database behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main() or 0)
    except KeyboardInterrupt:
        say("Stopped.")
    except Exception as error:
        sentence = sentence_of(error)
        if not sentence:
            raise
        say(f"{_COMMAND}: {sentence}")
    sys.exit(1)


def sentence_of(error):
    """What happened, in words; None for an error that only its traceback explains."""
    cache = os.environ.get("AI_DEPLOYMENT_CACHE", "/")
    if getattr(error, "errno", None) == errno.ENOSPC or shutil.disk_usage(cache).free < _LITTLE:
        # Every program reports a full disk in its own way, PostgreSQL by ending.
        return f"the disk that holds {cache} is full; free some space (about 2 GB are needed) and run this again."
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, psycopg2.Error):
        return f"PostgreSQL: {str(error).strip().splitlines()[0]}"
    return None
