"""Operation files and the head pointer: the one mutable thing of a store, and the chain that ``undo`` walks.

Each completed command that changed something wrote one immutable file, ``operations/ID``, then moved ``head``
to it: that is the commit point. The directory is flat, since the file systems of today index their
directories and ``gc`` removes what is older than the retention.
"""

from __future__ import annotations

import os
from binascii import unhexlify
from collections.abc import Iterable, Iterator
from typing import Final

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import OBJECT_ID_SIZE, Kind, object_id
from rtstore.model.objects import Operation, decode, encode
from rtstore.model.soundness import operation_problem
from rtstore.storage.files import Files

_RESCUE: Final = "Run `rtstore fsck --rescue`: it finds the newest operation that is whole."
_FSCK: Final = "Run `rtstore fsck`; `rtstore fsck --rescue` goes back to the newest operation that is whole."


class OperationLog:
    """The operations of the store in ``directory`` (its ``.rtstore``). Writers must hold the store's lock."""

    def __init__(self, files: Files, directory: str) -> None:
        self._files = files
        self._head = f"{directory}{os.sep}head"
        self._directory = f"{directory}{os.sep}operations"
        self._newest: tuple[bytes, Operation] | None = None

    def head(self) -> bytes | None:
        """Return the id of the newest operation; None in a directory that has no head yet.

        Raises:
            DamagedError: the pointer is not what rtstore wrote.
        """
        try:
            content = self._files.read(self._head)
        except FileNotFoundError:
            return None
        operation = _id_of_name(content[:-1].decode("latin-1"))
        if operation is None or content[-1:] != b"\n":
            raise DamagedError(f"{self._head} is damaged: it does not name an operation", hint=_RESCUE)
        return operation

    def newest(self) -> tuple[bytes, Operation] | None:
        """Return the newest operation with its id; None in a directory that has no head yet.

        Decoded once as long as it stays the newest. Its dicts are shared: copy them before changing anything.

        Raises:
            DamagedError: the pointer or the operation is damaged or missing.
        """
        head = self.head()
        if head is None:
            return None
        if self._newest is None or self._newest[0] != head:
            self._newest = head, self.read(head)
        return self._newest

    def read(self, operation: bytes) -> Operation:
        """Return an operation.

        Raises:
            MissingObjectError: there is none with this id.
            DamagedError: its file is not what was written, or what was written cannot be used.
        """
        name = operation.hex()
        try:
            data = self._files.read(self._path(operation))
        except FileNotFoundError:
            raise MissingObjectError(f"operation {name} is missing", hint=_FSCK) from None
        if object_id(Kind.OPERATION, data) != operation:
            raise DamagedError(
                f"operation {name} is damaged: its content does not match its name", hint=_FSCK
            )
        value = decode(data, Operation)
        problem = operation_problem(value)
        if problem is not None:
            raise DamagedError(f"operation {name} cannot be used: it {problem}", hint=_FSCK)
        return value

    def write(self, operation: Operation) -> bytes:
        """Store an operation, durably, and return its id. It does not count before ``publish``.

        Raises:
            StorageError: the operating system refused.
        """
        data = encode(operation)
        id_ = object_id(Kind.OPERATION, data)
        self._files.make_directory(self._directory)
        self._files.write_atomically(self._path(id_), data)
        return id_

    def publish(self, operation: bytes) -> None:
        """Make a stored operation the newest: the commit point. All it refers to must be durable by now.

        Raises:
            StorageError: the operating system refused. If all but the very last step worked, ``head`` already
                names the operation, and only a power cut could take it back.
        """
        self._files.write_atomically(self._head, operation.hex().encode() + b"\n")

    def walk(self, start: bytes | None = None) -> Iterator[tuple[bytes, Operation]]:
        """Yield operations with their ids, from ``start`` (default: the newest) back to the oldest that is
        kept.

        Raises:
            DamagedError: an operation on the way is damaged or missing.
        """
        newest = self.newest()
        current = start if start is not None else newest and newest[0]
        horizon = newest and newest[1].horizon
        while current is not None:
            operation = self.read(current)
            yield current, operation
            current = None if current == horizon else operation.parent

    def all_ids(self) -> list[bytes]:
        """Return the ids of all operation files, valid or not, reachable or not, in ascending order."""
        try:
            names = self._files.names(self._directory)
        except FileNotFoundError:
            return []
        return sorted(id_ for id_ in map(_id_of_name, names) if id_ is not None)

    def candidates_for_head(self) -> list[tuple[bytes, Operation]]:
        """Return the operations that may have been the newest, latest first: whole, and nobody's parent.

        For ``fsck --rescue``. A command that was killed just before its commit point leaves one too.
        """
        whole = {}
        for id_ in self.all_ids():
            try:
                whole[id_] = self.read(id_)
            except DamagedError:
                continue  # passing over these is what a rescue is for; fsck reports them
        parents = {operation.parent for operation in whole.values()}
        found = [(id_, operation) for id_, operation in whole.items() if id_ not in parents]
        return sorted(found, key=lambda pair: (-pair[1].time, pair[0]))

    def remove(self, operations: Iterable[bytes]) -> None:
        """Remove operation files that nothing needs any more; missing ones are passed over.

        The newest operation must name its ``horizon`` before anything behind that is removed.

        Raises:
            StorageError: the operating system refused.
        """
        removed = False
        for operation in operations:
            self._files.remove(self._path(operation), missing_ok=True)
            removed = True
        if removed:
            self._files.sync_directory(self._directory)

    def _path(self, operation: bytes) -> str:
        return f"{self._directory}{os.sep}{operation.hex()}"


def _id_of_name(name: str) -> bytes | None:
    try:
        id_ = unhexlify(name)
    except ValueError:
        return None
    return id_ if len(id_) == OBJECT_ID_SIZE and id_.hex() == name else None
