"""Mutants are single changes that matter, and what the rule leaves out is left out."""

import json
import textwrap
from types import SimpleNamespace

import pytest

from lib import mutant_tests, mutation


@pytest.fixture
def module(tmp_path):
    def write(text):
        file = tmp_path / "module.py"
        file.write_text(textwrap.dedent(text))
        return file

    return write


def changes(file):
    return {(mutant.kind, mutation.source_of(mutant).strip()) for mutant in mutation.mutants_of(file)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b < c", {("comparison", "a = b >= c")}),
        ("a = b is None", {("comparison", "a = b is not None")}),
        ("a = b and c", {("and/or", "a = b or c")}),
        ("a = not b", {("negation", "a = b")}),
        ("a = -b", {("negation", "a = b")}),
        ("a = 7", {("constant", "a = 8"), ("constant", "a = 6")}),
        ("a = 0.5", {("constant", "a = 0.75")}),
        ("def f():\n    return b", {("return value", "def f():\n    return None")}),
        ("def f():\n    return True", {("return value", "def f():\n    return False")}),
    ],
)
def test_each_kind_of_change(module, text, expected):
    assert changes(module(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring of 7 words."""',
        "def f(a: int = None) -> tuple[int, 2]:\n    pass",
        "if a:\n    raise ValueError(1 < 2)",
        "class A:\n    def __repr__(self):\n        return 1",
        "DRAWS = 4000",
        "for _step in range(30):\n    pass",
        "waited = 0",
        "if (waited := waited + 1):\n    pass",
        "newton(steps=25, longest=4.0)",
        "def f(*, seed=3):\n    pass",
        "f(seed=3)",
        "a = 1e-9",
        "a = max(b, 1)",
        "a = 'text'",
        "a = True",
        "if TYPE_CHECKING:\n    a = 1",
    ],
)
def test_what_is_left_out_by_rule(module, text):
    assert changes(module(text)) == set()


def test_a_chain_of_comparisons_is_turned_one_by_one(module):
    assert changes(module("a = b < c <= d")) == {("comparison", "a = b >= c <= d"), ("comparison", "a = b < c > d")}


def test_a_mutant_says_where_it_is(module):
    [mutant] = mutation.mutants_of(module("\n\na = b and c\n"))
    assert str(mutant) == "module.py:3: and/or: b and c -> b or c"


def test_a_sample_is_the_same_for_the_same_seed(module):
    file = module("\n".join(f"a{number} = b < c" for number in range(50)))
    one, two, other = (mutation.sample([file], 10, seed) for seed in (1, 1, 2))
    assert one == two != other
    assert len(set(one)) == 10 and len(mutation.sample([file], 99, 1)) == 50


def test_services_are_modules_without_a_record(tmp_path):
    for name, text in {
        "record.py": "class A(models.Model):\n    x = 1\n",
        "wizard.py": "class A(models.TransientModel):\n    x = 1\n",
        "service.py": "class A:\n    pass\n\n\ndef find():\n    pass\n\n\ndef _hidden():\n    pass\n",
        "__init__.py": "",
    }.items():
        (tmp_path / name).write_text(text)
    assert [file.name for file in mutation.services(tmp_path)] == ["service.py"]
    assert mutation.public_names(tmp_path / "service.py") == ["A", "find"]


def test_a_number_of_the_page_of_limits_is_noticed_by_its_test_and_no_other_number_is():
    source = "LEVEL = 0.05  # of all looks\nOTHER = 3\n\n\ndef f(x):\n    return x < 2\n"
    assert mutant_tests.is_limit(source, "LEVEL = 0.075\nOTHER = 3\n\n\ndef f(x):\n    return x < 2\n")
    assert not mutant_tests.is_limit(source, "LEVEL = 0.05\nOTHER = 4\n\n\ndef f(x):\n    return x < 3\n")


@pytest.mark.parametrize(
    ("kind", "output", "told"),
    [
        (mutant_tests.PlainTests, "FAILED tests/ml/test_a.py::test_b[1 - 2] - assert 0", "tests/ml/test_a.py::test_b"),
        (mutant_tests.PlainTests, "ERROR tests/ml/test_a.py - ImportError", "tests/ml/test_a.py"),
        (mutant_tests.PlainTests, "Segmentation fault", None),
        (
            mutant_tests.OdooTests,
            "first failure: odoo.addons.ai_deployment.tests.gate.test_a.TestA.test_b",
            "tests/gate/test_a.py:TestA.test_b",
        ),
        (
            mutant_tests.OdooTests,
            "first failure: setUpClass (odoo.addons.ai_deployment.tests.gate.test_a.TestA)",
            "tests/gate/test_a.py:TestA",
        ),
        (mutant_tests.OdooTests, "odoo.addons.ai_deployment.models: no such module", None),
    ],
)
def test_the_test_that_failed_is_found_in_what_the_runner_says(kind, output, told):
    assert kind._told(f"before\n{output}\nafter\n") == told


FINE, LOADS_NOT = None, mutant_tests._Failed(["test_one"])
TOLD = mutant_tests._Failed(["test_one::test_a"], is_told=True)
HANGS = mutant_tests._Failed(["test_one"], is_hanging=True)


@pytest.mark.parametrize(
    ("runs", "noticed", "hung"),
    [
        ([FINE], "", 0),
        ([TOLD, FINE], "test_one::test_a", 0),
        ([LOADS_NOT, FINE], "test_one", 0),
        ([HANGS, FINE], "test_one (hangs)", 1),
        ([TOLD, TOLD, TOLD, FINE], "test_one::test_a", 0),  # spoiled by another change, and made anew
        ([TOLD, TOLD, FINE], "", 0),  # only what another change had spoiled
        ([TOLD, TOLD, TOLD, TOLD], "", 0),  # fails without any change
        ([HANGS, HANGS, HANGS, HANGS], "", 0),  # takes as long without any change
    ],
)
def test_noticed_is_what_fails_with_the_change_and_passes_without_it(module, monkeypatch, runs, noticed, hung):
    file = module("a = b < c\n")

    class Copy(mutant_tests._Copy):
        copy = file.parent

        def _tests_of(self, _file):
            yield ["test_one"]

        def _run(self, _tests, _longest=0):
            seen.append("<" in file.read_text())
            return runs[len(seen) - 1]

        def _type_errors(self, _place):
            return set()

    seen = []
    monkeypatch.setattr(mutant_tests, "REPO", file.parent)
    monkeypatch.setattr(mutant_tests, "_sound", set())
    place = Copy()
    assert place.notice(mutation.mutants_of(file)[0]) == noticed
    assert (len(seen), place.hung) == (len(runs), hung)
    assert seen == [number % 2 == 1 for number in range(len(runs))]  # with the change, without it, and so on
    assert file.read_text() == "a = b < c\n"


@pytest.mark.parametrize(
    ("errors", "is_refused"), [([set()], False), ([{"a", "b"}, {"a"}], True), ([{"a"}, {"a", "b"}], False)]
)
def test_what_the_type_checker_refuses_is_noticed_by_it(module, monkeypatch, errors, is_refused):
    file = module("def f() -> int:\n    return 7  # as it is\n")

    class Copy(mutant_tests._Copy):
        copy = file.parent

        def _tests_of(self, _file):
            yield ["test_one"]

        def _run(self, _tests, _longest=0):
            return None

        def _type_errors(self, _place):
            seen.append(file.read_text())
            return errors[len(seen) - 1]

    seen = []
    monkeypatch.setattr(mutant_tests, "REPO", file.parent)
    place = Copy()
    mutant = next(mutant for mutant in mutation.mutants_of(file) if mutant.kind == "return value")
    assert place.notice(mutant) == (mutant_tests.TYPES if is_refused else "")
    assert place.refused == is_refused
    assert seen == ["def f() -> int:\n    return None", "def f() -> int:\n    return 7"][: len(errors)]
    assert file.read_text().endswith("# as it is\n")


def test_what_takes_long_runs_after_the_type_checker_with_the_change(module, monkeypatch):
    file, seen = module("a = b < c\n"), []

    class Copy(mutant_tests._Copy):
        copy = file.parent

        def _tests_of(self, _file):
            yield ["near"]

        def _farther_tests_of(self, _file):
            yield ["far"]

        def _run(self, tests, _longest=0):
            seen.append((*tests, "<" in file.read_text()))
            return TOLD if len(seen) == 3 else None

        def _type_errors(self, _place):
            seen.append("types")
            return set()

    monkeypatch.setattr(mutant_tests, "REPO", file.parent)
    assert Copy().notice(mutation.mutants_of(file)[0]) == "test_one::test_a"
    assert seen == [("near", False), "types", ("far", False), ("test_one::test_a", True)]


class Gone(mutant_tests.OdooTests):
    """Tests whose databases are gone as often as is said, and that carry out as many tests as is said."""

    def __init__(self, folder, there, ran):
        self._folder, self.database, self.there, self.ran, self.made = (
            SimpleNamespace(name=folder),
            "one",
            there,
            ran,
            0,
        )

    def _renew(self):
        self.made += 1

    def run(self, monkeypatch, tests):
        def ended(place, _tests, _longest):
            place._report.write_text(json.dumps({"tests": dict.fromkeys(range(self.ran), "passed")}))

        monkeypatch.setattr(mutant_tests._Copy, "_run", ended)
        monkeypatch.setattr(mutant_tests.databases, "exists", lambda _name: self.there.pop(0))
        return self._run(tests)


def test_a_database_that_another_command_dropped_is_made_anew(tmp_path, monkeypatch):
    for there, made in (([True], 0), ([False], 1)):
        place = Gone(tmp_path, there, 3)
        assert place.run(monkeypatch, ["tests/gate/test_a.py"]) is None
        assert place.made == made


@pytest.mark.parametrize("ran", [0, 1])
def test_a_test_that_does_not_run_alone_proves_nothing(tmp_path, monkeypatch, ran):
    place = Gone(tmp_path, [True, True], ran)
    place.run(monkeypatch, ["tests/gate/test_a.py"])
    assert place._is_sound(TOLD) is bool(ran)


def test_tests_of_modules_elsewhere_that_use_a_service_judge_it():
    places = mutant_tests.REPO / "models" / "documents" / "score_sql.py"
    elsewhere, rest = mutant_tests.OdooTests._farther_tests_of(places)
    assert "tests/scoring/test_ai_deployment_score.py" in elsewhere
    assert all(place.startswith("tests/documents/") for place in rest)
    own, near = mutant_tests.OdooTests._tests_of(places)
    assert own == ["tests/documents/test_score_sql.py"] and not {*own, *near} & {*elsewhere, *rest}
