"""The tests of a mutant: in a copy of the checkout, those of its module first, until one fails.

What no test notices is looked at by the type checker of `dev/lint`, where that is set up: a change that it refuses
cannot be committed. It counts as noticed, and apart.
"""

import ast
import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import databases, limits, mutation, templates
from .model_servers import free_port
from .places import ADDON, CACHE, REPO
from .talk import say

LONGEST = 600  # seconds for the tests of one mutant; who takes longer hangs
TYPES = "the types of dev/lint"
MOST_USERS = 12  # modules that use the changed one, by whose tests it is judged too
# Run the smallest sizes of experiments or whole trainings: too slow for one mutant, and about something else.
SLOW = {"test_experiments", "test_house_rules", "test_evaluate_drift", "test_evaluate_monitoring", "test_mutation"}
SLOW.add("test_limits")  # reads comments, which a mutant has lost; see `is_limit`
_moments = itertools.count(1_000_000_000)
_sound = set()  # tests that were seen to pass without any change: of a change after which nothing can be loaded


class _Failed(NamedTuple):
    """Tests of which one failed: that one alone where it was told, or those whose time was over."""

    tests: list[str]
    is_told: bool = False
    is_hanging: bool = False


class _Copy:
    """A copy of the checkout in which one file at a time is changed; a context."""

    hung = 0  # mutants whose tests did not end in time
    refused = 0  # mutants that pass all tests, and not the type checker
    ignored = staticmethod(shutil.ignore_patterns("__pycache__", ".git", "node_modules"))

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="mutant-")
        self.copy = Path(self._folder.name, "addons", ADDON)
        shutil.copytree(REPO, self.copy, ignore=self.ignored)
        return self

    def __exit__(self, *_error):
        self._folder.cleanup()

    def notice(self, mutant):
        """Return what notices the mutant, or an empty string: a test that fails with the change and passes without it.

        Without the change that test runs alone and each time anew, as an earlier mutant may have spoiled something
        (`_renew`) and another program may have taken a port or the time.
        """
        place = self.copy / mutant.file.relative_to(REPO)
        original, changed = place.read_text(), mutation.source_of(mutant)
        if is_limit(original, changed):
            return "tests/ml/test_limits.py"
        for _attempt in range(2):
            try:
                _write(place, changed)
                failed = self._first_failure(self._tests_of(mutant.file))
                if not failed and self._is_refused(place, original):
                    self.refused += 1
                    return TYPES
                if not failed:
                    _write(place, changed)
                    failed = self._first_failure(self._farther_tests_of(mutant.file))
            finally:
                _write(place, original)
            if not failed:
                return ""
            if self._is_sound(failed):
                self.hung += failed.is_hanging
                return f"{' '.join(failed.tests[:1])}{' (hangs)' * failed.is_hanging}"
            self._renew()
        say(f"not judged, as without any change these fail too: {' '.join(failed.tests)}")
        return ""

    @staticmethod
    def _farther_tests_of(_file):
        """Lists of tests that take long: they come after the type checker, which takes seconds."""
        return ()

    def _first_failure(self, lists):
        return next((found for tests in lists if tests and (found := self._run(tests))), None)

    def _is_refused(self, place, original):
        """Return whether the type checker finds in the changed file what it does not find in the same without comments.

        A change is written without comments, and `# type: ignore` is one.
        """
        changed = self._type_errors(place)
        if not changed:
            return False
        _write(place, ast.unparse(ast.parse(original)))
        return bool(changed - self._type_errors(place))

    def _type_errors(self, place):
        mypy = max(CACHE.glob("lint-*/bin/mypy"), key=os.path.getmtime, default=None)
        if mypy is None:
            return set()
        root = self.copy.parent
        options = ["--config-file", self.copy / "pyproject.toml", "--cache-dir", Path(self._folder.name, "mypy")]
        command = [mypy, *options, "--no-error-summary", place.relative_to(root)]
        done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return {line for line in done.stdout.splitlines() if ": error: " in line}

    def _is_sound(self, failed):
        """Return whether what failed passes without a change; what took too long must take less than half of that."""
        if failed.is_hanging:
            return not self._run(failed.tests, LONGEST / 2)
        if failed.is_told:
            return not self._run(failed.tests) and self._has_run()
        if tuple(failed.tests) not in _sound and not self._run(failed.tests):
            _sound.add(tuple(failed.tests))
        return tuple(failed.tests) in _sound

    def _has_run(self):
        """Return whether the last run carried out a test; pytest fails where there is none of that name."""
        return True

    def _renew(self):
        """Begin anew where an earlier change may have left something behind; plain tests leave nothing."""

    def _run(self, tests, longest=LONGEST):
        """Run the tests up to the first that fails, and return it as `_Failed`; None where all pass."""
        try:
            done = subprocess.run(
                self._command(tests),
                cwd=self.copy,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self._variables()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=longest,
            )
        except subprocess.TimeoutExpired:
            return _Failed(tests, is_hanging=True)
        if done.returncode in (0, 5):  # 5: pytest selected nothing
            return None
        told = self._told(done.stdout + done.stderr)
        return _Failed([told], is_told=True) if told else _Failed(tests)

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
        options = ["-q", "-x", "-rfE", "-p", "no:odoo", "-p", "no:cacheprovider", "-m", "not nightly"]
        return [sys.executable, "-m", "pytest", *options, *tests]

    @staticmethod
    def _told(output):
        """The node that pytest names in its summary; a parameter may hold any text, so it is left out."""
        found = re.search(r"^(?:FAILED|ERROR) ([\w/.-]+\.py(?:::\w+)*)", output, re.MULTILINE)
        return found and found[1]

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

    @property
    def _report(self):
        return Path(self._folder.name, "report.json")

    def _run(self, tests, longest=LONGEST):
        self._report.unlink(missing_ok=True)
        found = super()._run(tests, longest)
        if not databases.exists(self.database):  # no test has run: another command took it for litter
            self._renew()
            found = super()._run(tests, longest)
        return found

    def _has_run(self):
        return self._report.exists() and bool(json.loads(self._report.read_text())["tests"])

    def _command(self, tests):
        chosen = ",".join(f"/{ADDON}/{test}" for test in tests)
        return [
            *(sys.executable, "-m", "lib.odoo_recorder", str(self._report), "--no-assets", "--first-failure", "--"),
            *("-d", self.database, f"--addons-path={self.copy.parent}", "--stop-after-init"),
            *("--http-port", str(free_port())),  # tests begin a server, and another worker's may be up
            *("--log-level=critical", "--test-tags", f"{chosen},-ai_tour,-ai_nightly"),
        ]

    @staticmethod
    def _told(output):
        """The test that the recorder names, as a tag; what fails before a class begins is the class's."""
        told = re.search(rf"^first failure: .*?\b{ADDON}\.(tests[.\w]*)\.([A-Z]\w*)(\.test\w*)?", output, re.MULTILINE)
        return told and f"{told[1].replace('.', '/')}.py:{told[2]}{told[3] or ''}"

    def _variables(self):
        places = os.environ["PYTHONPATH"].split(os.pathsep)
        return {"PYTHONPATH": os.pathsep.join([str(self.copy / "dev"), *places[1:]])}

    @staticmethod
    def _tests_of(file):
        """The likeliest first: of its name, then those beside them that speak of it or of what it defines."""
        own, near, _rest = _tests_beside(file)
        yield own
        yield near

    @staticmethod
    def _farther_tests_of(file):
        """Those of the modules elsewhere that import it, then the others of its folder."""
        own, near, rest = _tests_beside(file)
        elsewhere = dict.fromkeys(test for user in _importers().get(file, ()) for test in _tests_named(user))
        yield [test for test in elsewhere if test not in (*own, *near, *rest)][:MOST_USERS]
        yield rest


