"""The order in which ``gc`` stores what is kept: as it will be read, and like next to like.

The records of the datasets as they are now come in the order of their entries, each followed by its older
versions; versions of one page come one after the other. In one block, an older version costs little more
than what differs, and reading a whole dataset reads its blocks one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import iter_unpack
from typing import Final

from rtstore.history.reachable import Reach
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import InnerPage, LeafPage, decode
from rtstore.storage.interface import ObjectReader

#: With more older records than this their entries are not remembered one by one, which costs 300 bytes each.
MOST_FOLLOWERS: Final = 250_000


class Arrangement(Reach):
    """Finds what is reached, and in which order to store it.

    What is added first counts as what the datasets are now, up to the call of ``begin_past``.
    """

    def __init__(self, reader: ObjectReader) -> None:
        super().__init__(reader)
        self._present = True
        self._leaves: list[bytes] = []
        self._old_entries = bytearray()
        self._old_records = bytearray()
        # By level and last entry, which versions of a page have in common.
        self._pages: dict[tuple[int, bytes], list[bytes]] = {}

    def begin_past(self) -> None:
        """Say that all that is added from now on is history."""
        self._present = False

    def on_inner(self, id: bytes, page: InnerPage) -> None:
        """Note a page as a version of the one that ends alike."""
        self._pages.setdefault((page.level, page.lasts[-ENTRY_ID_SIZE:]), []).append(id)

    def on_leaf(self, id: bytes, leaf: LeafPage) -> None:
        """Note a leaf as a version of the one that ends alike, and the older records in it."""
        self._pages.setdefault((0, leaf.entries[-ENTRY_ID_SIZE:]), []).append(id)
        if self._present:
            self._leaves.append(id)
            return
        known = self.ids[Kind.RECORD]
        for entry, record in _rows(leaf):
            if record not in known:
                self._old_entries += entry
                self._old_records += record

    def pages(self, kind: Kind) -> Iterator[bytes]:
        """Yield the leaves, or the inner pages, in the order to store them."""
        for (level, _), versions in self._pages.items():
            if (level == 0) == (kind is Kind.LEAF):
                yield from versions

    def records(self) -> Iterator[bytes]:
        """Yield the records in the order to store them; some of them more than once."""
        older = self._followers()
        for id in self._leaves:
            for entry, record in _rows(decode(self._reader.read(Kind.LEAF, id), LeafPage)):
                yield record
                yield from older.pop(entry, ())
        for records in older.values():
            yield from records
        yield from _split(self._old_records, OBJECT_ID_SIZE)

    def _followers(self) -> dict[bytes, list[bytes]]:
        """Return the older records by entry."""
        older: dict[bytes, list[bytes]] = {}
        if len(self._old_entries) // ENTRY_ID_SIZE <= MOST_FOLLOWERS:
            entries = _split(self._old_entries, ENTRY_ID_SIZE)
            for entry, record in zip(entries, _split(self._old_records, OBJECT_ID_SIZE), strict=True):
                older.setdefault(entry, []).append(record)
        return older


def _rows(leaf: LeafPage) -> Iterator[tuple[bytes, bytes]]:
    return zip(_split(leaf.entries, ENTRY_ID_SIZE), _split(leaf.records, OBJECT_ID_SIZE), strict=True)


def _split(column: bytes | bytearray, size: int) -> Iterator[bytes]:
    return (item for (item,) in iter_unpack(f"{size}s", column))
