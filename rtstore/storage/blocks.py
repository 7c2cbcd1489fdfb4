"""Going through all objects of a kind, whichever they are, as fast as blocks can be decompressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Encoding, Pack
from rtstore.storage.sequential import ReadAhead


class Plain(NamedTuple):
    """The decompressed bytes of a block, and where each of its objects starts and ends in them."""

    data: bytes
    bounds: list[tuple[int, int]]


class Blocks:
    """The blocks of a kind in all packs of a store. Close them to stop the thread that decompresses ahead.

    The objects are not compared with their ids: instead every pack is compared with its checksum as a whole, which
    takes a tenth of the time.
    """

    def __init__(self, store: ObjectStore, kind: Kind) -> None:
        self._kind = kind
        self._packs = list(store.packs())
        self._reader = ReadAhead()

    def __enter__(self) -> Blocks:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def count(self) -> int:
        """Return how many objects there are in them."""
        return sum(pack.count_of(self._kind) for pack in self._packs)

    def __iter__(self) -> Iterator[Plain]:
        """Yield the blocks, pack by pack.

        Raises:
            DamagedError: a pack is not what was written.
        """
        for pack in self._packs:
            yield from self._of(pack)

    def _of(self, pack: Pack) -> Iterator[Plain]:
        if not pack.count_of(self._kind):
            return
        for problem in pack.verify():
            raise DamagedError(problem, hint="run: rtstore fsck")
        for index in range(pack.block_count):
            block = pack.block(index)
            if block.kind is not self._kind:
                continue
            if block.encoding is Encoding.DELTAS:
                raise pack.damaged(f"it stores a {self._kind.name.lower()} as a difference")
            yield Plain(self._reader.plain(pack, index), pack.bounds(block))
