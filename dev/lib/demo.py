"""Build the database ``demo``, let ``dev/story`` tell its story in it, and show the figures that come out."""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from . import databases, figures, templates
from .odoo_process import must_succeed, record, shell
from .places import ADDON, DEV, hash_of
from .talk import Failure, finish, say

DATABASE = "demo"
_BUILDING = "demo_building"

_TELL = """
import json, os, sys
from pathlib import Path
from lib.figures import write
from lib.talk import say
import story

figures = story.tell(env, say)
env.cr.commit()
say("Building the browser's bundles ...")
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
write(os.environ["AI_DEPLOYMENT_FIGURES"], figures)
"""


def main():
    options = _parser().parse_args()
    if not options.once:
        _must_be_free(options.port)
    found = _finished() if not options.fresh else None
    if found is None:
        found = _build()
    else:
        say("The demo is already built (dev/demo --fresh builds it again).")
    print(figures.table(_rows(found), ("figure", "value")), flush=True)
    if options.json:
        figures.write(options.json, found)
    print(f"\nhttp://localhost:{options.port}/odoo   login: admin   password: admin", flush=True)
    if options.once:
        print("(dev/demo without --once serves it)")
    else:
        _serve(options.port, options.with_mlflow)


def _parser():
    parser = argparse.ArgumentParser(prog="dev/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the figures instead of serving the database")
    parser.add_argument("--port", type=int, default=8069, metavar="N", help="port to serve on (default: 8069)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--with-mlflow", action="store_true", help="also serve a model with MLflow, to bind by hand")
    parser.add_argument("--fresh", action="store_true", help="build the demo again, even if nothing has changed")
    return parser


def _key():
    """Changes with the addon and with the story."""
    story = sorted((DEV / "story").rglob("*.py"))
    return hash_of(templates.addon_key(), _TELL, files=story)


def _finished():
    facts = databases.marked(DATABASE)
    return facts["figures"] if facts and facts.get("key") == _key() else None


def built():
    """The name of the demonstration's database where it was built and can be copied, else an empty string."""
    if databases.marked(DATABASE) is None:
        return ""
    if databases.in_use(DATABASE):
        raise Failure(f"the database {DATABASE} is in use and cannot be copied; stop dev/demo first.")
    return DATABASE


def bring_up_to_date(copy):
    """Upgrade the addon in a copy of a demonstration that was built from another state of the code."""
    if _finished() is not None:
        return
    say("The demonstration was built from another state of the code: upgrading its copy ...")
    report = record(["-d", copy, "-u", ADDON, "--no-http", "--stop-after-init", "--log-level=warn"])
    must_succeed(report.status, "Upgrading the copy of the demonstration", report.output)


def _build():
    _may_be_replaced()
    template = templates.prepared("assets")
    databases.drop(_BUILDING)
    databases.clone(template, _BUILDING)
    try:
        say("Telling the story ...")
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "figures.json")
            must_succeed(
                shell(_BUILDING, _TELL, environment={"AI_DEPLOYMENT_FIGURES": str(target)}), "Telling the story"
            )
            found = json.loads(target.read_text())
        databases.drop(DATABASE)
        databases.rename(_BUILDING, DATABASE)
        databases.mark(DATABASE, {"key": _key(), "figures": found})
    except BaseException:
        databases.drop(_BUILDING)
        raise
    return found


def _may_be_replaced():
    if not (DEV / "story" / "__init__.py").exists():
        raise Failure("dev/story is missing.")
    if not databases.exists(DATABASE):
        return
    if databases.marked(DATABASE) is None:
        raise Failure(f"the server already has a database {DATABASE} that is not this demo; rename it first.")
    if databases.in_use(DATABASE):
        raise Failure(f"the database {DATABASE} is in use; stop the other dev/demo first.")
    say("The demo was built from another state of the code; building it again ...")


def _rows(found, prefix=""):
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _must_be_free(port):
    # Odoo's own server asks the same way; a connection that is just ending does not count.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = f"port {port} cannot be used ({error.strerror}); choose another with --port."
            raise Failure(reason) from None


def _serve(port, with_mlflow):
    sys.stdout.flush()
    for module in ["language_model", *(["model_servers"] if with_mlflow else [])]:
        subprocess.Popen([sys.executable, "-m", f"lib.{module}", str(os.getpid())])
    os.execv(
        sys.executable,
        [sys.executable, os.environ["ODOO_BIN"], "server", "-d", DATABASE, "--db-filter", f"^{DATABASE}$"]
        + ["--http-port", str(port)],
    )


if __name__ == "__main__":
    finish(main)
