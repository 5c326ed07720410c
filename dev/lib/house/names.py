"""Private names that are called: each is defined somewhere, or is one of Odoo that is listed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..places import CACHE
from .source import Breach, House

NAMING_ARGUMENTS = {"compute", "inverse", "search", "group_expand"}  # of fields, that name a method
LIST = Path("dev", "lib", "house_rules.py")
EVENTS = Path("models", "deployment", "events.py")
FOLLOWED = "ai.deployment"  # the model whose methods `EVENTS` lists


def private_names_exist(house: House, odoo_names: set[str], python_names: set[str]) -> Iterator[Breach]:
    """Every private name that is read from an object, or named by a field or a cron, is defined.

    A method that no longer exists is found here, not by a user.
    """
    known = odoo_names | python_names
    files = list(house.python_files())
    for file in files:
        known |= set(_defined(house.tree(file)))
    for file in files:
        for line, name in _read_from_objects(house.tree(file)):
            if name not in known:
                yield Breach(file, line, f"{name} is defined neither in the addon nor in ODOO_NAMES of {LIST}")
    for file in sorted((house.root / "data").glob("*.xml")):
        for number, text in enumerate(file.read_text().splitlines(), 1):
            for name in re.findall(r"\bmodel\.(_\w+)\(", text):
                if name not in known:
                    yield Breach(file, number, f"{name} is defined nowhere")


def event_steps_exist(house: House) -> Iterator[Breach]:
    """Every step that an event lists is a method of the model, in the package that is named beside it."""
    file = house.root / EVENTS
    if not file.exists():
        return
    defined: dict[str, set[str]] = {}
    for extension in house.extensions:
        if extension.model == FOLLOWED:
            for method in extension.methods:
                defined.setdefault(method.name, set()).add(extension.package)
    lines = file.read_text().splitlines()
    for node in house.tree(file).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            for item in node.value.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    told = lines[item.lineno - 1].rpartition("#")[2].strip()
                    packages = defined.get(item.value, set())
                    if not packages:
                        text = f"{item.value} is no method of {FOLLOWED}: an event calls it by this name"
                        yield Breach(file, item.lineno, text)
                    elif told not in packages and told in house.rebuilt:
                        where = ", ".join(sorted(packages))
                        yield Breach(file, item.lineno, f"{item.value} is defined in {where}, not in {told}")


def gone_from_odoo(names: set[str]) -> set[str]:
    """Return those of `names` that Odoo's source does not hold; none where it does not lie in the cache."""
    missing = set(names)
    files = [file for root in CACHE.glob("odoo-*/usr") for file in root.rglob("*.py")]
    for file in files:
        missing -= set(re.findall(r"\b_[a-z]\w+", file.read_text()))
        if not missing:
            break
    return missing if files else set()


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _read_from_objects(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = node.attr
        elif isinstance(node, ast.keyword) and node.arg in NAMING_ARGUMENTS and isinstance(node.value, ast.Constant):
            name = node.value.value
        else:
            continue
        if isinstance(name, str) and name.startswith("_") and not name.startswith("__"):
            yield getattr(node, "lineno", 1), name
