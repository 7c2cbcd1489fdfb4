"""The store as a Python program uses it: one object, with the names the command line has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rtstore.curate.store import Curation
from rtstore.remote.remotes import Remotes
from rtstore.storage.files import Files
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.remote.access import Access

__all__ = ["Store", "clone", "init", "open"]


class Store(Curation, Remotes):
    """A workspace with its store. ``root`` is its directory; get one from ``rtstore.open``, ``init`` or ``clone``."""


def open(
    path: str | os.PathLike[str] = ".", user_config: str | None = None, files: Files | None = None
) -> Store:
    """Open the workspace that ``path`` is in.

    ``user_config`` is the directory of the user's own configuration, if it is to be read; this machine's key for
    backups is there, too.

    Raises:
        WorkspaceError: ``path`` is in no workspace.
        FormatVersionError: the store was written by a newer rtstore.
    """
    return Store(Workspace.open(os.fspath(path), files), user_config)


def init(
    path: str | os.PathLike[str] = ".", user_config: str | None = None, files: Files | None = None
) -> Store:
    """Make a directory a workspace, creating it if need be.

    Raises:
        WorkspaceError: it is in a workspace already.
    """
    return Store(Workspace.create(os.fspath(path), files), user_config)


def clone(
    address: str,
    path: str | os.PathLike[str],
    user_config: str | None = None,
    *,
    branch: str | None = None,
    fingerprint: str | None = None,
    access: Access | None = None,
    files: Files | None = None,
) -> Store:
    """Make a workspace from an encrypted backup.

    ``user_config``: as for ``open``; without it this machine's key is not at hand, and ``access`` must have another.
    ``branch``: that of the git repository which the backup is in, found out where it is not given. ``fingerprint``:
    the backup must have it; without one, whoever can write to the repository could have put another backup there.

    Raises:
        UsageError: there is something at ``path``.
        UnreachableError, RemoteError: the remote cannot be reached, or holds no backup.
        TamperError: it is not what its members wrote, or has another fingerprint.
        KeyFileError: no key at hand opens it.
    """
    from rtstore.remote import clone as cloning
    from rtstore.remote.access import Access

    access = access or Access(user_config)
    made = cloning.clone(address, os.fspath(path), access, branch, fingerprint, files)
    return Store(made.workspace, user_config)
