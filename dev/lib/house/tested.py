"""Test files: Odoo finds each, each record file and service has one of its name, and none imports another."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from .source import TOP, Breach, House

PLAIN_TESTS = ("tests/ml", "tests/remote")  # run by pytest


def tests_are_imported(house: House) -> Iterator[Breach]:
    """Every test file is imported by tests/__init__.py, or by the package that this hands on; else it never runs."""
    start = house.root / "tests" / "__init__.py"
    if not start.exists():
        return
    handed_on = set(re.findall(r"^from \.(\w+) import \*", start.read_text(), re.MULTILINE))
    for file in sorted((house.root / "tests").rglob("test_*.py")):
        folder = file.parent.relative_to(house.root / "tests").parts
        if folder and f"tests/{folder[0]}" in PLAIN_TESTS:
            continue
        listed = file.parent / "__init__.py"
        names = house.imports(listed, deep=False) if listed.exists() else ()
        imported = {name.rpartition(".")[2] for _line, name in names}
        if file.stem not in imported or (folder and folder[0] not in handed_on):
            yield Breach(file, 1, "tests/__init__.py does not import this file, so Odoo never runs it")


def each_has_a_test(house: House) -> Iterator[Breach]:
    """models/PACKAGE/NAME.py is tested in tests/PACKAGE/test_NAME.py; constants alone need no test."""
    for file in house.python_files(TOP):
        package = house.package(file)
        if package == TOP or package not in house.rebuilt or not _does_something(house.tree(file)):
            continue
        inner = file.relative_to(house.root / TOP / package).with_suffix("").parts  # ("evidence", "owner")
        wanted = {f"test_{inner[-1]}.py", f"test_{'_'.join(inner)}.py"}
        if not wanted & {found.name for found in (house.root / "tests" / package).rglob("test_*.py")}:
            yield Breach(file, 1, f"no test file of its name: tests/{package}/test_{inner[-1]}.py")


def _does_something(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def tests_stand_alone(house: House) -> Iterator[Breach]:
    """A test file imports no other test file: what two share belongs to a common.py."""
    files = {file.relative_to(house.root).with_suffix("") for file in (house.root / "tests").rglob("test_*.py")}
    for file in sorted((house.root / "tests").rglob("*.py")):
        folder = file.relative_to(house.root).parts[1]
        if file.name == "__init__.py" or not (folder in house.rebuilt or folder in ("ml", "remote")):
            continue
        for line, name in sorted(set(house.imports(file, deep=True))):
            beside = file.parent.relative_to(house.root) / name  # pytest: a folder is its own root
            if Path(*name.split(".")) in files or beside in files:
                yield Breach(file, line, f"imports the test file {name}: move what both need to a common.py")
