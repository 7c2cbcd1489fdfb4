"""The layers of the package: each knows only those above it; only the command line knows the terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from architecture.package_source import PACKAGE, imports, modules, where

#: From the one that knows nothing of the others to the one that knows all. The empty name is the front,
#: ``rtstore`` itself: it names things of the layers before it, and only the command line uses it.
LAYERS = (
    "errors",
    "model",
    "storage",
    "history",
    "formats",
    "compare",
    "workspace",
    "curate",
    "remote",
    "",
    "cli",
    "__main__",
)
MAX_LINES = 450
TERMINAL_AND_ENVIRONMENT = {
    "os": {"environ", "environb", "getenv", "getenvb", "putenv", "isatty", "get_terminal_size"},
    "sys": {"stdin", "stdout", "stderr", "argv", "exit", "__stdin__", "__stdout__", "__stderr__"},
}


def test_every_module_is_in_a_layer() -> None:
    assert {module.layer for module in modules().values()} <= set(LAYERS)


def test_each_layer_imports_only_those_above_it() -> None:
    wrong = [
        f"{where(module, each.line)} imports {each.name}"
        for module in modules().values()
        for each in imports(module)
        if LAYERS.index(_layer(each.name)) > LAYERS.index(module.layer)
        and not (each.name == PACKAGE and module.layer == "")
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not even late, inside of functions; what is only for type checkers does not count."""
    waiting = {
        module.name: {each.name for each in imports(module) if each.runs and each.name != module.name}
        for module in modules().values()
    }
    while free := [name for name, needed in waiting.items() if not needed & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert waiting == {}


def test_only_the_command_line_reads_the_environment_and_the_terminal() -> None:
    wrong = [
        f"{where(module, line)} uses {what}"
        for module in modules().values()
        if module.layer not in ("cli", "__main__")
        for what, line in _outside_world(module.tree)
    ]
    assert wrong == []


def test_no_module_is_too_long() -> None:
    lengths = {name: len(module.path.read_bytes().splitlines()) for name, module in modules().items()}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_every_module_and_everything_public_in_it_has_a_docstring() -> None:
    missing = [
        where(module, getattr(node, "lineno", 1))
        for module in modules().values()
        for node in (module.tree, *_public(module.tree))
        if ast.get_docstring(node) is None
    ]
    assert missing == []


def _layer(name: str) -> str:
    return modules()[name].layer


def _outside_world(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in TERMINAL_AND_ENVIRONMENT.get(node.value.id, ()):
                yield f"{node.value.id}.{node.attr}", node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "isatty":
            yield "isatty", node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in TERMINAL_AND_ENVIRONMENT:
            for alias in node.names:
                if alias.name in TERMINAL_AND_ENVIRONMENT[node.module]:
                    yield f"{node.module}.{alias.name}", node.lineno
        elif isinstance(node, ast.Name) and node.id in ("print", "input"):
            yield node.id, node.lineno


def _public(node: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """Yield what is public. What a protocol asks for is documented there; a setter is its property's."""
    asked_for = _asked_for(node) if isinstance(node, ast.ClassDef) else set()
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef) or child.name.startswith("_"):
            continue
        if isinstance(child, ast.ClassDef):
            yield child
            yield from _public(child)
        elif not _is_setter(child) and child.name not in asked_for:
            yield child


def _is_setter(function: ast.FunctionDef) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "setter" for one in function.decorator_list)


def _asked_for(node: ast.ClassDef) -> set[str]:
    """Return the methods of a class by which it is what protocols of the package ask for."""
    own = _members(node)
    asked = [_members(protocol) for protocol in _protocols() if protocol is not node]
    return set[str]().union(*(names for names in asked if names <= own))


def _members(node: ast.ClassDef) -> set[str]:
    """Return what a class defines by name: methods, and values that may stand for properties."""
    values = {
        target.id
        for child in node.body
        if isinstance(child, ast.Assign | ast.AnnAssign)
        for target in (child.targets if isinstance(child, ast.Assign) else [child.target])
        if isinstance(target, ast.Name)
    }
    return values | {child.name for child in node.body if isinstance(child, ast.FunctionDef)}


@cache
def _protocols() -> tuple[ast.ClassDef, ...]:
    return tuple(
        node
        for module in modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
    )
