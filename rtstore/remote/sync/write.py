"""Writing to a backup: parts in batches, each one git commit; then the head, by which they count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Final

from msgspec.structs import replace

from rtstore.remote.files import HEAD
from rtstore.remote.format.head import NAME_SIZE, RECENT, Head, seal_head
from rtstore.remote.git.objects import blob, commit
from rtstore.remote.git.repository import GitObject
from rtstore.remote.keys import age
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.recovery import plain_files
from rtstore.remote.sending.sealing import sealed
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import part_name
from rtstore.remote.sync.memory import Memory

#: Bytes of parts in one git commit: a cut connection costs no more.
BATCH: Final = 64 << 20

Parts = tuple[tuple[int, str], ...]


class Writer:
    """Writes to the branch of a connection, on top of what is known of it. ``sent``: bytes so far.

    ``key_files``: the files that the backup's keys are to lie in; none: they stay as they are.
    """

    def __init__(self, connection: Connection, keyring: Keyring, key_files: Mapping[str, bytes]) -> None:
        self.sent = 0
        self._connection = connection
        self._keyring = keyring
        self._key_files = {path.removeprefix("keys/"): data for path, data in key_files.items()}
        self._files = connection.memory.files.copy()
        self._tip = connection.memory.commit
        self._trees = {each.id for each in self._files.trees()} if self._tip is not None else set()
        self._batch: list[GitObject] = []
        self._size = 0

    def send_parts(self, parts: Iterable[bytes]) -> list[str]:
        """Encrypt parts and send them, but for those that lie there already; return the names of all."""
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
                if part.file is not None:
                    self._files.parts[part.name] = part.file.id
                    self._add(part.file)
                if self._size >= BATCH:
                    self._send_batch()
        return names

    def flush(self) -> None:
        """Send what waits, so that what follows is small."""
        if self._batch:
            self._send_batch()

    def finish(self, head: Head, only: Iterable[str] | None = None, root: bool = False) -> None:
        """Send what waits with a head, which makes it count, and remember that.

        ``only``: the parts that stay. ``root``: the git history ends here; a server may refuse that.
        """
        keys = self._keyring.current
        file = blob(age.encrypt(seal_head(head, keys.head_key), [keys.recipient]))
        self._files.plain[HEAD] = file.id
        self._add(file)
        if self._key_files:
            self._put_keys()
        if only is not None:
            self._files.parts = {name: self._files.parts[name] for name in only}
        self._commit(root)
        # All at once: a commit with a head that is not remembered would be taken for one that is known.
        self._know(head)

    def _add(self, file: GitObject) -> None:
        self._batch.append(file)
        self._size += len(file.data)

    def _put_keys(self) -> None:
        """Put the backup's keys there. Only with the head: the two must fit."""
        files = {name: blob(content) for name, content in self._key_files.items()}
        self._files.keys = {name: file.id for name, file in files.items()}
        self._batch += files.values()

    def _send_batch(self) -> None:
        """Send what waits, and remember that: a push that is cut off goes on behind it."""
        if not self._files.keys:
            self._put_keys()
        self._commit()
        memory = self._connection.memory
        self._connection.know_locked(
            replace(self._connection.remote, commit=self._tip),
            replace(memory, commit=self._tip, files=self._files.copy()),
        )

    def _commit(self, root: bool = False) -> None:
        """Send what waits as one git commit."""
        for name, content in plain_files().items():
            file = blob(content)
            if self._files.plain.get(name) != file.id:
                self._files.plain[name] = file.id
                self._batch.append(file)
        every = self._files.trees()
        new = commit(every[-1].id, [] if root or self._tip is None else [self._tip])
        objects = [*self._batch, *(each for each in every if each.id not in self._trees), new]
        self._send(new.id, objects)
        self._trees.update(each.id for each in every)
        self._batch, self._size = [], 0

    def _send(self, new: str, objects: Sequence[GitObject]) -> None:
        connection, sent = self._connection, self.sent
        progress = connection.access.progress
        connection.repository.push(
            connection.remote.branch,
            self._tip,
            new,
            objects,
            lambda done, total: progress("sending", sent + done, None if total is None else sent + total),
        )
        self.sent += sum(len(each.data) for each in objects)
        self._tip = new

    def _know(self, head: Head) -> None:
        remote = replace(
            self._connection.remote,
            number=head.number,
            hash=head.hash(),
            commit=self._tip,
            branches={name: bytes.fromhex(id) for name, id in head.branches.items()},
            tags={name: bytes.fromhex(id) for name, id in head.tags.items()},
            default=head.default,
            key_files={},
        )
        taken = {name for _, name in head.names()}
        memory = Memory(self._tip, self._files.copy(), head, taken)
        self._connection.know_locked(remote, memory, self._keyring)


def next_head(
    connection: Connection,
    keyring: Keyring,
    branches: Mapping[str, bytes],
    tags: Mapping[str, bytes],
    parts: Parts,
) -> Head:
    """Return the head that comes after the one last seen."""
    before = connection.memory.head
    return Head(
        backup=keyring.backup.hex(),
        number=before.number + 1 if before is not None else 1,
        recent=(before.hash(), *before.recent)[:RECENT] if before is not None else (),
        generation=keyring.current.number,
        default=_default(connection, branches),
        branches={name: id.hex() for name, id in branches.items()},
        tags={name: id.hex() for name, id in tags.items()},
        parts=parts,
    )


def with_parts(before: Head | None, keyring: Keyring, names: Iterable[str]) -> Parts:
    """Return the parts of a head, with those of the one before it."""
    parts = before.parts if before is not None else ()
    known = {name for _, name in before.names()} if before is not None else set()
    fresh = "".join(name for name in dict.fromkeys(names) if name not in known)
    assert len(fresh) % (2 * NAME_SIZE) == 0
    number = keyring.current.number
    if not fresh:
        return parts
    if parts and parts[-1][0] == number:
        return (*parts[:-1], (number, parts[-1][1] + fresh))
    return (*parts, (number, fresh))


def _default(connection: Connection, branches: Mapping[str, bytes]) -> str | None:
    """Return the branch that a clone goes to: as before, else the one that is checked out here."""
    current = connection.workspace.state().branch
    for name in (connection.remote.default, current, "main", *branches):
        if name in branches:
            return name
    return None
