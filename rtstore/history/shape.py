"""Where the pages of a tree end: decided by entry ids alone, so that equal sequences have equal trees.

Items of level 0 are entries; items of level 1 are leaves, and so on, each named by the id of its last entry.
A page of items of level ``l`` ends after every item whose ``boundary_level`` is above ``l``. What lies
between two such *natural* boundaries is a *run*; a run of more than ``limit`` items is split further, see
``_split``.
"""

from __future__ import annotations

from bisect import bisect_right
from struct import iter_unpack
from typing import Final, NamedTuple

from rtstore.model.ids import BOUNDARY_BITS, ENTRY_ID_SIZE, boundaries, boundary_level, split_rank

#: Most items a page holds.
MAX_PAGE: Final = 1024


class Shape(NamedTuple):
    """The two numbers that decide a tree's shape. Stores use the defaults; tests make small, deep trees.

    ``bits``: log2 of the average page; ``limit``: most items of a page, 2 or more.
    """

    bits: int = BOUNDARY_BITS
    limit: int = MAX_PAGE

    def page_ends(self, keys: bytes | bytearray, level: int) -> list[int]:
        """Return where each page ends (the index after it) that a sequence of items of ``level`` makes.

        ``keys`` holds 16 bytes an item: the id of its last entry.
        """
        count = len(keys) // ENTRY_ID_SIZE
        runs = [index + 1 for index, height in boundaries(keys, self.bits) if height > level]
        if count and (not runs or runs[-1] != count):
            runs.append(count)
        ends: list[int] = []
        start = 0
        for stop in runs:
            if stop - start > self.limit:
                run = keys[start * ENTRY_ID_SIZE : stop * ENTRY_ID_SIZE]
                ends.extend(start + cut for cut in _split(run, self.limit))
            else:
                ends.append(stop)
            start = stop
        return ends

    def is_natural(self, key: bytes, level: int) -> bool:
        """Whether a page of items of ``level`` that ends with the item ``key`` ends at a natural boundary."""
        return boundary_level(key, self.bits) > level


#: The shape of every tree in a store: equal sequences have equal roots only within one shape.
STORE_SHAPE: Final = Shape()


def _split(keys: bytes | bytearray, limit: int) -> list[int]:
    """Cut an over-long run into parts of at most ``limit`` items and return where each part ends.

    A part that is too long is cut after its item of the smallest ``split_rank``, and so are the two new
    parts. The first and the last eighth of ``limit`` are left out of the choice: without that, ids in the
    order of their ranks would give pages of one item, and a tree as high as the dataset is long.

    Trying all items in the order of their ranks is the same as that recursion, because an item that is no
    candidate in a part is none in any part of that part.
    """
    least = max(1, limit // 8)
    ranks = [split_rank(key) for (key,) in iter_unpack(f"{ENTRY_ID_SIZE}s", keys)]
    cuts = [0, len(ranks)]
    for index in sorted(range(len(ranks)), key=ranks.__getitem__):
        after = bisect_right(cuts, index)
        start, stop = cuts[after - 1], cuts[after]
        if stop - start > limit and index + 1 - start >= least and stop - index - 1 >= least:
            cuts.insert(after, index + 1)
    return cuts[1:]
