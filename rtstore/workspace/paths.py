"""Names of datasets: paths inside the workspace, with ``/``, that mean the same on every system."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from rtstore.errors import WorkspaceError
from rtstore.model.names import STORE_DIRECTORY, dataset_problem, owner_of
from rtstore.storage.files import WINDOWS


def check_dataset_name(name: str) -> None:
    """Refuse a name that no dataset may have; for names read from a store as well as for those typed.

    Raises:
        WorkspaceError: it could lead out of the workspace, or cannot be a file on some system.
    """
    problem = dataset_problem(name)
    if problem is not None:
        raise WorkspaceError(f"{name!r} cannot be a dataset: {problem}")


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
    """Tell whether the directories of a working file lead out of the workspace, or to where a program keeps its own
    files: the store, a git repository.
    """
    above = name.split("/")[:-1]
    if not above:
        return False
    located = os.path.join(root, *above)
    if not WINDOWS and not _has_link(root, above):  # there, junctions lead elsewhere and are no links
        return any(map(owner_of, above)) or ".." in above
    real_root, located = os.path.realpath(root), os.path.realpath(located)
    if not _is_inside(real_root, located):
        return True
    return any(map(owner_of, os.path.relpath(located, real_root).split(os.sep)))


def _has_link(root: str, directories: Sequence[str]) -> bool:
    path = root
    for directory in directories:
        path = f"{path}{os.sep}{directory}"
        if os.path.islink(path):
            return True
    return False


def check_inside(root: str, name: str) -> None:
    """Refuse a working file that is not really in the workspace.

    Raises:
        WorkspaceError: see ``leads_out``.
    """
    if leads_out(root, name):
        raise WorkspaceError(
            f"{name} is outside the workspace: a directory above it is a symbolic link",
            hint="Put a directory in the place of the link, then run the command again.",
        )


def check_place(root: str, name: str) -> None:
    """Refuse to put a working file where none can be, or where it would not be in the workspace.

    Raises:
        WorkspaceError: it would be outside, or something above it is no directory, or its name is too long here.
    """
    if {"", ".", ".."} & set(name.split("/")):
        raise WorkspaceError(f"{name} is outside the workspace", hint="A dataset is a file inside of it.")
    check_inside(root, name)
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
