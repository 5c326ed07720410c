"""The package as a whole: examples run, and imports stay on their side."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = "odoo.addons.ai_deployment.ml"
FOLDER = Path(__file__).parents[2] / "ml"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
SCORING = [
    "errors",
    "columns",
    "binning",
    "logistic",
    "calibration",
    "cards",
    "scorecard",
    "anomaly",
    "artifact",
    "profile",
    "routing",
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_are_true(module):
    module = importlib.import_module(f"{PACKAGE}.{module}")
    assert doctest.testmod(module, raise_on_error=False).failed == 0


def test_the_map_names_every_module_once():
    text = ast.get_docstring(ast.parse((FOLDER / "__init__.py").read_text()))
    table = text.split("=" * 70)[0]
    named = [line.split()[0] for line in table.splitlines() if line[:1].isalpha() and "  " in line]
    assert sorted(named) == MODULES


def test_imports_run_upwards_in_the_map():
    text = ast.get_docstring(ast.parse((FOLDER / "__init__.py").read_text()))
    order = [line.split()[0] for line in text.splitlines() if line.split()[:1] and line.split()[0] in MODULES]
    for module in MODULES:
        for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                for name in [node.module] if node.module else [alias.name for alias in node.names]:
                    assert order.index(name) < order.index(module), f"{module} imports {name}"


def test_the_package_imports_nothing():
    tree = ast.parse((FOLDER / "__init__.py").read_text())
    assert len(tree.body) == 1  # the docstring


@pytest.mark.parametrize("module", MODULES)
def test_nothing_below_imports_odoo_and_heavy_libraries_only_inside_functions(module):
    tree = ast.parse((FOLDER / f"{module}.py").read_text())
    everywhere, at_import = set(), set()
    for node in ast.walk(tree):
        for name in _imported(node):
            everywhere.add(name)
            if node in tree.body:
                at_import.add(name)
    assert "odoo" not in everywhere
    assert not at_import & {"sklearn", "scipy", "skops", "pandas", "pickle", "joblib"}
    assert not everywhere & {"pickle", "joblib", "pandas"}


def _imported(node):
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module.split(".")[0]]
    return []


def test_scoring_imports_neither_scikit_learn_nor_scipy():
    code = (
        "import sys, types\n"
        "for name, path in (('odoo', []), ('odoo.addons', []), ('odoo.addons.ai_deployment', [sys.argv[1]])):\n"
        "    module = types.ModuleType(name); module.__path__ = path; sys.modules[name] = module\n"
        "import importlib\n"
        f"for name in {SCORING!r}: importlib.import_module('{PACKAGE}.' + name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'sklearn', 'scipy'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(FOLDER.parent)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_installing_asks_for_the_versions_that_run():
    """An older scikit-learn passes an installation that names no version, and ends each training in a `TypeError`."""
    root = FOLDER.parent
    asked = ast.literal_eval((root / "__manifest__.py").read_text())["external_dependencies"]["python"]
    lines = (root / "requirements.txt").read_text().splitlines()
    required = [line.partition("#")[0].strip() for line in lines]
    assert sorted(asked) == sorted(filter(None, required)) and all(">=" in line for line in asked)
