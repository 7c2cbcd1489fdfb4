"""Reading every byte of every pack, to know which objects are intact and what is damaged where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind, object_id, record_hasher
from rtstore.model.records import record_problem
from rtstore.storage import delta
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import MOST_ALIKE, PREFIX_SIZE, Block, Encoding, Pack


class DamagedBlock(NamedTuple):
    """Objects of one block that are not what was written: ``what`` says it.

    ``prefixes``: the first 8 bytes of their ids, as far as the index tells, as big-endian numbers.
    """

    what: str
    prefixes: list[int]


class PackCheck:
    """What is in the packs. ``intact``: the ids of all objects that can be read, by kind.

    ``problems`` are those of whole packs, in words. ``senseless``: records that are what was written and no records,
    with what is wrong.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self.intact: dict[Kind, set[bytes]] = {kind: set() for kind in Kind}
        self.problems: list[str] = []
        self.blocks: list[DamagedBlock] = []
        self.senseless: dict[bytes, str] = {}
        self.packs = 0
        self._objects = objects
        self._hash = record_hasher()

    def run(self) -> PackCheck:
        """Check all packs."""
        packs = self._objects.packs()
        self.problems += [error.message for error in self._objects.unusable.values()]
        self.packs = len(packs) + len(self._objects.unusable)
        for pack in packs:
            self._check_pack(pack)
        return self

    def _check_pack(self, pack: Pack) -> None:
        self.problems += pack.verify()
        column = _column(pack)
        if column is None:
            self.problems.append(f"pack {pack.name}: its index is out of order")
        if pack.overlaps():
            return
        for index in range(pack.block_count):
            try:
                block = pack.block(index)
            except DamagedError as error:
                self.problems.append(error.message)
                continue
            expected = column[block.first : block.end] if column is not None else None
            self._check_block(pack, index, block, expected)

    def _check_block(self, pack: Pack, index: int, block: Block, expected: list[int] | None) -> None:
        where = f"pack {pack.name}, block {index}"
        kind = block.kind.name.lower()
        try:
            plain = pack.plain(block)
            bounds = pack.bounds(block)
        except DamagedError as error:
            if block.first == block.end:
                self.problems.append(error.message)
            else:
                what = f"{where}: {block.end - block.first} objects of kind {kind} cannot be read: {error}"
                self.blocks.append(DamagedBlock(what, expected or []))
            return
        if block.encoding is Encoding.DELTAS:
            ids = [self._delta_id(block.kind, plain[start:end]) for start, end in bounds]
        elif block.kind is Kind.RECORD:
            ids = [self._record_id(plain[start:end]) for start, end in bounds]
        else:
            ids = [object_id(block.kind, plain[start:end]) for start, end in bounds]
        if expected is None:
            return
        wrong = []
        intact = self.intact[block.kind]
        for id, prefix in zip(ids, expected, strict=True):
            if id is not None and int.from_bytes(id[:PREFIX_SIZE], "big") == prefix:
                intact.add(id)
            else:
                wrong.append(prefix)
        if wrong:
            names = _listed([prefix.to_bytes(PREFIX_SIZE, "big").hex() for prefix in wrong])
            share = f"{len(wrong)} of {len(ids)} objects of kind {kind}"
            self.blocks.append(DamagedBlock(f"{where}: {share} are not what was written: {names}", wrong))

    def _record_id(self, record: bytes) -> bytes:
        id = self._hash(record)
        problem = record_problem(record)
        if problem is not None:
            self.senseless[id] = problem
        return id

    def _delta_id(self, kind: Kind, stored: bytes) -> bytes | None:
        """Return the id of a page stored as a delta; None where it cannot be made."""
        try:
            version = delta.parse(stored)
            base, _ = self._objects.read_base(kind, version.base, version.depth - 1)
            return object_id(kind, delta.apply(version, base))
        except DamagedError:
            return None


def _column(pack: Pack) -> list[int] | None:
    """Return the first 8 bytes of the ids of all objects; None if they would not all be found."""
    try:
        column = pack.column().tolist()
    except DamagedError:
        return None
    prefixes = list(pack.prefixes)
    in_order = all(map(int.__le__, prefixes, prefixes[1:]))
    in_order = in_order and not any(map(int.__eq__, prefixes, prefixes[MOST_ALIKE:]))
    return column if in_order and len(set(pack.numbers)) == pack.objects else None


def _listed(names: Iterable[str], most: int = 10) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
