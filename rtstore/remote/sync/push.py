"""Push: what a backup lacks is sent to it, the head last."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from rtstore.errors import RemoteError, RemoteMovedError
from rtstore.history.ancestry import is_ancestor
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.sending.outgoing import Outgoing, missing_commits
from rtstore.remote.sending.recovery import described
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import Moved, fetch, moved
from rtstore.remote.sync.request import Request, check_deletion
from rtstore.remote.sync.write import Writer, next_head, with_parts

#: How often a push starts again when somebody else was quicker.
TRIES: Final = 12


#: Makes the next keyring of a backup's, and the files it is to lie in.
Rekey = Callable[[Keyring], tuple[Keyring, dict[str, bytes]]]


class Pushed(NamedTuple):
    """What a push moved, and the bytes it sent."""

    branches: tuple[Moved, ...] = ()
    tags: tuple[Moved, ...] = ()
    sent: int = 0
    commits: int = 0


def push(connection: Connection, request: Request, rekey: Rekey | None = None) -> Pushed:
    """Send branches and tags to a backup. ``rekey`` makes other keys of the backup's, which lie there afterwards.

    Raises:
        NotForwardError: the remote has commits that a branch here has not.
        UnreachableError, RemoteError, TamperError, KeyFileError: see ``fetch``.
    """
    seen = dict(connection.remote.branches)
    for attempt in range(TRIES):
        fetch(connection)
        _check(connection, request, seen)
        check_deletion(connection, request)
        try:
            return _push(connection, request, rekey)
        except RemoteMovedError:
            if attempt + 1 == TRIES:
                raise
            time.sleep(random.uniform(0, 0.05) * 2 ** min(attempt, 5))
    raise AssertionError("unreachable")


def _check(connection: Connection, request: Request, seen: Mapping[str, bytes]) -> None:
    """Refuse to leave commits of others behind."""
    remote = connection.remote
    for name, id in request.branches.items():
        there = remote.branches.get(name)
        if there is None or is_ancestor(connection.workspace, there, id):
            continue
        if not request.force:
            raise RemoteError(
                f"branch {name!r} of {connection.name} has commits that are not in yours",
                hint=f"Merge them first: `rtstore pull {connection.name} {name}`; --force-with-lease drops them.",
            )
        if seen.get(name) != there:
            raise RemoteError(
                f"branch {name!r} of {connection.name} was pushed to since you last looked: it was not replaced",
                hint=f"See what came: `rtstore log {name}..{connection.name}/{name}`.",
            )
    for name, id in request.tags.items():
        if not request.force and remote.tags.get(name, id) != id:
            raise RemoteError(
                f"tag {name!r} of {connection.name} is another version there",
                hint="--force-with-lease moves it.",
            )


def _without(refs: Mapping[str, bytes], gone: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: id for name, id in refs.items() if name not in gone}


def _push(connection: Connection, request: Request, rekey: Rekey | None) -> Pushed:
    remote, keyring = connection.remote, connection.keyring
    branches = {**_without(remote.branches, request.gone_branches), **request.branches}
    tags = {**_without(remote.tags, request.gone_tags), **request.tags}
    key_files = remote.key_files
    if rekey is not None:
        keyring, key_files = rekey(keyring)
    if (branches, tags) == (remote.branches, remote.tags) and not key_files:
        return Pushed()
    writer = Writer(connection, keyring, key_files)
    there = [*remote.branches.values(), *remote.tags.values()]
    wanted = [*request.branches.values(), *request.tags.values()]
    commits = missing_commits(connection.workspace, wanted, there)
    objects = connection.workspace.objects
    files = described(objects, request.branches.values(), remote.branches.values())
    names = writer.send_parts(Outgoing(objects, there).parts(commits, files))
    before = connection.memory.head
    head = next_head(connection, keyring, branches, tags, with_parts(before, keyring, names))
    writer.finish(head)
    return Pushed(moved(remote.branches, branches), moved(remote.tags, tags), writer.sent, len(commits))
