"""Mutants are single changes that matter, and what the rule leaves out is left out."""

import textwrap

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
