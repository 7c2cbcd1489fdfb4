"""Verify: everything a backup holds is downloaded and checked, and nothing of it is kept."""

from __future__ import annotations

from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

from msgspec.structs import replace

from rtstore.history.reachable import Reach
from rtstore.model.ids import Kind
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import fetch
from rtstore.workspace.remotes import VERIFYING
from rtstore.workspace.workspace import Workspace


class Verified(NamedTuple):
    """What a backup holds and was found to be sound: parts with their bytes, and what can be had from them.

    ``stray``: parts that no head names, left behind by a push that was interrupted.
    """

    parts: int
    bytes: int
    stray: int
    commits: int
    datasets: int
    entries: int
    number: int
    fingerprint: str


def verify(connection: Connection) -> Verified:
    """Download a backup and check all of it.

    Raises:
        TamperError: it is not what its members wrote, or something is missing.
        UnreachableError, RemoteError, KeyFileError: see ``fetch``.
    """
    scratch = mkdtemp(prefix=VERIFYING, dir=connection.workspace.remotes.directory())
    try:
        return _verify(connection, scratch)
    finally:
        rmtree(scratch, ignore_errors=True)


def _verify(connection: Connection, scratch: str) -> Verified:
    # A store inside of another is no workspace that anybody can open by accident.
    workspace = Workspace(scratch)
    workspace.build()
    remote = replace(connection.remote, commit=None, branches={}, tags={})
    other = Connection(workspace, connection.name, connection.access, remote)
    try:
        fetched = fetch(other)
        reach = Reach(workspace.objects)
        for commit in (*other.remote.branches.values(), *other.remote.tags.values()):
            reach.add_commit(commit)
    finally:
        workspace.objects.close()
    head = other.memory.head
    named = {name for _, name in head.names()} if head is not None else set()
    return Verified(
        fetched.parts,
        fetched.received,
        len(other.memory.files.parts.keys() - named),
        len(reach.ids[Kind.COMMIT]),
        len(reach.ids[Kind.DATASET]),
        len(reach.ids[Kind.RECORD]),
        other.remote.number,
        other.remote.fingerprint,
    )
