"""The figures of the house: how large its models are, how they are knotted, how much is typed."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from .. import figures
from . import layers, names, records
from .source import TOP, Extension, House

LARGEST = "ai.deployment"
HINTED = ("ml", "remote")
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (OR REPLACE|TABLE|VIEW|INDEX|TRIGGER))\b")


def tell(house: House, target: str, odoo_names: set[str], python_names: set[str]) -> int:
    """Write the figures to the file `target`, `-` for the standard output."""
    found = list(collect(house, odoo_names, python_names))
    document = figures.as_document("house", found)
    if target == "-":
        print(figures.as_text(document))
    else:
        figures.write(target, document)
        print(figures.figure_table(found), file=sys.stderr)
    return 0


def collect(house: House, odoo_names: set[str], python_names: set[str]) -> Iterator[figures.Figure]:
    """Yield each figure with its target, where it has one."""
    methods, files = _by_model(house)
    others = {model: count for model, count in methods.items() if model != LARGEST}
    others |= {name: count for name, count in _plain_classes(house)}
    other = max(others, key=lambda name: others[name], default="")
    yield _figure("methods_of_ai_deployment", methods.get(LARGEST, 0), 240)
    yield _figure("files_of_ai_deployment", len(files.get(LARGEST, ())), 11)
    yield _figure("methods_of_largest_other_class", others.get(other, 0), 150, note=other)
    knot = largest_knot(house, LARGEST)
    yield _figure("files_in_knot_of_ai_deployment", len(knot), 2)
    if len(knot) > 1:
        yield figures.Figure("knot_of_ai_deployment", sorted(str(file.relative_to(house.root)) for file in knot))
    unresolved = [*names.private_names_exist(house, odoo_names, python_names), *names.event_steps_exist(house)]
    yield _figure("unresolved_private_names", len(unresolved), 0)
    yield _figure("doubled_overrides", len(records.doubled(house, house.extensions)), 0)
    extended_twice = sum(1 for _breach in records.one_file_per_model(House(house.root)))
    yield _figure("breaches_of_one_file_per_model", extended_twice, 0)
    yield _figure("breaches_of_import_order", sum(1 for _breach in layers.imports_run_down(house)), 0)
    texts = [file.read_text() for file in house.python_files(TOP)]
    lines = sum(len(text.splitlines()) for text in texts)
    sudo = 1000 * sum(text.count(".sudo()") for text in texts) / max(lines, 1)
    yield _figure("sudo_per_1000_lines_of_models", round(sudo, 1), 12)
    yield _figure("fmt_comments", sum(1 for _breach in layers.formatted_as_it_is(house)), 0)
    longest, where = longest_sql(house)
    yield _figure("longest_raw_sql", longest, 60, unit="lines", note=where)
    for folder in HINTED:
        yield _figure(f"hinted_functions_of_{folder}", _hinted(house, house.python_files(folder)), 0.95, least=True)
    yield _figure("hinted_functions_of_services", _hinted(house, house.services()), 0.95, least=True)
    glossary = house.root / "docs" / "glossary.md"
    rows = [line for line in glossary.read_text().splitlines() if line.startswith("|")] if glossary.exists() else []
    yield _figure("glossary_rows", max(len(rows) - 2, 0), 40)


def _figure(name, value, target, *, unit="", least=False, note=""):
    met = value >= target if least else value <= target
    return figures.Figure(name, value, unit or note, f"{'≥' if least else '≤'} {target}", met)


def _by_model(house: House) -> tuple[dict[str, int], dict[str, set[Path]]]:
    methods: dict[str, int] = defaultdict(int)
    files: dict[str, set[Path]] = defaultdict(set)
    for extension in house.extensions:
        methods[extension.model] += len(extension.methods)
        files[extension.model].add(extension.file)
    return methods, files


def _plain_classes(house: House) -> Iterator[tuple[str, int]]:
    for file in house.python_files():
        for node in house.tree(file).body:
            if isinstance(node, ast.ClassDef) and not any(extension.node is node for extension in house.extensions):
                yield f"{file.stem}.{node.name}", sum(isinstance(item, ast.FunctionDef) for item in node.body)


def largest_knot(house: House, model: str) -> set[Path]:
    """Return the largest set of files of `model` that call each other through `self`, directly or not.

    One file calls another where it reads `self.NAME` and only the other one defines NAME.
    """
    extensions = [extension for extension in house.extensions if extension.model == model]
    defined = defaultdict(set)
    for extension in extensions:
        for method in extension.methods:
            defined[method.name].add(extension.file)
    calls: dict[Path, set[Path]] = defaultdict(set)
    for extension in extensions:
        for name in _asked_of_self(extension):
            if extension.file not in defined[name]:
                calls[extension.file] |= defined[name]
    reached = {extension.file: _reachable(extension.file, calls) for extension in extensions}
    knots = [{other for other in found if file in reached[other]} | {file} for file, found in reached.items()]
    return max(knots, key=len, default=set())


def _asked_of_self(extension: Extension) -> set[str]:
    return {
        node.attr
        for node in ast.walk(extension.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def _reachable(start: Path, calls: dict[Path, set[Path]]) -> set[Path]:
    waiting, seen = [start], set()
    while waiting:
        for other in calls[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def longest_sql(house: House) -> tuple[int, str]:
    """Return (lines, place) of the longest SQL text of models/, wizards/ and report/."""
    longest, where = 0, ""
    for file in house.python_files():
        for node in ast.walk(house.tree(file)):
            if isinstance(node, ast.JoinedStr | ast.Constant) and _SQL.search(_text_of(node)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > longest:
                    longest, where = lines, f"{file.relative_to(house.root)}:{node.lineno}"
    return longest, where


def _text_of(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return " ".join(_text_of(part) for part in node.values if isinstance(part, ast.Constant))


def _hinted(house: House, files: Iterator[Path]) -> float:
    """Return the share of functions whose parameters and result are all annotated."""
    found = [
        _is_hinted(node)
        for file in files
        for node in ast.walk(house.tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return round(sum(found) / len(found), 3) if found else 1.0


def _is_hinted(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    own = function.args
    arguments = [*own.posonlyargs, *own.args, *own.kwonlyargs, *filter(None, (own.vararg, own.kwarg))]
    named = [argument for argument in arguments if argument.arg not in ("self", "cls")]
    returns = function.returns is not None or function.name == "__init__" and bool(named)
    return returns and all(argument.annotation for argument in named)
