"""Rules of this repository that no ready-made checker knows: one line per breach.

* ml/ and remote/ are plain Python: they import neither odoo nor the rooms above them.
* Importing the addon does not import scikit-learn (about 1 s and 300 MiB): it stays in ml/, in modules that are
  imported by functions only.
* Every test file is imported by tests/__init__.py, else Odoo never runs it.
"""

import ast
import sys

from .places import ADDON, REPO

PLAIN_ROOMS = ("ml", "remote")
UPPER_ROOMS = {"models", "wizards", "controllers", "report", "hooks", "dev", "tests"}
PREFIX = f"odoo.addons.{ADDON}."


def python_files(room=""):
    skipped = {"dev", "tests", "docs", "node_modules"} if not room else set()
    for file in sorted((REPO / room).rglob("*.py")):
        parts = file.relative_to(REPO).parts
        if not skipped & set(parts[:1]) and not any(part.startswith(".") for part in parts):
            yield file


def imports(file, *, deep):
    """(line, module name) of each import; the addon's own modules without prefix: ml.binning, models.crm_lead."""
    package = list(file.relative_to(REPO).with_suffix("").parts)[:-1]
    tree = ast.parse(file.read_text(), str(file))
    for node in ast.walk(tree) if deep else _module_level(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name.removeprefix(PREFIX)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *((node.module or "").split("."))]).strip(".")
            yield node.lineno, base.removeprefix(PREFIX)
            for name in node.names:
                yield node.lineno, f"{base}.{name.name}".strip(".").removeprefix(PREFIX)


def _module_level(node):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_type_checkers(child):
            continue
        yield child
        yield from _module_level(child)


def _is_for_type_checkers(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def plain_rooms():
    for room in PLAIN_ROOMS:
        for file in python_files(room):
            for line, name in imports(file, deep=True):
                top = name.split(".")[0]
                if top == "odoo" or (top in UPPER_ROOMS and (REPO / top).exists()):
                    yield file, line, f"{room}/ is plain Python and must not import {name}"


def light_import():
    for file in python_files():
        room = file.relative_to(REPO).parts[0]
        for line, name in imports(file, deep=True):
            if name.split(".")[0] == "sklearn" and room != "ml":
                yield file, line, "scikit-learn belongs below ml/"
    for file in sorted(_loaded_with_the_addon()):
        for line, name in imports(file, deep=False):
            if name.split(".")[0] == "sklearn":
                yield file, line, "importing the addon would import scikit-learn: import this module within a function"


def _loaded_with_the_addon():
    """Follow the imports at module level from the addon's __init__.py."""
    waiting, seen = [REPO / "__init__.py"], set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.exists():
            continue
        seen.add(file)
        for _line, name in imports(file, deep=False):
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                path = REPO.joinpath(*parts[:length])
                waiting += [path.with_suffix(".py"), path / "__init__.py"]
    return seen


def tests_are_imported():
    start = REPO / "tests" / "__init__.py"
    if start.exists():
        imported = {name.rpartition(".")[2] for _line, name in imports(start, deep=False)}
        for file in sorted((REPO / "tests").glob("test_*.py")):
            if file.stem not in imported:
                yield file, 1, "tests/__init__.py does not import this file, so Odoo never runs it"


def main():
    found = sorted({breach for rule in (plain_rooms, light_import, tests_are_imported) for breach in rule()})
    for file, line, text in found:
        print(f"{file.relative_to(REPO)}:{line}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
