"""The page of limits: each number at the top of a module of the product that decides something and says why.

`dev/lint --fix` writes it; `tests/ml/test_limits.py` holds the code against it, so that no limit changes unseen.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .mutation import EFFORT
from .places import REPO

NO_LIMITS = {*EFFORT, "SEED"}
PAGE = Path("docs", "limits.md")
FOLDERS = ("ml", "remote", "models")
_HEAD = """# Limits

The numbers that decide something, with what they are: error levels, tolerances, fewest cases, longest waits. They are
part of what is promised, so whoever changes one changes this page too (`dev/lint --fix` writes it, a test compares).
What an owner may set is on the deployment, not here.
"""
_NUMERIC = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.BinOp, ast.operator, ast.Load),
    *(ast.Call, ast.keyword),  # of `_SPANS` alone
)
_SPANS = {"timedelta", "relativedelta"}


class Limit(NamedTuple):
    """One number, or several that belong together: its name, how it is written, and what it is."""

    name: str
    value: str
    reason: str


def limits_of(source: str) -> list[Limit]:
    """Return the limits of a module, in the order of its text."""
    nodes = _numbers(source)
    if not nodes:
        return []
    beside, above = _comments(source)
    found = (Limit(name, ast.unparse(node.value), _reason(node, beside, above)) for name, node in nodes)
    return [limit for limit in found if limit.reason]


def values_of(source: str) -> dict[str, str]:
    """Return {name: how it is written} of what may be a limit, whatever is said about it."""
    return {name: ast.unparse(node.value) for name, node in _numbers(source)}


def page(root: Path = REPO) -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *_sections(root)])


def _sections(root: Path) -> Iterator[str]:
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            source = file.read_text(encoding="utf-8")
            if limits := limits_of(source):
                title = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
                yield f"## {file.relative_to(root)}\n"
                if title:
                    yield f"{title}\n"
                yield "| limit | value | what it is |\n| --- | --- | --- |"
                yield from (f"| `{one.name}` | `{one.value}` | {one.reason.replace('|', '/')} |" for one in limits)
                yield ""


def _numbers(source: str) -> list[tuple[str, ast.Assign]]:
    assigned = (node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    return [(", ".join(names), node) for node in assigned if _is_limit(names := _names(node.targets[0]), node)]


def _names(target: ast.expr) -> list[str]:
    """Return the one name that is given a value, or those that are given several at once."""
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _is_limit(names: list[str], node: ast.Assign) -> bool:
    if not names or any(not name.isupper() or name.startswith("_") or name in NO_LIMITS for name in names):
        return False
    calls = {id(one.func): ast.unparse(one.func) for one in ast.walk(node.value) if isinstance(one, ast.Call)}
    inside = [one for one in ast.walk(node.value) if id(one) not in calls]
    numbers = [one for one in inside if isinstance(one, ast.Constant) and type(one.value) in (int, float)]
    return bool(numbers) and _SPANS >= set(calls.values()) and all(isinstance(one, _NUMERIC) for one in inside)


def _comments(source: str) -> tuple[dict[int, str], dict[int, str]]:
    """Return {line: text} of the comments beside code, and of those on lines of their own."""
    beside: dict[int, str] = {}
    above: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            places = beside if token.line[: token.start[1]].strip() else above
            places[token.start[0]] = token.string.lstrip("# ")
    return beside, above


def _reason(node: ast.Assign, beside: dict[int, str], above: dict[int, str]) -> str:
    """Return what is said beside it, else right above it."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    if said := [text for line in lines if (text := beside.get(line) or above.get(line))]:
        return " ".join(said)
    line = node.lineno - 1
    while line in above:
        said.insert(0, above[line])
        line -= 1
    return " ".join(said)


if __name__ == "__main__":
    target = REPO / PAGE
    if "--write" in sys.argv:
        target.write_text(page(), encoding="utf-8")
    elif target.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE} is not what the code says; dev/lint --fix writes it.")
