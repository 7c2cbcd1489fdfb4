"""Fetch: what others pushed comes into the store. Working files and branches stay as they are."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from typing import Final, NamedTuple

from msgspec.structs import replace

from rtstore.errors import KeyFileError, TamperError
from rtstore.model.ids import Kind
from rtstore.remote.files import HEAD, BackupFiles, read_files
from rtstore.remote.format.head import MAX_HEAD, NAME_SIZE, Head, unseal_head
from rtstore.remote.format.part import MAX_PART, Opened, open_part
from rtstore.remote.git.repository import GitObjects
from rtstore.remote.keys import age
from rtstore.remote.keys.generation import Generation
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.receiving.incoming import Incoming, IncompleteError
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.memory import Memory
from rtstore.remote.sync.transfer import receiving
from rtstore.storage.transaction import Transaction
from rtstore.workspace.operate import writing

#: Bytes of parts that are stored at a time: an interrupted fetch goes on behind them.
BATCH: Final = 64 << 20
#: Parts that are decrypted ahead.
_AHEAD: Final = 3
#: What encryption adds to a part, at most.
_OVERHEAD: Final = (MAX_PART >> 8) + (64 << 10)


class Moved(NamedTuple):
    """A branch or version tag of a remote, and the commits it was and is at (None: it was, or is, not there)."""

    name: str
    before: bytes | None
    after: bytes | None


class Fetched(NamedTuple):
    """What a fetch brought: what moved, the bytes of the parts that were read, and how many of them."""

    branches: tuple[Moved, ...] = ()
    tags: tuple[Moved, ...] = ()
    received: int = 0
    parts: int = 0


def fetch(connection: Connection) -> Fetched:
    """Bring what the remote has into the store, and remember where its branches are.

    Raises:
        UnreachableError, RemoteError: the remote cannot be reached, or holds something else than a backup.
        TamperError: it is not what the members wrote.
        KeyFileError: no key at hand opens it.
    """
    while (fetched := _fetch(connection)) is None:
        pass
    return fetched


def _fetch(connection: Connection) -> Fetched | None:
    """Fetch; None: to be tried again, with what the connection knows now."""
    tip = connection.tip()
    if tip is None:
        if connection.memory.commit is not None:  # what an interrupted first push had sent is gone
            connection.know_locked(replace(connection.remote, commit=None), Memory())
        return Fetched()
    if tip == connection.memory.commit:
        return Fetched()
    known = connection.memory.commit
    progress = connection.access.progress
    with receiving(
        connection.repository,
        connection.remote.address,
        tip,
        known,
        connection.workspace.remotes.directory(),
        lambda done, total: progress("receiving", done, total),
    ) as objects:
        files = read_files(objects, tip, connection.memory.files)
        if HEAD not in files.plain:
            return _without_head(connection, tip, files)
        keyring = connection.read_keys(objects, files.keys)
        head = connection.memory.head
        if head is None or files.plain[HEAD] != connection.memory.files.plain.get(HEAD):
            head = _read_head(connection, objects, files, keyring)
        check_parts(head, files, connection.memory.files)
        with writing(connection.workspace):
            if connection.refresh():
                return None  # another process has fetched or pushed: the tip may be older than what it saw
            check_head(connection, head, keyring)
            try:
                return _Import(connection, objects, tip, files, head, keyring).run()
            except IncompleteError:
                # What was taken once may have been collected since, where a branch left it behind and came back.
                if not connection.memory.taken:
                    raise
                connection.forget_files()
                return None


def _read_head(connection: Connection, objects: GitObjects, files: BackupFiles, keyring: Keyring) -> Head:
    try:
        return read_head(objects, files, keyring)
    except TamperError as error:
        if connection.not_opened is None:
            raise
        raise KeyFileError(
            "the members of the backup have changed, and with them its keys, which no key at hand opens",
            hint=connection.not_opened.hint,
        ) from error


def read_head(objects: GitObjects, files: BackupFiles, keyring: Keyring) -> Head:
    """Return the head of a backup, decrypted and authenticated.

    Raises:
        TamperError: no member with the newest keys wrote it.
    """
    data = objects.read("blob", files.plain[HEAD], MAX_HEAD)
    plain = _decrypted(data, keyring.current, HEAD)
    head = unseal_head(plain, keyring.current.head_key)
    if head.backup != keyring.backup.hex() or head.generation != keyring.current.number:
        raise TamperError(
            "the head on the remote is that of another backup, or made with keys that were replaced"
        )
    return head


def check_parts(head: Head | None, files: BackupFiles, known: BackupFiles) -> None:
    """See that all parts are there, those too that need not be read, and are what they were where they are ``known``.

    Raises:
        TamperError: one is missing, or was exchanged.
    """
    for _, name in head.names() if head is not None else ():
        if name not in files.parts:
            raise _missing(name)
    for name, id in known.parts.items():
        if files.parts.get(name, id) != id:
            raise TamperError(
                f"part {name[:12]} of the backup is not what it was before: it has been altered or exchanged",
                hint="Nothing was stored. Somebody who can write to the remote has done it.",
            )


def _missing(name: str) -> TamperError:
    return TamperError(
        f"the backup is incomplete: part {name[:12]} is missing on the remote",
        hint="Nothing was stored. Somebody who can write to the remote has removed it.",
    )


def check_head(connection: Connection, head: Head, keyring: Keyring) -> None:
    """Refuse a head that does not come after the one seen last.

    Raises:
        TamperError: it is older, or of another history.
    """
    remote = connection.remote
    if not remote.number or head.is_after(remote.number, remote.hash) is not False:
        return
    if head.number < remote.number:
        what = f"it is at push {head.number}, and was at push {remote.number} before"
    else:
        what = f"what it was at push {remote.number} is not what was seen here"
    raise TamperError(
        f"the remote was rolled back or replaced: {what}",
        hint="Your store is unchanged. If somebody restored the server from an older copy, remove the remote where the "
        "store knows most, add it again, and push.",
    )


class _Part(NamedTuple):
    """A part that was read: its groups, and its size on the remote."""

    groups: list[Opened]
    size: int


def read_part(objects: GitObjects, files: BackupFiles, name: str, generation: Generation) -> _Part:
    """Return a part, decrypted, authenticated and decompressed.

    Raises:
        TamperError: it is missing, or not what a member wrote.
    """
    id = files.parts.get(name)
    if id is None:
        raise _missing(name)
    data = objects.read("blob", id, MAX_PART + _OVERHEAD)
    plain = _decrypted(data, generation, f"part {name[:12]}")
    if not hmac.compare_digest(part_name(plain, generation), name):
        raise TamperError(
            f"part {name[:12]} of the backup is not what a member wrote",
            hint="Nothing of it was stored. Somebody who can write to the remote has put it there.",
        )
    return _Part(open_part(plain), len(data))


def _decrypted(data: bytes, generation: Generation, name: str) -> bytes:
    """Return what a member encrypted with these keys of the backup."""
    try:
        return age.decrypt(data, [generation.identity], name)
    except KeyFileError as error:
        raise TamperError(
            f"{name} of the backup is not encrypted to the backup's keys",
            hint="Nothing was stored. Somebody who can write to the remote has altered it.",
        ) from error


def part_name(plain: bytes, generation: Generation) -> str:
    """Return the name of a part: what it must be for, under the members' key, these bytes."""
    return hmac.digest(generation.part_key, plain, sha256)[:NAME_SIZE].hex()


