"""Which names datasets, branches and version tags may have: one rule for those typed and those read from a store.

The rules say what is wrong with a name in words that go on after it: "it ...". ``bad_dataset`` and ``bad_ref`` ask
about many names at once, because every command begins by reading all the names there are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from rtstore.model.ids import OBJECT_ID_SIZE

STORE_DIRECTORY: Final = ".rtstore"
#: Directories in which a file is a setting, or a program that is run; also by their short names on Windows.
_OWNED: Final = {STORE_DIRECTORY: "rtstore", "rtstor~1": "rtstore", ".git": "git", "git~1": "git"}
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
_FORBIDDEN_IN_FILES: Final = frozenset('<>:"|?*\\')
#: One of these is in ``/NAME/NAME/...`` wherever a name is refused: each is found faster alone than any by a pattern.
_SUSPECT: Final = (*_FORBIDDEN_IN_FILES, "//", "./", " /", "~1/")
_SUSPECT_PART: Final = re.compile(r"/[.capnl](?:git/|rtstore/|(?:on|rn|ux|ul|om[1-9]|pt[1-9])[/.])")

_FORBIDDEN_IN_REFS: Final = frozenset(" ~^:?*[\\#")
_HEX: Final = frozenset("0123456789abcdef")
_MAX_REF_BYTES: Final = 250
#: Names of branches and tags that need no closer look, each with a line break behind it.
_PLAIN_REFS: Final = re.compile(r"(?:(?!HEAD\n)[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:/[A-Za-z0-9_-]{1,62})?\n)*")


def dataset_problem(name: str) -> str | None:
    """Return why no dataset can have a name; None if one can."""
    parts = name.split("/")
    if not name:
        return "the name is empty"
    if any("\udc80" <= character <= "\udcff" for character in name):
        return "the name is not UTF-8"
    if not name.isprintable():
        return "the name has characters that cannot be seen"
    if "" in parts or "." in parts or ".." in parts:
        return "it must be a plain path inside the workspace"
    for part in parts:
        if owner := owner_of(part):
            return f"that is where {owner} keeps its own files"
        if part.split(".")[0].casefold() in _DEVICES:
            return f"{part!r} is a device name on Windows"
        if bad := sorted(_FORBIDDEN_IN_FILES & set(part)):
            return f"{bad[0]!r} is not allowed in file names on Windows"
        if part.endswith((" ", ".")):
            return f"{part!r} ends with a space or a dot, which Windows does not keep"
    return None


def owner_of(directory: str) -> str | None:
    """Return the program that keeps its own files in directories of this name, if there is one."""
    return _OWNED.get(directory.casefold())


def bad_dataset(names: Collection[str]) -> str | None:
    """Return the first of many names that no dataset can have; None if there is none."""
    joined = f"/{'/'.join(names)}/".casefold() if names else ""
    suspect = any(text in joined for text in _SUSPECT) or _SUSPECT_PART.search(joined) is not None
    if not suspect and all(map(str.isprintable, names)):
        return None
    return next((name for name in names if dataset_problem(name) is not None), None)


def ref_problem(name: str) -> str | None:
    """Return why no branch or version tag can have a name: git's rules, and no ``#``; None if one can."""
    parts = name.split("/")
    if not name:
        return "is empty"
    if not name.isprintable():
        return "contains a character that cannot be seen"
    if bad := sorted(_FORBIDDEN_IN_REFS & set(name)):
        return f"contains {'a space' if bad[0] == ' ' else repr(bad[0])}"
    if sequence := next((text for text in ("..", "@{") if text in name), None):
        return f"contains {sequence!r}"
    if name.startswith("-"):
        return "starts with '-'"
    if "" in parts:
        return "starts or ends with '/', or has two of them together"
    if any(part.startswith(".") for part in parts):
        return "has a part that starts with '.'"
    if name.endswith(".") or any(part.endswith(".lock") for part in parts):
        return "has a part that ends with '.lock', or ends with '.'"
    if name in ("HEAD", "@"):
        return "means the current commit"
    if len(name) == 2 * OBJECT_ID_SIZE and set(name.lower()) <= _HEX:
        return "looks like the id of a commit"
    if len(name.encode()) > _MAX_REF_BYTES:
        return f"is longer than {_MAX_REF_BYTES} bytes"
    return None


def bad_ref(names: Collection[str]) -> str | None:
    """Return the first of many names that no branch or version tag can have; None if there is none."""
    joined = "".join([f"{name}\n" for name in names])
    if joined.count("\n") == len(names) and _PLAIN_REFS.fullmatch(joined):
        return None
    return next((name for name in names if ref_problem(name) is not None), None)
