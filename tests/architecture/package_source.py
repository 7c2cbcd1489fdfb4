"""The package as source: every module parsed, and what each imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "rtstore"
#: No module: a program that lies in backups, for people who do not have the package.
PROGRAM = ROOT / PACKAGE / "remote" / "recovery" / "restore.py"


class Module(NamedTuple):
    """One module: its dotted name, where it is, and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def layer(self) -> str:
        """The part of the package it belongs to; empty for the package's own front."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


class Import(NamedTuple):
    """One imported module. ``eager``: it happens when the importing module is imported; ``runs``: it happens at all."""

    name: str
    line: int
    eager: bool
    runs: bool


@cache
def modules() -> dict[str, Module]:
    """Return the modules of the package by name."""
    found = {}
    for path in sorted({*(ROOT / PACKAGE).rglob("*.py")} - {PROGRAM}):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return found


def imports(module: Module) -> Iterator[Import]:
    """Yield what a module imports from the package, inside functions and for type checkers too."""
    eager = set(map(id, _eager_statements(module.tree.body)))
    checked = {
        id(below)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and _is_for_type_checkers(node)
        for below in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.path}:{node.lineno}: a relative import"
            names = [_module_of(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE:
                yield Import(name, node.lineno, id(node) in eager, id(node) not in checked)


def _eager_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at import, those below ``if`` and ``try`` too."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and not _is_for_type_checkers(statement):
            yield from _eager_statements(statement.body)
        if isinstance(statement, ast.If | ast.Try):
            yield from _eager_statements(statement.orelse)
        if isinstance(statement, ast.Try):
            yield from _eager_statements(statement.body)


def _is_for_type_checkers(statement: ast.If) -> bool:
    return isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"


def _module_of(package: str, name: str) -> str:
    """Return the module that ``from package import name`` needs."""
    whole = f"{package}.{name}"
    return whole if whole in modules() else package


def where(module: Module, line: int) -> str:
    """Return a place as editors understand it."""
    return f"{module.path.relative_to(ROOT)}:{line}"