def _without_head(connection: Connection, tip: str, files: BackupFiles) -> Fetched:
    """The first push of a backup was interrupted, or is going on."""
    if connection.remote.number:
        raise TamperError("the backup on the remote has lost its head")
    check_parts(None, files, connection.memory.files)
    if not connection.is_new:
        connection.know_locked(replace(connection.remote, commit=tip), Memory(tip, files))
    return Fetched()


class _Import:
    def __init__(
        self,
        connection: Connection,
        objects: GitObjects,
        tip: str,
        files: BackupFiles,
        head: Head,
        keyring: Keyring,
    ) -> None:
        self._connection = connection
        self._workspace = connection.workspace
        self._objects = objects
        self._tip = tip
        self._files = files
        self._head = head
        self._keyring = keyring
        self._incoming = Incoming(self._workspace.objects)
        self._received = 0

    def run(self) -> Fetched:
        taken = self._connection.memory.taken
        new = [(number, name) for number, name in self._head.names() if name not in taken]
        self._take(new)
        refs = [*self._head.branches.values(), *self._head.tags.values()]
        for commit in refs:
            self._incoming.need(Kind.COMMIT, bytes.fromhex(commit))
        self._workspace.objects.reload()
        self._incoming.check()
        return self._finish(len(new))

    def _take(self, new: Sequence[tuple[int, str]]) -> None:
        total = len(new)
        done = 0
        # Closed here whatever happens, so that no thread reads from what is closed later.
        with closing(self._decrypted(new)) as parts:
            while done < total:
                with self._workspace.transaction() as transaction:
                    done = self._take_batch(parts, transaction, done, total)
                    transaction.finish()
                if done < total:
                    self._connection.know_taken(name for _, name in new[:done])

    def _take_batch(self, parts: Iterator[_Part], transaction: Transaction, done: int, total: int) -> int:
        """Store parts until a batch is full; return how many have been stored in all."""
        start = self._received
        for part in parts:
            self._incoming.take(part.groups, transaction)
            self._received += part.size
            done += 1
            self._connection.access.progress("unpacking", done, total)
            if self._received - start >= BATCH and not self._incoming.in_the_middle:
                break
        return done

    def _decrypted(self, new: Sequence[tuple[int, str]]) -> Generator[_Part, None, None]:
        """Yield parts, some of them decrypted and decompressed ahead on a second thread."""

        def decrypt(number: int, name: str) -> _Part:
            return read_part(self._objects, self._files, name, self._keyring.generation(number))

        waiting: deque[Future[_Part]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="rtstore-decrypt") as pool:
            for number, name in new:
                waiting.append(pool.submit(decrypt, number, name))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _finish(self, parts: int) -> Fetched:
        head, remote = self._head, self._connection.remote
        branches = {name: bytes.fromhex(id) for name, id in head.branches.items()}
        tags = {name: bytes.fromhex(id) for name, id in head.tags.items()}
        result = Fetched(moved(remote.branches, branches), moved(remote.tags, tags), self._received, parts)
        memory = Memory(self._tip, self._files, head, {name for _, name in head.names()})
        known = replace(
            remote,
            number=head.number,
            hash=head.hash(),
            commit=self._tip,
            branches=branches,
            tags=tags,
            default=head.default,
        )
        self._connection.know(known, memory, self._keyring)
        return result


def moved(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Moved, ...]:
    """Return the branches or version tags that are not where they were."""
    names = sorted(before.keys() | after.keys())
    found = (Moved(name, before.get(name), after.get(name)) for name in names)
    return tuple(each for each in found if each.before != each.after)
