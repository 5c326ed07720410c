"""Every bench, drill and evaluation runs at its smallest size: in `dev/test nightly`, the quick ones in `dev/test` too.

The files are found in their folders, so a new one is covered on the day it is written.
"""

import json
import os
import resource
import subprocess
import sys

import pytest

from lib.experiment import facts_of
from lib.places import DEV, REPO, SHARED_DATA

KINDS = {"benches": "bench", "drills": "drill", "evaluation": "evaluate"}
QUICK_S = 5  # of the processor


def _experiments():
    """One nightly parameter per file, and another one for the quick."""
    for folder, kind in KINDS.items():
        for file in sorted((DEV / folder).glob("[!_]*.py")):
            if facts_of(file).get("QUICK"):
                yield pytest.param(file, id=f"{kind}-{file.stem}-quick")
            yield pytest.param(file, marks=pytest.mark.nightly, id=f"{kind}-{file.stem}")


def _whole_at_night():
    files = [file for folder in KINDS for file in sorted((DEV / folder).glob("[!_]*.py"))]
    return [pytest.param(file, id=file.stem) for file in files if facts_of(file).get("WHOLE_AT_NIGHT")]


@pytest.mark.nightly
@pytest.mark.parametrize("file", _whole_at_night())
def test_at_its_usual_size_it_meets_its_targets(file, tmp_path):
    figures, done = _figures_of(file, tmp_path / "figures.json")
    missed = [f"{figure['name']}: {figure['value']}" for figure in figures if figure["met"] is False]
    assert not missed, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("file", [*_experiments()])
def test_the_smallest_size_comes_to_figures(file, tmp_path):
    facts, kind = facts_of(file), KINDS[file.parent.name]
    if "DATA" in facts and not (SHARED_DATA / facts["DATA"]).exists():
        pytest.skip(f"dev/{kind} {file.stem} needs {facts['DATA']} in ../shared/data")
    if not facts.get("PLAIN") and "ODOO_BIN" not in os.environ:
        pytest.skip(f"dev/{kind} {file.stem} needs Odoo: run dev/test nightly")
    before = _seconds_of_children()
    figures, done = _figures_of(file, tmp_path / "figures.json", "--small")
    assert "Exception in thread" not in done.stderr, done.stderr[-4000:]  # it ends, and the run goes on without it
    if facts.get("QUICK"):
        assert _seconds_of_children() - before < QUICK_S
    if kind == "drill":  # speeds and shares need the whole size; that nothing is lost holds at any
        missed = [f"{figure['name']}: {figure['value']}" for figure in figures if figure["met"] is False]
        assert not missed, done.stderr[-4000:]


def test_every_experiment_names_its_smallest_size():
    files = [file for folder in KINDS for file in (DEV / folder).glob("[!_]*.py")]
    assert files and not [file.name for file in files if not isinstance(facts_of(file).get("SMALL"), int)]


def _figures_of(file, target, *options):
    """Run it; return its figures and the process that has ended."""
    kind = KINDS[file.parent.name]
    command = [sys.executable, "-m", "lib.experiment", kind, file.parent.name, file.stem, *options]
    done = subprocess.run(
        [*command, "--json", str(target)],
        cwd=REPO,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(DEV), os.environ.get("PYTHONPATH", "")])},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(target.read_text())["figures"]
    assert figures
    return figures, done


def _seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
