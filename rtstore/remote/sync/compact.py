"""Compact: a backup is written anew in as few and full parts as it can have, and without its git history."""

from __future__ import annotations

import time
from typing import NamedTuple

from rtstore.errors import NothingToDoError, RemoteError, RemoteMovedError, UnreachableError
from rtstore.remote.format.head import Head
from rtstore.remote.sending.outgoing import Outgoing, missing_commits
from rtstore.remote.sending.recovery import described
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import fetch
from rtstore.remote.sync.push import TRIES
from rtstore.remote.sync.write import Writer, next_head, with_parts


class Compacted(NamedTuple):
    """Parts before and after, bytes that were sent, and whether the git history could be left behind.

    Where it could not (the server refuses to), what was dropped still lies in it.
    """

    before: int
    after: int
    sent: int
    without_history: bool


def compact(connection: Connection) -> Compacted:
    """Write a backup anew: all that its branches and version tags reach, under its newest keys.

    Nobody else's push is lost: where one comes meanwhile, it is begun again.

    Raises:
        NothingToDoError: nothing was pushed yet.
        UnreachableError, RemoteError, TamperError, KeyFileError: see ``fetch``.
    """
    for attempt in range(TRIES):
        fetch(connection)
        if not connection.remote.number:
            raise NothingToDoError("nothing was pushed to this backup yet")
        try:
            return _compact(connection)
        except RemoteMovedError:
            if attempt + 1 == TRIES:
                raise
            time.sleep(0.05 * 2**attempt)
    raise AssertionError("unreachable")


def _compact(connection: Connection) -> Compacted:
    remote, keyring = connection.remote, connection.keyring
    before = connection.memory.head
    writer = Writer(connection, keyring, {})
    commits = missing_commits(connection.workspace, [*remote.branches.values(), *remote.tags.values()], [])
    objects = connection.workspace.objects
    files = described(objects, remote.branches.values(), ())
    names = writer.send_parts(Outgoing(objects, ()).parts(commits, files))
    writer.flush()  # not with the head, which a server may refuse: then all of it would be sent twice
    head = next_head(connection, keyring, remote.branches, remote.tags, with_parts(None, keyring, names))
    without_history = _finish(writer, head)
    return Compacted(
        len(before.names()) if before is not None else 0, len(head.names()), writer.sent, without_history
    )


def _finish(writer: Writer, head: Head) -> bool:
    """Send the head; return whether the git history could be left behind."""
    names = [name for _, name in head.names()]
    try:
        writer.finish(head, names, root=True)
    except (RemoteMovedError, UnreachableError):
        raise
    except RemoteError:  # a server that only lets branches move on
        writer.finish(head, names)
        return False
    return True
