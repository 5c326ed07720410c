"""Rules of this repository that no ready-made checker knows: one line per breach.

* ml/ and remote/ are plain Python: they import neither odoo nor the rooms above them.
* Importing the addon does not import scikit-learn (about 1 s and 300 MiB): it stays in ml/, in modules that are
  imported by functions only.
* Every test file is imported by tests/__init__.py, else Odoo never runs it.
* Every private name that is read from an object is defined in the addon, or is one of Odoo that this file lists: a
  method that no longer exists is found here, not by a user. The list is checked against Odoo where its source lies.
"""

import ast
import re
import sys

from .places import ADDON, CACHE, REPO

PLAIN_ROOMS = ("ml", "remote")
UPPER_ROOMS = {"models", "wizards", "controllers", "report", "hooks", "dev", "tests"}
PLAIN_TESTS = ("tests/ml", "tests/remote")  # run by pytest
PREFIX = f"odoo.addons.{ADDON}."
# Private names of Odoo that the addon uses. A new one is added by hand: each may change with Odoo's next version.
ODOO_NAMES = {
    "_abstract",
    "_active_name",
    "_as_query",
    "_bus_send",
    "_calculate_company_based_kpi",
    "_callback",
    "_cnx",
    "_commit_progress",
    "_compute_domain",
    "_condition_to_sql",
    "_description_selection",
    "_description_string",
    "_field_will_change",
    "_fields",
    "_filtered_access",
    "_for_xml_id",
    "_get",
    "_get_group_ids",
    "_get_id",
    "_get_kpi_compute_parameters",
    "_get_moves_requiring_confirmation",
    "_get_records_action",
    "_has_field_access",
    "_message_log",
    "_message_log_batch",
    "_origin",
    "_post",
    "_read_group",
    "_render",
    "_table",
    "_trigger",
    "_xmlid_to_res_id",
}
# Of NamedTuple, os and scikit-learn.
PYTHON_NAMES = {"_asdict", "_baseline_prediction", "_exit", "_predictors", "_replace"}
NAMING_ARGUMENTS = {"compute", "inverse", "search", "group_expand"}  # of fields, that name a method


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
    if not start.exists():
        return
    handed_on = set(re.findall(r"^from \.(\w+) import \*", start.read_text(), re.MULTILINE))
    for file in sorted((REPO / "tests").rglob("test_*.py")):
        folder = file.parent.relative_to(REPO / "tests").parts
        if folder and f"tests/{folder[0]}" in PLAIN_TESTS:
            continue
        imported = {name.rpartition(".")[2] for _line, name in imports(file.parent / "__init__.py", deep=False)}
        if file.stem not in imported or (folder and folder[0] not in handed_on):
            yield file, 1, "tests/__init__.py does not import this file, so Odoo never runs it"


def private_names_exist():
    """Private names that are read from an object, or named by a field or a cron, and defined nowhere."""
    known = ODOO_NAMES | PYTHON_NAMES
    trees = {file: ast.parse(file.read_text(), str(file)) for file in python_files()}
    for tree in trees.values():
        known |= set(_defined(tree))
    for file, tree in trees.items():
        for line, name in _read_from_objects(tree):
            if name not in known:
                yield file, line, f"{name} is defined neither in the addon nor in ODOO_NAMES of dev/lib/house_rules.py"
    for file in sorted((REPO / "data").glob("*.xml")):
        for number, text in enumerate(file.read_text().splitlines(), 1):
            for name in re.findall(r"\bmodel\.(_\w+)\(", text):
                if name not in known:
                    yield file, number, f"{name} is defined nowhere"
    for name in sorted(_gone_from_odoo()):
        yield REPO / "dev" / "lib" / "house_rules.py", 1, f"Odoo has no {name} any more"


def _gone_from_odoo():
    """Those of ODOO_NAMES that Odoo's source does not hold; none where its source does not lie in the cache."""
    missing = set(ODOO_NAMES)
    files = [file for root in CACHE.glob("odoo-*/usr") for file in root.rglob("*.py")]
    for file in files:
        missing -= set(re.findall(r"\b_[a-z]\w+", file.read_text()))
        if not missing:
            break
    return missing if files else set()


def _defined(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _read_from_objects(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = node.attr
        elif isinstance(node, ast.keyword) and node.arg in NAMING_ARGUMENTS and isinstance(node.value, ast.Constant):
            name = node.value.value
        else:
            continue
        if isinstance(name, str) and name.startswith("_") and not name.startswith("__"):
            yield getattr(node, "lineno", 1), name


def main():
    rules = (plain_rooms, light_import, tests_are_imported, private_names_exist)
    found = sorted({breach for rule in rules for breach in rule()})
    for file, line, text in found:
        print(f"{file.relative_to(REPO)}:{line}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
