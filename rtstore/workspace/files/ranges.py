"""What was last seen of a working file, so that the next scan can skip what is still the same.

A file is remembered as consecutive *ranges* of whole lines, each with its size, its BLAKE3 and the number of
entries in it. They say which bytes stood for which entries of the dataset the file was seen to be; a range
with the same bytes still does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import msgspec
from blake3 import blake3

from rtstore.model.ids import OBJECT_ID_SIZE
from rtstore.storage.signature import Signature

#: Bytes of a range: a changed one is parsed again, so smaller is better until their number counts.
RANGE: Final = 128 << 10


class Ranges(msgspec.Struct, array_like=True):
    """Consecutive ranges of a file, by column: entries, bytes, BLAKE3 and the first record's id of each.

    ``exact`` is False when the file could not be cut into ranges; then there are none.
    """

    counts: list[int] = []
    sizes: list[int] = []
    hashes: bytes = b""
    firsts: bytes = b""
    exact: bool = True

    def __len__(self) -> int:
        return len(self.counts)

    def hash(self, index: int) -> bytes:
        """Return the BLAKE3 of the bytes of a range."""
        return self.hashes[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]

    def first(self, index: int) -> bytes:
        """Return the id of the first record of a range."""
        return self.firsts[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]

    def first_records(self) -> dict[bytes, int]:
        """Return the index of the range that begins with a record, by its id; of several, the first."""
        found: dict[bytes, int] = {}
        for index in range(len(self)):
            found.setdefault(self.first(index), index)
        return found

    def starts(self) -> list[int]:
        """Return the position of the first entry of each range, and the number of all entries."""
        return list(accumulate(self.counts, initial=0))

    def between(self, first: int, last: int) -> Ranges:
        """Return the ranges ``first`` to ``last``."""
        a, b = first * OBJECT_ID_SIZE, last * OBJECT_ID_SIZE
        return Ranges(
            self.counts[first:last], self.sizes[first:last], self.hashes[a:b], self.firsts[a:b], self.exact
        )

    def extend(self, other: Ranges) -> None:
        """Add the ranges that follow."""
        self.counts += other.counts
        self.sizes += other.sizes
        self.hashes += other.hashes
        self.firsts += other.firsts
        self.exact = self.exact and other.exact


class Seen(msgspec.Struct, array_like=True):
    """A working file as it was seen: to be which dataset, with which signature (at ``when``, ns), in which ranges.

    ``sidecar`` is the signature of its sidecar, None if there was none.
    """

    dataset: bytes
    signature: Signature
    when: int
    ranges: Ranges
    sidecar: Signature | None = None


def cut_ranges(text: bytes | memoryview, ends: Sequence[int], ids: Sequence[bytes]) -> Ranges:
    """Cut lines into ranges. ``ends``: where each line ends in ``text``."""
    view = memoryview(text)
    counts, sizes, hashes, firsts = [], [], [], []
    start = first = 0
    while first < len(ends):
        last = min(bisect_left(ends, start + RANGE, first), len(ends) - 1)
        end = ends[last]
        counts.append(last + 1 - first)
        sizes.append(end - start)
        hashes.append(blake3(view[start:end]).digest())
        firsts.append(ids[first])
        start, first = end, last + 1
    return Ranges(counts, sizes, b"".join(hashes), b"".join(firsts))