def _tests_beside(file):
    """Return the tests of a service's folder: (of its name, those that speak of it, the others)."""
    own = _tests_named(file)
    names = "|".join([file.stem, *mutation.public_names(file)])
    pattern = re.compile(rf"\b({names})\b")
    others = {
        place: bool(pattern.search(test.read_text()))
        for test in sorted((REPO / "tests" / file.relative_to(REPO / "models").parts[0]).glob("test_*.py"))
        if (place := str(test.relative_to(REPO))) not in own
    }
    return own, [test for test, speaks in others.items() if speaks], [test for test, says in others.items() if not says]


def _tests_named(file):
    """Return the test files of a module's name, in the folder of the tests that mirrors its own."""
    parts = file.relative_to(REPO).with_suffix("").parts
    folder = REPO / "tests" / parts[1]
    names = dict.fromkeys(("_".join(parts[2:]), parts[-1]))
    return [str(one.relative_to(REPO)) for name in names if (one := folder / f"test_{name}.py").exists()]


@functools.cache
def _importers():
    """Return {module: modules of models/ and wizards/ that import it, or something from it}."""
    found = {}
    for user in sorted(file for folder in ("models", "wizards") for file in (REPO / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(user.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                above = user.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                for place in (above, *(above / each.name for each in node.names)):
                    users = found.setdefault(place.with_suffix(".py"), [])
                    if user.name != "__init__.py" and user not in users:
                        users.append(user)
    return found
