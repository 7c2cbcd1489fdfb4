"""Clone: a workspace made from a backup."""

from __future__ import annotations

import os
from contextlib import suppress
from shutil import rmtree
from typing import Final, NamedTuple

from msgspec.structs import replace

from rtstore.errors import RemoteError, StorageError, UnreachableError, UsageError, WorkspaceError
from rtstore.model.names import STORE_DIRECTORY
from rtstore.remote.access import Access
from rtstore.remote.files import NotABackupError
from rtstore.remote.git.address import from_anywhere
from rtstore.remote.setup import backup_branch, check_branch, no_backup
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import Fetched, fetch
from rtstore.storage.files import Files
from rtstore.workspace.paths import find_root
from rtstore.workspace.remotes import INCOMING, Remote
from rtstore.workspace.switch import switch
from rtstore.workspace.workspace import Workspace

#: What the remote is called that a workspace was cloned from.
NAME = "backup"
#: The directory in which a clone whose connection broke leaves what it has received, for the next one.
LEFT: Final = ".rtstore-cut"


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

    ``branch``: that of the git repository which holds the backup. On any error nothing is left of it; but where the
    connection breaks, what was received stays in ``LEFT`` at ``path``, and the next clone to there goes on with it.

    Raises:
        UsageError: there is something at ``path``.
        WorkspaceError: it is inside of another workspace.
        UnreachableError, RemoteError: the remote cannot be reached, or holds no backup.
        TamperError: it has another fingerprint than ``fingerprint``, or is not what its members wrote.
        KeyFileError: no key at hand opens it.
    """
    address = from_anywhere(address)
    there = os.path.lexists(path)
    if there and (not os.path.isdir(path) or set(os.listdir(path)) - {LEFT}):
        raise UsageError(f"{path} is there already, and not empty", hint=_other_place(path))
    above = find_root(path)
    if above is not None:
        raise WorkspaceError(
            f"{os.path.abspath(path)} is inside the workspace {above}",
            hint="Clone to a directory outside of it: `rtstore clone URL DIR`.",
        )
    workspace = Workspace.create(path, files)
    try:
        _take_up(workspace)
        return _clone(workspace, address, access, branch, fingerprint)
    except BaseException as error:
        workspace.objects.close()
        left = isinstance(error, UnreachableError) and _lay_aside(workspace)
        _clear(path, there or left, LEFT if left else "")
        if left:
            hint = f"Run the command again: it goes on with what is in {os.path.join(path, LEFT)}."
            raise UnreachableError(str(error), hint=hint) from error
        raise


def _clone(
    workspace: Workspace, address: str, access: Access, branch: str | None, fingerprint: str | None
) -> Cloned:
    remote = Remote(address=address, branch=branch or "", fingerprint=fingerprint or "")
    connection = Connection(workspace, NAME, access, remote)
    found = connection.repository.branches() if branch is None else None
    if found is not None:
        connection.remote = replace(remote, branch=backup_branch(found))
    with workspace.objects.believing():
        try:
            fetched = fetch(connection)
        except NotABackupError as error:
            raise error if found is None else no_backup(found) from error
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


def _take_up(workspace: Workspace) -> None:
    """Bring what a clone left whose connection broke to where a fetch looks for it."""
    left = os.path.join(workspace.root, LEFT)
    if os.path.isdir(left):
        _move_transfers(workspace, left, workspace.remotes.directory())
        rmtree(left, ignore_errors=True)


def _lay_aside(workspace: Workspace) -> bool:
    """Bring what was received to where the next clone looks for it; return whether there was anything."""
    left = os.path.join(workspace.root, LEFT)
    try:
        workspace.files.make_directory(left)
        return _move_transfers(workspace, workspace.remotes.directory(), left)
    except (StorageError, OSError):  # the error that led here is the one to tell
        return False


def _move_transfers(workspace: Workspace, source: str, target: str) -> bool:
    names = [name for name in os.listdir(source) if name.startswith(INCOMING)]
    for name in names:
        workspace.files.replace(os.path.join(source, name), os.path.join(target, name))
    return bool(names)


def _clear(path: str, keep: bool, left: str) -> None:
    """Remove what was made at a path, but for ``left``; ``keep``: the directory itself stays, too."""
    # The error that led here is the one to tell.
    if not keep:
        rmtree(path, ignore_errors=True)
        return
    for entry in os.scandir(path):
        if entry.name == left:
            continue
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(entry.path)


def _check_out(workspace: Workspace, branch: str) -> None:
    """Go to a branch of the backup."""
    switch(workspace, branch, create=True, start=f"{NAME}/{branch}")
