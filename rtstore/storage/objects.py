"""The object store: every object of a store, by id, whichever pack it is in.

Readers take no lock: packs never change, and when one has been merged into another and is gone, the list of
packs is read again. Writing goes through a ``Transaction``.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Final

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import Kind, object_id
from rtstore.storage import delta
from rtstore.storage.pack import PREFIX_SIZE, Encoding, Pack

#: Decompressed blocks kept for the next read, in bytes.
BLOCK_CACHE: Final = 16 << 20


class ObjectStore:
    """Reads objects out of the packs in a directory."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._packs: dict[str, Pack] = {}
        self._order: list[Pack] = []
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cached = 0
        self._loaded = False

    def packs(self) -> list[Pack]:
        """Return the packs, largest first; lists the directory when that has not been done yet."""
        if not self._loaded:
            self.reload()
        return self._order

    def reload(self) -> None:
        """Read the list of packs again."""
        names = {name for name in os.listdir(self.directory) if name.endswith(".pack")}
        for name in self._packs.keys() - names:
            del self._packs[name]  # its mapping stays valid for whoever still reads from it
        for name in names - self._packs.keys():
            try:
                self._packs[name] = Pack(os.path.join(self.directory, name))
            except FileNotFoundError:
                continue  # merged into another since the listing; that one is listed by the next reload
        self._order = sorted(self._packs.values(), key=lambda pack: -pack.objects)
        self._loaded = True

    def close(self) -> None:
        """Forget everything; the next read opens the packs again."""
        self._blocks.clear()
        self._cached = 0
        for pack in self._packs.values():
            pack.close()
        self._packs.clear()
        self._order = []
        self._loaded = False

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object, compared with its id.

        Raises:
            MissingObjectError: it is in no pack.
            DamagedError: what is stored under its id is something else.
        """
        return self._read(kind, id, delta.MAX_DEPTH)

    def _read(self, kind: Kind, id: bytes, depth: int) -> bytes:
        damage: DamagedError | None = None
        for attempt in (1, 2):
            for pack in self.packs():
                for number in pack.find(id):
                    try:
                        data = self._read_at(pack, number, kind, depth)
                    except DamagedError as error:
                        damage = error
                        continue
                    if data is not None and object_id(kind, data) == id:
                        return data
                    damage = damage or DamagedError(f"{kind.name.lower()} {id.hex()[:16]} is damaged in pack {pack.name}")
            if attempt == 1:
                self.reload()
        if damage is not None:
            raise damage
        raise MissingObjectError(f"{kind.name.lower()} {id.hex()[:16]} is missing", hint="run: rtstore fsck")

    def contains(self, kind: Kind, id: bytes) -> bool:
        """Tell whether the object is stored and intact; a hit is read to be sure."""
        if not any(pack.find(id) for pack in self.packs()):
            return False
        try:
            self.read(kind, id)
        except DamagedError:
            return False
        return True

    def find_prefix(self, kind: Kind, prefix: str) -> list[bytes]:
        """Return the ids of the objects of ``kind`` that begin with the hex digits ``prefix``, sorted."""
        digits = 2 * PREFIX_SIZE
        low, high = (int(prefix[:digits].ljust(digits, fill), 16) for fill in "0f")
        found = set()
        for pack in self.packs():
            for number in pack.find_between(low, high):
                data = self._read_at(pack, number, kind, delta.MAX_DEPTH)
                if data is not None and (id := object_id(kind, data)).hex().startswith(prefix):
                    found.add(id)
        return sorted(found)

    def stored_depth(self, id: bytes) -> int:
        """Return how many deltas have to be applied to read this page; 0 when it is stored whole."""
        for pack in self.packs():
            for number in pack.find(id):
                index = pack.block_of(number)
                block = pack.block(index)
                if block.encoding is not Encoding.DELTAS:
                    return 0
                start, end = pack.bounds_of(number, block)
                return delta.parse(self._plain(pack, index)[start:end]).depth
        return 0

    def _read_at(self, pack: Pack, number: int, kind: Kind, depth: int) -> bytes | None:
        index = pack.block_of(number)
        block = pack.block(index)
        if block.kind is not kind:
            return None
        start, end = pack.bounds_of(number, block)
        stored = self._plain(pack, index)[start:end]
        if block.encoding is not Encoding.DELTAS:
            return stored
        version = delta.parse(stored)
        if version.depth > depth:
            raise pack.damaged("its page versions go round in a circle")
        return delta.apply(version, self._read(kind, version.base, version.depth - 1))

    def _plain(self, pack: Pack, index: int) -> bytes:
        key = (pack.name, index)
        data = self._blocks.get(key)
        if data is not None:
            self._blocks.move_to_end(key)
            return data
        data = pack.plain(pack.block(index))
        self._blocks[key] = data
        self._cached += len(data)
        while self._cached > BLOCK_CACHE and len(self._blocks) > 1:
            self._cached -= len(self._blocks.popitem(last=False)[1])
        return data

