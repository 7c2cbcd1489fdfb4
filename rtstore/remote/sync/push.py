"""Push: what a backup lacks is sent to it, the head last."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from rtstore.errors import NothingToDoError, RemoteError, RemoteMovedError, UsageError
from rtstore.history.ancestry import is_ancestor
from rtstore.history.refs import unknown_name
from rtstore.model.objects import State
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.sending.outgoing import Outgoing, missing_commits
from rtstore.remote.sending.recovery import described
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import Moved, fetch, moved
from rtstore.remote.sync.write import Writer, next_head, with_parts

#: How often a push starts again when somebody else was quicker.
TRIES: Final = 12


class Request(NamedTuple):
    """Branches and version tags that are to be at commits. ``force``: also where that leaves commits behind.

    With ``lease``, forced branches must still be where they were when the remote was last fetched.
    """

    branches: Mapping[str, bytes]
    tags: Mapping[str, bytes]
    force: bool = False


#: Makes the next keyring of a backup's, and the files it is to lie in.
Rekey = Callable[[Keyring], tuple[Keyring, dict[str, bytes]]]


class Pushed(NamedTuple):
    """What a push moved, and the bytes it sent."""

    branches: tuple[Moved, ...] = ()
    tags: tuple[Moved, ...] = ()
    sent: int = 0
    commits: int = 0


def request(state: State, names: Sequence[str], all: bool, tags: bool, force: bool) -> Request:
    """Return what is to be pushed: branches and version tags by name, or all branches, or that of HEAD.

    Raises:
        RevisionError: there is no such branch or tag.
        NothingToDoError: there is no commit yet.
    """
    if not state.branches and not state.tags:
        raise NothingToDoError("there is nothing to push: no commit yet", hint="Make one: `rtstore commit`.")
    branches = dict(state.branches) if all else {}
    wanted = dict(state.tags) if tags else {}
    for name in names:
        if name in state.branches:
            branches[name] = state.branches[name]
        elif name in state.tags:
            wanted[name] = state.tags[name]
        else:
            raise unknown_name("branch", name, {*state.branches, *state.tags})
    if not names and not all:
        if state.branch is None or state.branch not in state.branches:
            where = "HEAD is on no branch" if state.branch is None else f"{state.branch} has no commit yet"
            raise UsageError(f"{where}: what is to be pushed?", hint="Name a branch, or use --all.")
        branches[state.branch] = state.branches[state.branch]
    return Request(branches, wanted, force)


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


def _push(connection: Connection, request: Request, rekey: Rekey | None) -> Pushed:
    remote, keyring = connection.remote, connection.keyring
    branches = {**remote.branches, **request.branches}
    tags = {**remote.tags, **request.tags}
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
