"""A random sample of mutants of ml/ and remote/, each against the tests of its module: how many are noticed.

A mutant is noticed where a test of the module fails, or takes far longer than it may. Those that survive are listed:
each is a missing test, or a change that changes nothing (lib/mutation.py says what is left out for that reason).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib import mutation
from lib.figures import Figure
from lib.places import REPO

PLAIN = True
SMALL = 5
USUAL = 60
SMALL_SEED = 1
LONGEST = 300  # seconds for the tests of one mutant
FOLDERS = ("ml", "remote")
COPIED = ("ml", "remote", "tests/ml", "tests/remote", "dev/lib", "dev/evaluation", "dev/drills")
# Run the smallest sizes of experiments or whole trainings: too slow for one mutant, and about something else.
SLOW = {"test_experiments", "test_house_rules", "test_evaluate_drift", "test_evaluate_monitoring", "test_mutation"}
NOTICED_LEAST = 0.9


def run(env, options, say):
    """``--data FILE|FOLDER`` samples from there only; ``--limit`` is the size of the sample."""
    files = _files(options.data)
    seed = SMALL_SEED if options.small else int(time.time()) // 86400  # another sample every day
    mutants = mutation.sample(files, options.limit or USUAL, seed)
    workers = max((os.cpu_count() or 1) // (1 if len(mutants) > SMALL else 2), 1)
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copied(Path(folder, str(number))) for number in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(lambda mutant: _judged(mutant, copies, say), mutants))
    survived = [mutant for mutant, noticed in zip(mutants, found, strict=True) if not noticed]
    for mutant in survived:
        say(f"survived: {mutant}")
    share = 1 - len(survived) / len(mutants) if mutants else 1.0
    yield Figure("mutants.all", sum(len(mutation.mutants_of(file)) for file in files))
    yield Figure("mutants.seed", seed)
    yield Figure("mutants.sampled", len(mutants))
    yield Figure("mutants.noticed", len(mutants) - len(survived))
    yield Figure("mutants.noticed_share", round(share, 3), "", f"≥ {NOTICED_LEAST}", share >= NOTICED_LEAST)
    yield Figure("mutants.survived", [str(mutant) for mutant in survived])


def _files(chosen):
    if chosen is None:
        return [file for folder in FOLDERS for file in sorted((REPO / folder).glob("*.py"))]
    return [chosen] if chosen.is_file() else sorted(chosen.glob("*.py"))


def _copied(target):
    for name in COPIED:
        if (REPO / name).exists():
            shutil.copytree(REPO / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _judged(mutant, copies, say):
    copy = copies.pop()
    place = copy / mutant.file.relative_to(REPO)
    original = place.read_text()
    try:
        place.write_text(mutation.source_of(mutant))
        return any(not _pass(copy, tests) for tests in _tests_of(mutant.file))
    finally:
        place.write_text(original)
        copies.append(copy)


def _tests_of(file):
    """The tests of a module, the likeliest first: of its name and its examples, then of those that import it."""
    folder, name = f"tests/{file.parent.name}", file.stem
    own = [f"{folder}/test_{name}.py"] if (REPO / folder / f"test_{name}.py").exists() else []
    examples = f"{folder}/test_package.py::test_the_examples_in_the_docstrings_are_true[{name}]"
    yield [*own, *([examples] if folder == "tests/ml" else [])]
    uses = re.compile(rf"^from \.({name} )?import .*\b{name}\b|^from \.{name} import", re.MULTILINE)
    users = [other.stem for other in file.parent.glob("*.py") if uses.search(other.read_text())]
    names = "|".join([name, *users])
    pattern = re.compile(rf"\b{file.parent.name}(\.| import .*\b)({names})\b|^    ({names}),$", re.MULTILINE)
    others = [
        f"{folder}/{test.name}"
        for test in sorted((REPO / folder).glob("test_*.py"))
        if test.stem not in SLOW and f"{folder}/{test.name}" not in own and pattern.search(test.read_text())
    ]
    if others:
        yield others


def _pass(copy, tests):
    if not tests:
        return True
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:odoo",
        "-p",
        "no:cacheprovider",
        "-m",
        "not nightly",
    ]
    # Byte code would be found again for the next mutant of the same second and size.
    quiet = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    quiet.pop("PYTHONPYCACHEPREFIX", None)
    try:
        done = subprocess.run(
            [*command, *tests], cwd=copy, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in (0, 5)
