"""The checkout as the rules read it: its files, their syntax trees, their imports and the models that they extend."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..places import ADDON, REPO

PREFIX = f"odoo.addons.{ADDON}."
MODEL_BASES = {"Model", "AbstractModel", "TransientModel"}
TOP = "models"  # the files that lie in models/ itself, as a package
_BESIDE = {"dev", "tests", "docs", "node_modules"}


class Breach(NamedTuple):
    """One place at which a rule is broken, and the rule's reason."""

    file: Path
    line: int
    text: str


class Extension(NamedTuple):
    """One class that defines or extends a model."""

    model: str
    file: Path
    package: str  # sub-package of models/, `TOP` for models/ itself, otherwise the folder
    node: ast.ClassDef

    @property
    def methods(self) -> list[ast.FunctionDef]:
        return [item for item in self.node.body if isinstance(item, ast.FunctionDef)]


class House:
    """The files of one checkout, each parsed once.

    :param root: its folder
    :param rebuilt: sub-packages of models/ that follow the rules of a record file; None for all of them
    """

    def __init__(self, root: Path = REPO, rebuilt: tuple[str, ...] | None = None):
        self.root = root
        self.rebuilt = tuple(self.packages) if rebuilt is None else rebuilt
        self._trees: dict[Path, ast.Module] = {}

    def python_files(self, folder: str = "") -> Iterator[Path]:
        """Yield the Python files below `folder`; without one, those that are installed with the addon."""
        skipped = set() if folder else _BESIDE
        for file in sorted((self.root / folder).rglob("*.py")):
            parts = file.relative_to(self.root).parts
            if not skipped & set(parts[:1]) and not any(part.startswith(".") for part in parts):
                yield file

    def tree(self, file: Path) -> ast.Module:
        """Return the syntax tree of `file`."""
        if file not in self._trees:
            self._trees[file] = ast.parse(file.read_text(), str(file))
        return self._trees[file]

    def imports(self, file: Path, *, deep: bool, typing: bool = True) -> Iterator[tuple[int, str]]:
        """Yield (line, module) of each import, within functions too if `deep`; those for type checkers if `typing`.

        Modules of the addon come without its prefix: `ml.binning`, `models.documents.crm_lead`.
        """
        package = list(file.relative_to(self.root).with_suffix("").parts)[:-1]
        tree = self.tree(file)
        left_out: set[ast.AST] = set() if typing else _for_type_checkers(tree)
        for node in ast.walk(tree) if deep else module_level(tree):
            if node in left_out:
                continue
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield node.lineno, name.name.removeprefix(PREFIX)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*above, *((node.module or "").split("."))]).strip(".")
                yield node.lineno, base.removeprefix(PREFIX)
                for name in node.names:
                    yield node.lineno, f"{base}.{name.name}".strip(".").removeprefix(PREFIX)

    def package(self, file: Path) -> str:
        """Return the sub-package of models/ that `file` belongs to, `TOP` in models/ itself, else its folder."""
        parts = file.relative_to(self.root).parts
        if parts[0] != TOP:
            return "/".join(parts[:-1])
        return parts[1] if len(parts) > 2 else TOP

    @functools.cached_property
    def packages(self) -> list[str]:
        """The sub-packages of models/ in the order of models/__init__.py, which is the map."""
        start = self.root / TOP / "__init__.py"
        nodes = ast.parse(start.read_text()).body if start.exists() else []
        names = [name.name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names]
        return [name for name in names if (self.root / TOP / name).is_dir()]

    @functools.cached_property
    def extensions(self) -> list[Extension]:
        """Every class of the addon that defines or extends a model."""
        return [
            Extension(model, file, self.package(file), node)
            for file in self.python_files()
            for node in self.tree(file).body
            if isinstance(node, ast.ClassDef) and (model := model_of(node))
        ]

    def services(self) -> Iterator[Path]:
        """Yield the files in a sub-package of models/ that define or extend no model."""
        records = {extension.file for extension in self.extensions}
        for file in self.python_files(TOP):
            if self.package(file) != TOP and file.name != "__init__.py" and file not in records:
                yield file


def model_of(node: ast.ClassDef) -> str:
    """Return the model that a class defines or extends, or an empty string."""
    if not any(getattr(base, "attr", getattr(base, "id", "")) in MODEL_BASES for base in node.bases):
        return ""
    told = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            if item.targets[0].id in ("_name", "_inherit"):
                told[item.targets[0].id] = ast.literal_eval(item.value)
    inherited = told.get("_inherit", "")
    if "_name" in told:
        return told["_name"]
    return inherited if isinstance(inherited, str) else inherited[0]


def module_level(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_type_checkers(child):
            continue
        yield child
        yield from module_level(child)


def _for_type_checkers(tree: ast.Module) -> set[ast.AST]:
    return {node for block in ast.walk(tree) if _is_for_type_checkers(block) for node in ast.walk(block)}


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
