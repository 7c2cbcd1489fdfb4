"""Clone: a workspace made from a backup."""

from __future__ import annotations

import os
from contextlib import suppress
from shutil import rmtree
from typing import NamedTuple

from msgspec.structs import replace

from rtstore.errors import RemoteError, UsageError
from rtstore.model.names import STORE_DIRECTORY
from rtstore.remote.access import Access
from rtstore.remote.git.address import from_anywhere
from rtstore.remote.setup import backup_branch, check_branch
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import Fetched, fetch
from rtstore.storage.files import Files
from rtstore.workspace.remotes import Remote
from rtstore.workspace.switch import switch
from rtstore.workspace.workspace import Workspace

#: What the remote is called that a workspace was cloned from.
NAME = "backup"


class Cloned(NamedTuple):
    """A workspace that was made: the branch it is on (None: the backup has none yet), and what was fetched."""

    workspace: Workspace
    branch: str | None
    fingerprint: str
    fetched: Fetched


def clone(
    address: str,
    path: str,
    access: Access,
    branch: str | None = None,
    fingerprint: str | None = None,
    files: Files | None = None,
) -> Cloned:
    """Make a workspace at ``path`` from a backup, with the files of the branch that its pushers were on.

    ``branch``: that of the git repository which holds the backup. On any error nothing is left of it.

    Raises:
        UsageError: there is something at ``path``.
        UnreachableError, RemoteError: the remote cannot be reached, or holds no backup.
        TamperError: it has another fingerprint than ``fingerprint``, or is not what its members wrote.
        KeyFileError: no key at hand opens it.
    """
    address = from_anywhere(address)
    there = os.path.lexists(path)
    if there and (not os.path.isdir(path) or os.listdir(path)):
        raise UsageError(f"{path} is there already, and not empty", hint=_other_place(path))
    workspace = Workspace.create(path, files)
    try:
        return _clone(workspace, address, access, branch, fingerprint)
    except BaseException:
        workspace.objects.close()
        _clear(path, there)
        raise


def _clone(
    workspace: Workspace, address: str, access: Access, branch: str | None, fingerprint: str | None
) -> Cloned:
    remote = Remote(address=address, branch=branch or "", fingerprint=fingerprint or "")
    connection = Connection(workspace, NAME, access, remote)
    if branch is None:
        name = backup_branch(connection.repository, workspace.remotes.directory())
        connection.remote = replace(remote, branch=name)
    with workspace.objects.believing():
        fetched = fetch(connection)
        if not connection.remote.number:
            check_branch(connection.repository, connection.remote.branch)
            raise RemoteError(
                "that backup is empty: nothing was pushed to it, or the first push was interrupted",
                hint="Push from where it was begun.",
            )
        current = connection.remote.default
        if current is not None:
            _check_out(workspace, current)
    return Cloned(workspace, current, connection.remote.fingerprint, fetched)


def _other_place(path: str) -> str:
    if os.path.isdir(path) and os.listdir(path) == [STORE_DIRECTORY]:
        return f"A clone that was killed leaves {STORE_DIRECTORY} behind: then remove {path} first."
    return "Name a directory that is not there yet."


def _clear(path: str, keep: bool) -> None:
    """Remove what was made at a path; ``keep``: not the directory itself, which was there and empty."""
    # The error that led here is the one to tell.
    if not keep:
        rmtree(path, ignore_errors=True)
        return
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(entry.path)


def _check_out(workspace: Workspace, branch: str) -> None:
    """Go to a branch of the backup."""
    switch(workspace, branch, create=True, start=f"{NAME}/{branch}")
