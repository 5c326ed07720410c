"""The package as a whole: examples run, the map is complete, and imports stay on their side."""

import ast
import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = "odoo.addons.ai_deployment.remote"
FOLDER = Path(__file__).parents[2] / "remote"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
PROTOCOLS = sorted(path.stem for path in FOLDER.glob("protocols/*.py") if path.stem != "__init__")


def order():
    text = ast.get_docstring(ast.parse((FOLDER / "__init__.py").read_text()))
    return [line.split()[0] for line in text.splitlines() if "  " in line and line[:1].isalpha()]


def nodes(module):
    return ast.walk(ast.parse((FOLDER / f"{module}.py").read_text()))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_are_true(module):
    assert doctest.testmod(importlib.import_module(f"{PACKAGE}.{module}"), raise_on_error=False).failed == 0


def test_the_map_names_every_module_once_and_the_package_imports_nothing():
    assert sorted(order()) == sorted([*MODULES, "protocols"])
    assert len(ast.parse((FOLDER / "__init__.py").read_text()).body) == 1


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_upwards_in_the_map_and_to_the_errors_alone(module):
    for node in nodes(module):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            assert node.module == "ml.errors"
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            for name in [alias.name for alias in node.names] if node.module is None else [node.module.split(".")[0]]:
                assert order().index(name) < order().index(module)
        elif isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] != "odoo"
        elif isinstance(node, ast.Import):
            assert "odoo" not in {alias.name.split(".")[0] for alias in node.names}


@pytest.mark.parametrize("module", PROTOCOLS)
def test_a_protocol_imports_what_stands_above_protocols_and_no_odoo(module):
    for node in ast.walk(ast.parse((FOLDER / "protocols" / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 3:
            assert node.module == "ml.errors"
        elif isinstance(node, ast.ImportFrom) and node.level == 2:
            for name in [alias.name for alias in node.names] if node.module is None else [node.module]:
                assert order().index(name) < order().index("protocols")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 and node.module == "base" or node.module.split(".")[0] != "odoo"
        elif isinstance(node, ast.Import):
            assert "odoo" not in {alias.name.split(".")[0] for alias in node.names}
