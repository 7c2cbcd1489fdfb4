"""Push: what a backup lacks is sent to it, the head last."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Final, NamedTuple

from msgspec.structs import replace

from rtstore.errors import NothingToDoError, RemoteError, RemoteMovedError, UsageError
from rtstore.history.ancestry import is_ancestor
from rtstore.history.refs import unknown_name
from rtstore.model.objects import State
from rtstore.remote.files import HEAD
from rtstore.remote.format.head import RECENT, Head, seal_head
from rtstore.remote.git.objects import blob, commit
from rtstore.remote.git.repository import GitObject
from rtstore.remote.keys import age
from rtstore.remote.recovery import plain_files
from rtstore.remote.sending.outgoing import Outgoing, missing_commits
from rtstore.remote.sending.sealing import sealed
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import Moved, fetch, part_name
from rtstore.remote.sync.memory import Memory

#: Bytes of parts in one git commit: a cut connection costs no more.
BATCH: Final = 64 << 20
#: How often a push starts again when somebody else was quicker.
TRIES: Final = 12


class Request(NamedTuple):
    """Branches and version tags that are to be at commits. ``force``: also where that leaves commits behind.

    With ``lease``, forced branches must still be where they were when the remote was last fetched.
    """

    branches: Mapping[str, bytes]
    tags: Mapping[str, bytes]
    force: bool = False


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
    if not (branches or wanted or names):
        if state.branch is None or state.branch not in state.branches:
            where = "HEAD is on no branch" if state.branch is None else f"{state.branch} has no commit yet"
            raise UsageError(f"{where}: what is to be pushed?", hint="Name a branch, or use --all.")
        branches[state.branch] = state.branches[state.branch]
    return Request(branches, wanted, force)


def push(connection: Connection, request: Request) -> Pushed:
    """Send branches and tags to a backup.

    Raises:
        NotForwardError: the remote has commits that a branch here has not.
        UnreachableError, RemoteError, TamperError, KeyFileError: see ``fetch``.
    """
    seen = dict(connection.remote.branches)
    for attempt in range(TRIES):
        fetch(connection)
        _check(connection, request, seen)
        try:
            return _Push(connection, request).run()
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
                hint=f"Merge them first: `rtstore pull {connection.name} {name}`.",
            )
        if seen.get(name) != there:
            raise RemoteError(
                f"branch {name!r} of {connection.name} was pushed to since you last looked: it was not replaced",
                hint=f"See what came: `rtstore log {name}..{connection.name}/{name}`.",
            )
    for name, id in request.tags.items():
        if not request.force and remote.tags.get(name, id) != id:
            raise RemoteError(f"tag {name!r} of {connection.name} is another version there")


class _Push:
    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._keyring = connection.keyring
        self._files = connection.memory.files.copy()
        self._tip = connection.memory.commit
        self._trees = {each.id for each in self._files.trees()} if self._tip else set()
        self._batch: list[GitObject] = []
        self._size = 0
        self._sent = 0

    def run(self) -> Pushed:
        remote, request = self._connection.remote, self._request
        branches = {**remote.branches, **request.branches}
        tags = {**remote.tags, **request.tags}
        if (branches, tags) == (remote.branches, remote.tags) and not remote.key_files:
            return Pushed()
        names, commits = self._send_parts()
        head = self._head(branches, tags, names)
        keys = self._keyring.current
        file = blob(age.encrypt(seal_head(head, keys.head_key), [keys.recipient]))
        self._files.plain[HEAD] = file.id
        self._add(file)
        self._send_batch()
        # At once with the commit: that commit without its head would be taken for one that is known.
        self._know(head, branches, tags)
        return Pushed(_moves(remote.branches, branches), _moves(remote.tags, tags), self._sent, commits)

    def _send_parts(self) -> tuple[list[str], int]:
        """Send the parts the backup lacks, in batches; return their names, and how many commits they bring."""
        remote, request = self._connection.remote, self._request
        workspace = self._connection.workspace
        there = [*remote.branches.values(), *remote.tags.values()]
        wanted = [*request.branches.values(), *request.tags.values()]
        commits = missing_commits(workspace, wanted, there)
        parts = Outgoing(workspace.objects, there).parts(commits)
        keys = self._keyring.current
        names = []
        with closing(
            sealed(
                parts,
                lambda plain: part_name(plain, keys),
                lambda plain: age.encrypt(plain, [keys.recipient]),
                self._files.parts.__contains__,
            )
        ) as finished:
            for part in finished:
                names.append(part.name)
                if part.file is None:
                    continue
                self._files.parts[part.name] = part.file.id
                self._add(part.file)
                if self._size >= BATCH:
                    self._send_batch()
                    self._know_batch()
        return names, len(commits)

    def _add(self, file: GitObject) -> None:
        self._batch.append(file)
        self._size += len(file.data)

    def _head(self, branches: Mapping[str, bytes], tags: Mapping[str, bytes], names: list[str]) -> Head:
        before = self._connection.memory.head
        parts = before.parts if before is not None else ()
        known = {name for _, name in before.names()} if before is not None else set()
        fresh = "".join(name for name in dict.fromkeys(names) if name not in known)
        if fresh:
            number = self._keyring.current.number
            if parts and parts[-1][0] == number:
                parts = (*parts[:-1], (number, parts[-1][1] + fresh))
            else:
                parts = (*parts, (number, fresh))
        return Head(
            backup=self._keyring.backup.hex(),
            number=before.number + 1 if before is not None else 1,
            recent=(before.hash(), *before.recent)[:RECENT] if before is not None else (),
            generation=self._keyring.current.number,
            default=self._default(branches),
            branches={name: id.hex() for name, id in branches.items()},
            tags={name: id.hex() for name, id in tags.items()},
            parts=parts,
        )

    def _default(self, branches: Mapping[str, bytes]) -> str | None:
        """Return the branch that a clone goes to: as before, else the one that is checked out here."""
        current = self._connection.workspace.state().branch
        for name in (self._connection.remote.default, current, "main", *branches):
            if name in branches:
                return name
        return None

    def _send_batch(self) -> None:
        """Send what waits as one git commit."""
        self._add_plain_files()
        trees = [each for each in self._files.trees() if each.id not in self._trees]
        top = self._files.trees()[-1]
        new = commit(top.id, [self._tip] if self._tip is not None else [])
        objects = [*self._batch, *trees, new]
        sent = self._sent
        progress = self._connection.access.progress
        self._connection.repository.push(
            self._connection.remote.branch,
            self._tip,
            new.id,
            objects,
            lambda done, total: progress("sending", sent + done, None if total is None else sent + total),
        )
        self._sent += sum(len(each.data) for each in objects)
        self._tip = new.id
        self._trees.update(each.id for each in trees)
        self._batch, self._size = [], 0

    def _know_batch(self) -> None:
        """Remember what was sent so far: a push that is cut off goes on behind it."""
        memory = self._connection.memory
        self._connection.know_locked(
            replace(self._connection.remote, commit=self._tip),
            Memory(self._tip, self._files.copy(), memory.head, memory.taken),
        )

    def _add_plain_files(self) -> None:
        """Add what anybody can read, and the keys, where they are not what they should be."""
        for name, content in plain_files().items():
            file = blob(content)
            if self._files.plain.get(name) != file.id:
                self._files.plain[name] = file.id
                self._batch.append(file)
        key_files = self._connection.remote.key_files
        if key_files:
            files = {path.removeprefix("keys/"): blob(content) for path, content in key_files.items()}
            if self._files.keys != {name: file.id for name, file in files.items()}:
                self._files.keys = {name: file.id for name, file in files.items()}
                self._batch += files.values()

    def _know(self, head: Head, branches: dict[str, bytes], tags: dict[str, bytes]) -> None:
        connection = self._connection
        known = replace(
            connection.remote,
            number=head.number,
            hash=head.hash(),
            commit=self._tip,
            branches=branches,
            tags=tags,
            default=head.default,
            key_files={},
        )
        memory = Memory(self._tip, self._files.copy(), head, {name for _, name in head.names()})
        connection.know_locked(known, memory)


def _moves(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Moved, ...]:
    return tuple(
        Moved(name, before.get(name), id) for name, id in sorted(after.items()) if before.get(name) != id
    )
