"""Removing what killed commands left behind: temporary files, and packs that were never finished."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from shutil import rmtree
from typing import Final

from rtstore.storage.files import is_temporary, refused
from rtstore.storage.packwriter import INCOMING
from rtstore.workspace.remotes import DIRECTORY as REMOTES
from rtstore.workspace.remotes import INCOMING as FETCHED
from rtstore.workspace.remotes import VERIFYING
from rtstore.workspace.workspace import CACHE, PACKS, Workspace

#: Seconds after which a temporary file that may be written without the lock is surely nobody's.
_STALE: Final = 60 * 60
#: The same for what was received from a remote. What a fetch left that was cut off is for the next one to go on with.
_SCRATCH: Final = {FETCHED: 14 * 24 * 60 * 60, VERIFYING: _STALE}


def sweep(workspace: Workspace) -> list[str]:
    """Remove the temporary files of killed commands; return their paths. The lock must be held.

    Raises:
        StorageError: the operating system refused.
    """
    found = leftovers(workspace)
    for path in found:
        workspace.files.remove(path, missing_ok=True)
    scratch = list(_scratch(workspace))
    for path in scratch:
        rmtree(path, ignore_errors=True)  # what is left of it is for the next time
    return [*found, *scratch]


def leftovers(workspace: Workspace) -> list[str]:
    """Return the paths of the temporary files of killed commands, sorted. The lock must be held.

    Raises:
        StorageError: the operating system does not let a directory be looked into.
    """
    return sorted(_leftovers(workspace))


def _leftovers(workspace: Workspace) -> Iterator[str]:
    store = workspace.directory
    for entry in _entries(os.path.join(store, PACKS)):
        if entry.name.startswith(INCOMING):
            yield entry.path
    tracked = workspace.state().tracked
    exclusive = {
        os.path.join(store, "operations"),
        os.path.join(store, REMOTES),
        *(os.path.dirname(workspace.path(name)) for name in tracked),
    }
    # The cache and the configuration are written without the lock.
    shared = {store, os.path.join(store, CACHE)}
    for directory in exclusive | shared:
        for entry in _entries(directory):
            if is_temporary(entry.name) and (directory in exclusive or _is_stale(entry)):
                yield entry.path


def _scratch(workspace: Workspace) -> Iterator[str]:
    """Yield the directories that killed fetches left. Those who use one hold no lock: so only what is old."""
    above = os.path.join(workspace.directory, REMOTES)
    if not os.path.isdir(above):
        return
    with os.scandir(above) as entries:
        for entry in entries:
            ages = [age for beginning, age in _SCRATCH.items() if entry.name.startswith(beginning)]
            if ages and entry.is_dir(follow_symlinks=False):
                below = (os.path.join(path, name) for path, _, names in os.walk(entry.path) for name in names)
                newest = max(map(_modified, below), default=entry.stat(follow_symlinks=False).st_mtime)
                if newest < time.time() - ages[0]:
                    yield entry.path


def _modified(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except FileNotFoundError:  # it is in use, then
        return time.time()


def _entries(directory: str) -> Iterator[os.DirEntry[str]]:
    if not os.path.isdir(directory):
        return
    try:
        with os.scandir(directory) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError as error:
        raise refused(error, "look into", directory) from error


def _is_stale(entry: os.DirEntry[str]) -> bool:
    return entry.stat(follow_symlinks=False).st_mtime < time.time() - _STALE
