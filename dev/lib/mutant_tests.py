"""The tests of a mutant: in a copy of the checkout, those of its module first, until one fails."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import databases, limits, mutation, templates
from .model_servers import free_port
from .places import ADDON, REPO
from .talk import say

LONGEST = 600  # seconds for the tests of one mutant; who takes longer hangs
MOST_USERS = 12  # modules that use the changed one, by whose tests it is judged too
# Run the smallest sizes of experiments or whole trainings: too slow for one mutant, and about something else.
SLOW = {"test_experiments", "test_house_rules", "test_evaluate_drift", "test_evaluate_monitoring", "test_mutation"}
SLOW.add("test_limits")  # reads comments, which a mutant has lost; see `is_limit`
_moments = itertools.count(1_000_000_000)
_sound = set()  # tests that were seen to pass without any change


class _Copy:
    """A copy of the checkout in which one file at a time is changed; a context."""

    hung = 0  # mutants whose tests did not end in time
    ignored = staticmethod(shutil.ignore_patterns("__pycache__", ".git", "node_modules"))

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="mutant-")
        self.copy = Path(self._folder.name, "addons", ADDON)
        shutil.copytree(REPO, self.copy, ignore=self.ignored)
        return self

    def __exit__(self, *_error):
        self._folder.cleanup()

    def notice(self, mutant):
        """Return whether a test of the mutant's module fails or hangs, which passes without the change."""
        place = self.copy / mutant.file.relative_to(REPO)
        original, changed = place.read_text(), mutation.source_of(mutant)
        if is_limit(original, changed):
            return True
        for _attempt in range(2):
            try:
                _write(place, changed)
                failed = next((tests for tests in self._tests_of(mutant.file) if tests and not self._pass(tests)), None)
            finally:
                _write(place, original)
            if not failed or tuple(failed) in _sound:
                return bool(failed)
            if self._pass(failed):
                _sound.add(tuple(failed))
                return True
            self._renew()  # an earlier change may have left something behind
        say(f"not judged, as without any change these fail too: {' '.join(failed)}")
        return False

    def _renew(self):
        """Begin anew where an earlier change may have left something behind; plain tests leave nothing."""

    def _pass(self, tests):
        try:
            done = subprocess.run(
                self._command(tests),
                cwd=self.copy,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self._variables()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            self.hung += 1
            return False
        return done.returncode in (0, 5)  # 5: pytest selected nothing

    def _variables(self):
        return {}


def _users(file):
    """Names of the modules beside it that import it, and of those that import these, as long as they are few."""
    found = []
    new = [file.stem]
    while new:
        names = "|".join(map(re.escape, new))
        uses = re.compile(rf"^from \.({names}) import|^from \. import .*\b({names})\b|^    ({names}),$", re.MULTILINE)
        others = [other.stem for other in sorted(file.parent.glob("*.py")) if uses.search(other.read_text())]
        new = [other for other in others if other not in found and other not in (file.stem, "__init__")]
        if found and len(found) + len(new) > MOST_USERS:
            break
        found += new
    return found


def is_limit(original, changed):
    """Return whether a number changed that stands on the page of limits: `tests/ml/test_limits.py` compares each."""
    after = limits.values_of(changed)
    return any(after.get(limit.name) != limit.value for limit in limits.limits_of(original))


def _write(place, text):
    """A moment of its own for each version of a file: byte code is found by it, in whole seconds."""
    place.write_text(text)
    moment = next(_moments)
    os.utime(place, (moment, moment))


class PlainTests(_Copy):
    """Mutants of ml/ and remote/, against pytest."""

    def _command(self, tests):
        options = ["-q", "-x", "-p", "no:odoo", "-p", "no:cacheprovider", "-m", "not nightly"]
        return [sys.executable, "-m", "pytest", *options, *tests]

    @staticmethod
    def _tests_of(file):
        """The likeliest first: of its name and its examples, then of those that import it."""
        top, name = file.relative_to(REPO).parts[0], file.stem
        folder = f"tests/{top}"
        found = [str(one.relative_to(REPO)) for one in sorted((REPO / folder).rglob(f"test_{name}.py"))]
        examples = f"{folder}/test_package.py::test_the_examples_in_the_docstrings_are_true[{name}]"
        yield [*found, *([examples] if top == "ml" else [])]
        names = "|".join([name, *_users(file)])
        pattern = re.compile(rf"\b{top}(\.\w+)*(\.| import .*\b)({names})\b|^    ({names}),$", re.MULTILINE)
        if top == "remote":  # its modules are reached through two or three of them, and its tests take seconds
            pattern = re.compile("")
        yield [
            place
            for test in sorted((REPO / folder).rglob("test_*.py"))
            if (place := str(test.relative_to(REPO))) not in found
            and test.stem not in SLOW
            and pattern.search(test.read_text())
        ]


class OdooTests(_Copy):
    """Mutants of the services, against Odoo's own runner on a database of its own."""

    _database = None

    def __enter__(self):
        super().__enter__()
        self._renew()
        return self

    def _renew(self):
        if self._database:
            self._database.__exit__(None, None, None)
        self._database = databases.throwaway(templates.prepared("addon"))
        self.database = self._database.__enter__()

    def __exit__(self, *error):
        self._database.__exit__(*error)
        super().__exit__(*error)

    def _command(self, tests):
        chosen = ",".join(f"/{ADDON}/{test}" for test in tests)
        report = Path(self._folder.name, "report.json")
        return [
            *(sys.executable, "-m", "lib.odoo_recorder", str(report), "--no-assets", "--first-failure", "--"),
            *("-d", self.database, f"--addons-path={self.copy.parent}", "--stop-after-init"),
            *("--http-port", str(free_port())),  # tests begin a server, and another worker's may be up
            *("--log-level=critical", "--test-tags", f"{chosen},-ai_tour,-ai_nightly"),
        ]

    def _variables(self):
        places = os.environ["PYTHONPATH"].split(os.pathsep)
        return {"PYTHONPATH": os.pathsep.join([str(self.copy / "dev"), *places[1:]])}

    @staticmethod
    def _tests_of(file):
        """The likeliest first: of its name, then those beside them that speak of it or of what it defines."""
        parts = file.relative_to(REPO / "models").with_suffix("").parts
        folder = REPO / "tests" / parts[0]
        own = [
            str(one.relative_to(REPO))
            for name in dict.fromkeys(("_".join(parts[1:]), parts[-1]))
            if (one := folder / f"test_{name}.py").exists()
        ]
        yield own
        names = "|".join([parts[-1], *mutation.public_names(file)])
        pattern = re.compile(rf"\b({names})\b")
        tests = sorted(folder.glob("test_*.py"))
        near = [str(test.relative_to(REPO)) for test in tests if pattern.search(test.read_text())]
        yield [test for test in near if test not in own]
        yield [place for test in tests if (place := str(test.relative_to(REPO))) not in own and place not in near]
