"""Benches, evaluations and drills: one Python file each, run the same way.

A file defines ``run(env, options, say) -> list of figures`` and is run inside Odoo, on a throwaway database with the
addon installed. What it says of itself at its top, in constants that are read without importing it:

PLAIN = True           run without Odoo, as ``run(None, options, say)``; with ``--beside`` in Odoo
SMALL = N              its smallest size: ``--small`` is ``--limit N``, and ``options.small`` is true
QUICK = True           the smallest size takes under 5 seconds: it is run in ``dev/test`` too, not only nightly
DATA = "FILE"          the file that it needs; looked for in ``../shared/data`` where ``--data`` names no other
DEMONSTRATION = True   run on a copy of the demonstration, where one was built (``dev/demo``) and unless ``--small`` or
                       AI_DEPLOYMENT_SMALL=1 says that a small database is enough
BROWSER = True         it needs Chromium (`experiment.sh` reads this one)
OWN_SERVER = True      run on a PostgreSQL server of its own, which it may break (`own_postgres.attached`)
WHOLE_AT_NIGHT = True  dev/test nightly runs its usual size too, and fails where a target is missed
MUST_BE_MET = True     exit with a status other than 0 when a figure misses its target

``tests/ml/test_experiments.py`` runs the smallest size of every file that is there.
"""

import argparse
import ast
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

from . import figures
from .places import DEV, SHARED_DATA
from .talk import Failure, finish, say

STDOUT = Path("-")
_INSIDE = "from lib.experiment import run_inside\nrun_inside(env)\n"


def main():
    kind, folder, *arguments = sys.argv[1:]
    available = {file.stem: file for file in sorted((DEV / folder).glob("*.py")) if not file.stem.startswith("_")}
    options = _parser(kind).parse_args(arguments)
    if options.name not in available:
        raise Failure(f"there is no {options.name}; available: {', '.join(available) or 'none yet'}.")
    file = available[options.name]
    facts = facts_of(file)
    if options.data is None and "DATA" in facts and (SHARED_DATA / facts["DATA"]).exists():
        options.data = SHARED_DATA / facts["DATA"]
    if options.data and not options.data.exists():
        raise Failure(f"there is no file {options.data}.")
    if options.small and options.limit is None:
        options.limit = facts.get("SMALL")
    is_plain = facts.get("PLAIN") and not options.beside
    found = _run_plain(file, options) if is_plain else _run_in_odoo(file, options)
    document = figures.as_document(options.name, found)
    on_stdout = options.json == STDOUT
    print(figures.figure_table(found), file=sys.stderr if on_stdout else sys.stdout, flush=True)
    if on_stdout:
        print(figures.as_text(document), flush=True)
    elif options.json:
        figures.write(options.json, document)
    return int(bool(facts.get("MUST_BE_MET")) and any(figure.met is False for figure in found))


def _parser(kind):
    parser = argparse.ArgumentParser(prog=f"dev/{kind}", add_help=False)
    parser.add_argument("name")
    parser.add_argument("--json", type=_absolute)
    parser.add_argument("--data", type=_absolute)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--remote", action="store_true")
    return parser


def _absolute(text):
    return STDOUT if text == "-" else Path(text).absolute()


def facts_of(file):
    """{name: value} of the constants that a file says about itself. Read, not imported: most of them import Odoo."""
    facts = {}
    for node in ast.parse(file.read_text()).body:
        name = getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""
        if name in ("PLAIN", "SMALL", "QUICK", "DATA", "DEMONSTRATION", "OWN_SERVER", "MUST_BE_MET", "WHOLE_AT_NIGHT"):
            facts[name] = ast.literal_eval(node.value)
    return facts


def _load(file):
    spec = importlib.util.spec_from_file_location(f"{file.parent.name}.{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickling look a class's module up there
    spec.loader.exec_module(module)
    return module


def _run_plain(file, options):
    from .plain_addon import register

    register()
    return _checked(file, _load(file).run(None, options, say))


def _run_in_odoo(file, options):
    from . import (
        databases,
        demo,
        own_postgres,
        templates,
    )

    small = options.small or os.environ.get("AI_DEPLOYMENT_SMALL") == "1"
    facts = facts_of(file)
    template = (facts.get("DEMONSTRATION") and not small and demo.built()) or templates.prepared("addon")
    if facts.get("OWN_SERVER"):
        with own_postgres.server() as server:
            server.load(template)
            return _run_in_shell(
                file, options, own_postgres.DATABASE, server.environment(), (f"--data-dir={server.files}",)
            )
    with databases.throwaway(template) as database:
        if template == demo.DATABASE:
            demo.bring_up_to_date(database)
        return _run_in_shell(file, options, database)


def _run_in_shell(file, options, database, environment=None, arguments=()):
    from .odoo_process import must_succeed, shell

    with tempfile.TemporaryDirectory() as folder:
        exchange = Path(folder, "figures.json")
        task = {"file": str(file), "out": str(exchange), "options": vars(options)}
        variables = {**(environment or {}), "AI_DEPLOYMENT_TASK": json.dumps(task, default=str)}
        status = shell(database, _INSIDE, environment=variables, arguments=arguments)
        must_succeed(status, f"{file.parent.name}/{file.stem}")
        return [figures.Figure(**figure) for figure in json.loads(exchange.read_text())["figures"]]


def run_inside(env):
    """The other end of :func:`_run_in_shell`, within ``odoo shell``."""
    task = json.loads(os.environ["AI_DEPLOYMENT_TASK"])
    options = argparse.Namespace(**task["options"])
    options.data = options.data and Path(options.data)
    options.json = options.json and Path(options.json)
    file = Path(task["file"])
    try:
        found = _checked(file, _load(file).run(env, options, say))
    except Failure as failure:  # a sentence is meant for people: without the shell's traceback before it
        print(failure, file=sys.stderr, flush=True)
        os._exit(1)
    figures.write(task["out"], figures.as_document(file.stem, found))
    if facts_of(file).get("OWN_SERVER"):  # which may have taken the shell's connection with it
        sys.stderr.flush()
        os._exit(0)


def _checked(file, found):
    if not found:
        raise Failure(f"{file.stem} came to no figure.")
    return list(found)


if __name__ == "__main__":
    finish(main)
