"""Rules of layers: the order of imports, and no comments that switch the formatter off."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from .source import TOP, Breach, House

PLAIN = ("ml", "remote")
UPPER = {"models", "wizards", "controllers", "report", "hooks", "dev", "tests"}
ABOVE_MODELS = {"wizards", "controllers", "report", "hooks", "dev", "tests"}
_UNFORMATTED = re.compile(r"#\s*fmt:\s*(skip|off|on)\b")


def plain_python(house: House) -> Iterator[Breach]:
    """ml/ and remote/ import neither odoo nor what stands above them."""
    for folder in PLAIN:
        for file in house.python_files(folder):
            for line, name in house.imports(file, deep=True):
                top = name.split(".")[0]
                if top == "odoo" or (top in UPPER and (house.root / top).exists()):
                    yield Breach(file, line, f"{folder}/ is plain Python and must not import {name}")


def light_import(house: House) -> Iterator[Breach]:
    """Importing the addon imports no scikit-learn (about 1 s and 300 MiB)."""
    for file in house.python_files():
        folder = file.relative_to(house.root).parts[0]
        for line, name in house.imports(file, deep=True):
            if name.split(".")[0] == "sklearn" and folder != "ml":
                yield Breach(file, line, "scikit-learn belongs below ml/")
    for file in sorted(_loaded_with_the_addon(house)):
        for line, name in house.imports(file, deep=False):
            top = name.split(".")[0]
            if top in ("sklearn", "scipy"):
                text = f"importing the addon would import {top}: import it, or this module, within a function"
                yield Breach(file, line, text)


def _loaded_with_the_addon(house: House) -> set[Path]:
    """Follow the imports at module level from the addon's __init__.py."""
    waiting, seen = [house.root / "__init__.py"], set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.exists():
            continue
        seen.add(file)
        for _line, name in house.imports(file, deep=False):
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                path = house.root.joinpath(*parts[:length])
                waiting += [path.with_suffix(".py"), path / "__init__.py"]
    return seen


def texts_are_found(house: House) -> Iterator[Breach]:
    """A text stands in a call of `_` of its own: elsewhere no export finds it, so it is English to everybody."""
    for file in house.python_files():
        for node in ast.walk(house.tree(file)):
            for call in ast.walk(node) if isinstance(node, ast.JoinedStr) else ():
                if isinstance(call, ast.Call) and _is_mark(call.func):
                    yield Breach(file, call.lineno, "a text within an f-string is not translated: take it out of it")
            if isinstance(node, ast.Assign) and _is_mark(node.value):
                yield Breach(file, node.lineno, "texts of another name for `_` are not translated: call `_` itself")


def _is_mark(node: ast.AST) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) == "_"


def imports_run_down(house: House) -> Iterator[Breach]:
    """Sub-packages of models/ import only those above them in models/__init__.py.

    What is imported for type checkers alone is free: a service may name the class of an object that it is handed.
    """
    place = {name: number for number, name in enumerate(house.packages)}
    records = {file.stem for file in (house.root / TOP).glob("*.py")}
    for file in house.python_files(TOP):
        package = house.package(file)
        if package == TOP:
            continue
        for line, name in sorted(set(house.imports(file, deep=True, typing=False))):
            parts = name.split(".")
            if parts[0] in ABOVE_MODELS and (house.root / parts[0]).exists():
                yield Breach(file, line, f"models/ must not import {name}: {parts[0]} stands above it")
            elif parts[0] == TOP and len(parts) > 1:
                other = parts[1]
                if place.get(other, -1) > place.get(package, len(place)):
                    text = f"models/{package} must not import {name}: imports run down the list of models/__init__.py"
                    yield Breach(file, line, f"{text}, where {other} stands below; use an event, a registry or a hook")
                elif other in records and other not in place:
                    yield Breach(file, line, f"models/{package} must not import {name}, which is loaded after it")


def formatted_as_it_is(house: House) -> Iterator[Breach]:
    """No comment switches the formatter off: its layout is taken as it is."""
    for folder in ("", "dev", "tests"):
        for file in house.python_files(folder):
            if "fmt:" not in (text := file.read_text()):
                continue
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT and _UNFORMATTED.search(token.string):
                    yield Breach(file, token.start[0], "the formatter's layout is taken as it is: no `fmt:` comments")
