"""Names of datasets: paths inside the workspace, with ``/``, that mean the same on every system."""

from __future__ import annotations

import errno
import os
from typing import Final

from rtstore.errors import WorkspaceError

STORE_DIRECTORY: Final = ".rtstore"
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
_FORBIDDEN: Final = frozenset('<>:"|?*\\')
#: Directories in which a file is a setting, or a program that is run.
_OWNED: Final = {STORE_DIRECTORY: "rtstore", ".git": "git"}


def check_dataset_name(name: str) -> None:
    """Refuse a name that no dataset may have; for names read from a store as well as for those typed.

    Raises:
        WorkspaceError: it could lead out of the workspace, or cannot be a file on some system.
    """
    problem = _problem(name)
    if problem is not None:
        raise WorkspaceError(f"{name!r} cannot be a dataset: {problem}")


def _problem(name: str) -> str | None:
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
        if part.lower() in _OWNED:
            return f"that is where {_OWNED[part.lower()]} keeps its own files"
        if part.split(".")[0].lower() in _RESERVED:
            return f"{part!r} is a device name on Windows"
        if bad := sorted(_FORBIDDEN & set(part)):
            return f"{bad[0]!r} is not allowed in file names on Windows"
        if part.endswith((" ", ".")):
            return f"{part!r} ends with a space or a dot, which Windows does not keep"
    return None


def dataset_name(root: str, path: str) -> str:
    """Return the name of the file at ``path`` in the workspace at ``root``.

    Raises:
        WorkspaceError: it is outside, or a symbolic link leads out, or it cannot be a dataset's name.
    """
    real_root = os.path.realpath(root)
    absolute = os.path.abspath(path)
    parent = os.path.realpath(os.path.dirname(absolute))
    located = os.path.join(parent, os.path.basename(absolute))
    if located == real_root or not _is_inside(real_root, located):
        raise WorkspaceError(
            f"{path} is outside the workspace {root}",
            hint="Move the file below it, or run `rtstore init` there.",
        )
    if os.path.islink(located) and not _is_inside(real_root, os.path.realpath(located)):
        raise WorkspaceError(
            f"{path} is a symbolic link that leads out of the workspace {root}",
            hint="Put a copy of the file into the workspace.",
        )
    name = os.path.relpath(located, real_root).replace(os.sep, "/")
    check_dataset_name(name)
    return name


def _is_inside(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def leads_out(root: str, name: str) -> bool:
    """Tell whether links among the directories of a working file lead out of the workspace, or into its store."""
    above = name.rpartition("/")[0]
    if not above:
        return False
    real_root = os.path.realpath(root)
    located = os.path.realpath(os.path.join(root, *above.split("/")))
    if not _is_inside(real_root, located):
        return True
    return os.path.relpath(located, real_root).split(os.sep)[0].lower() == STORE_DIRECTORY


def check_place(root: str, name: str) -> None:
    """Refuse to put a working file where none can be, or where it would not be in the workspace.

    Raises:
        WorkspaceError: it would be outside, or something above it is no directory, or its name is too long here.
    """
    if {"", ".", ".."} & set(name.split("/")):
        raise WorkspaceError(f"{name} is outside the workspace", hint="A dataset is a file inside of it.")
    if leads_out(root, name):
        raise WorkspaceError(
            f"{name} is outside the workspace: a directory above it is a symbolic link",
            hint="Put a directory in the place of the link, then run the command again.",
        )
    parts = name.split("/")
    for above in ("/".join(parts[:count]) for count in range(1, len(parts))):
        path = os.path.join(root, *above.split("/"))
        if os.path.lexists(path) and not os.path.isdir(path):
            raise WorkspaceError(
                f"{name} cannot be written: {above} is a file, and should be a directory",
                hint=f"Move {above} away, then run the command again.",
            )
    try:
        os.lstat(os.path.join(root, *parts))
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise WorkspaceError(
                f"{name} cannot be written: its name is too long for the file system that the workspace is on",
                hint="Use the workspace on another file system, and give the dataset a shorter name there.",
            ) from error


def find_root(path: str) -> str | None:
    """Return the nearest directory at or above ``path`` that holds a store, or None."""
    directory = os.path.abspath(path)
    while True:
        if os.path.isdir(os.path.join(directory, STORE_DIRECTORY)):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent
