"""Mutants: one small change at a time in the syntax tree of a module, to see whether its tests notice.

Changed are comparisons (turned around), whole numbers and shares (one more, one less, or half as much again), ``and``
and ``or`` (swapped), ``not`` and the minus before a value (left out) and what is returned (None, or the other truth).

Left out, by this rule, is what no test should pin because the result stays the same, or is no result:

* texts: docstrings, what is raised or warned about, ``__repr__`` and ``__str__``, type hints, decorators
* effort: how often or in which portions something is computed (`EFFORT`, ``for _step in range(…)``), by how many and
  how long steps Newton's method comes to the same, seeds
* guards against rounding: numbers below `TINY`, and those within ``max(…, 1)`` and ``round(…)``
* what holds for type checkers only
"""

import ast
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TINY = 1e-5
EFFORT = {
    "CELLS_AT_ONCE",
    "CHUNK",
    "DRAWS",
    "EXACT",
    "FINE",
    "GRID",
    "NEARLY_NORMAL",
    "NODES",
    "NORMAL",
    "PATIENCE",
    "ROUNDS",
    "STEPS",
    "TOGETHER",
    "waited",
}
EFFORT_PASSED = {"seed", "decimals", "steps", "longest"}  # of a draw, of a text, of Newton's method
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_RECORDS = {"models.Model", "models.AbstractModel", "models.TransientModel"}
_TEXTS = {"__repr__", "__str__"}
_ROUNDED = {"max", "min", "round", "clip", "maximum", "minimum"}


class Mutant(NamedTuple):
    """One change: where it is, what was there and what is there instead."""

    file: Path
    line: int
    kind: str
    before: str
    after: str
    number: int  # of the change in its file

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}: {self.kind}: {self.before} -> {self.after}"


class _Change(NamedTuple):
    kind: str
    node: ast.AST
    field: str
    place: int | None  # within a list
    value: object


def mutants_of(file: Path) -> list[Mutant]:
    """Return every mutant of a module, in the order of its text."""
    tree = ast.parse(file.read_text())
    return [
        Mutant(file, getattr(change.node, "lineno", 1), change.kind, *_shown(change), number)
        for number, change in enumerate(_changes(tree))
    ]


def source_of(mutant: Mutant) -> str:
    """Return the text of the module with this one change."""
    tree = ast.parse(mutant.file.read_text())
    change = list(_changes(tree))[mutant.number]
    _apply(change)
    return ast.unparse(ast.fix_missing_locations(tree))


def sample(files: list[Path], size: int, seed: int) -> list[Mutant]:
    """Return a random sample of the mutants of these modules, each as likely as any other."""
    found = [mutant for file in sorted(files) for mutant in mutants_of(file)]
    return sorted(random.Random(seed).sample(found, min(size, len(found))))


def services(folder: Path) -> list[Path]:
    """Return the modules below a folder that define no record of Odoo's: functions and plain classes."""
    return [file for file in sorted(folder.rglob("*.py")) if file.name != "__init__.py" and not _is_record(file)]


def public_names(module: Path) -> list[str]:
    """Return the names of the functions and classes that a module offers to others."""
    defined = (node for node in ast.parse(module.read_text()).body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    return [node.name for node in defined if not node.name.startswith("_")]


def _is_record(file: Path) -> bool:
    bases = (
        ast.unparse(base)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    )
    return any(base in _RECORDS for base in bases)


def _apply(change: _Change) -> None:
    if change.place is None:
        setattr(change.node, change.field, change.value)
    else:
        getattr(change.node, change.field)[change.place] = change.value


def _shown(change: _Change) -> tuple[str, str]:
    node = copy.deepcopy(change.node)
    before = _one_line(node)
    _apply(change._replace(node=node))
    return before, _one_line(node)


def _one_line(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(node)).splitlines()
    return text[0][:80] if text else ""


def _changes(tree: ast.Module) -> Iterator[_Change]:
    yield from _within(tree)


def _within(node: ast.AST) -> Iterator[_Change]:
    if _is_left_out(node):
        return
    yield from _here(node)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "keywords") and _is_text_field(node, field):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from _numbers(node, field, place, child)
                yield from _negations(node, field, place, child)
                yield from _within(child)


def _is_text_field(node: ast.AST, field: str) -> bool:
    return field != "keywords" or isinstance(node, ast.ClassDef)


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.FunctionDef):
        return node.name in _TEXTS
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(name.id in EFFORT for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return False


def _here(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.Compare):
        for place, sign in enumerate(node.ops):
            yield _Change("comparison", node, "ops", place, _TURNED[type(sign)]())
    elif isinstance(node, ast.BoolOp):
        yield _Change("and/or", node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.Return) and node.value is not None:
        told = node.value.value if isinstance(node.value, ast.Constant) else ...
        if told is not None:
            other = not told if isinstance(told, bool) else None
            yield _Change("return value", node, "value", None, ast.Constant(other))


def _negations(node: ast.AST, field: str, place: int | None, child: ast.AST) -> Iterator[_Change]:
    if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not | ast.USub):
        if not (isinstance(child.op, ast.USub) and _is_tiny(child.operand)):
            yield _Change("negation", node, field, place, child.operand)


def _numbers(node: ast.AST, field: str, place: int | None, child: ast.AST) -> Iterator[_Change]:
    if not isinstance(child, ast.Constant) or isinstance(child.value, bool) or _is_tiny(child):
        return
    if isinstance(node, ast.Call) and (_called(node) in _ROUNDED or _is_effort(node)):
        return
    if isinstance(node, ast.keyword) and node.arg in EFFORT_PASSED:
        return
    if isinstance(node, ast.arguments) and _is_seed(node, field, place):
        return
    if isinstance(child.value, int):
        for step in (1, -1):
            yield _Change("constant", node, field, place, ast.Constant(child.value + step))
    elif isinstance(child.value, float):
        other = child.value * 1.5 if child.value else 1.0
        yield _Change("constant", node, field, place, ast.Constant(other))


def _is_tiny(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < abs(node.value) < TINY


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_effort(node: ast.Call) -> bool:
    """``range(30)`` says how often; with more arguments, or another one, it says which."""
    return _called(node) in ("range", "default_rng") and len(node.args) == 1 and isinstance(node.args[0], ast.Constant)


def _is_seed(node: ast.arguments, field: str, place: int | None) -> bool:
    names = [argument.arg for argument in ([*node.posonlyargs, *node.args] if field == "defaults" else node.kwonlyargs)]
    values = node.defaults if field == "defaults" else node.kw_defaults
    return place is not None and names[len(names) - len(values) + place] == "seed"
