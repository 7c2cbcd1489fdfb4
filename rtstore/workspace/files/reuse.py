"""Writing a version of a file next to another one: what both have is copied from the file that is there.

Copying a range and comparing it with the BLAKE3 it had when it was scanned is several times faster than
decompressing its records. A range that is not what it was is taken from the store.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from io import FileIO
from itertools import accumulate
from typing import NamedTuple

from blake3 import blake3

from rtstore.compare.entries import compare
from rtstore.workspace.files.materialize import Chunk, FileSource
from rtstore.workspace.files.ranges import Ranges
from rtstore.workspace.files.scan import read_at
from rtstore.workspace.files.stamps import slice_runs


class Stretch(NamedTuple):
    """``length`` entries that are the same and in the same order from ``old`` on and from ``new`` on."""

    old: int
    new: int
    length: int


def can_reuse(old: FileSource, new: FileSource) -> bool:
    """Tell whether bytes of the one file may stand in the other."""
    a, b = old.dataset, new.dataset
    return (
        a.framing.layout == b.framing.layout == "jsonl"
        and (a.framing.head, a.framing.separator, a.framing.tail)
        == (b.framing.head, b.framing.separator, b.framing.tail)
        and a.settings == b.settings
        and bool(a.count and b.count)
    )


def chunks_reusing(old: FileSource, new: FileSource, ranges: Ranges, file: FileIO) -> Iterator[Chunk]:
    """Yield the file ``new``, given that ``file`` held ``old`` in ``ranges``."""
    starts = ranges.starts()
    offsets = list(accumulate(ranges.sizes, initial=0))
    done = 0
    for stretch in stretches(old, new):
        first, last = _whole_ranges(stretch, starts, old, new)
        for index in range(first, last):
            at = stretch.new + starts[index] - stretch.old
            chunk = _copied(old, new, ranges, index, starts[index], at, offsets[index], file)
            if chunk is not None:
                yield from new.between(done, at)
                yield chunk
                done = at + chunk.entries
    yield from new.between(done, new.dataset.count)


def _copied(
    old: FileSource,
    new: FileSource,
    ranges: Ranges,
    index: int,
    start: int,
    at: int,
    offset: int,
    file: FileIO,
) -> Chunk | None:
    count = ranges.counts[index]
    if slice_runs(old.runs, start, start + count) != slice_runs(new.runs, at, at + count):
        return None
    data = read_at(file, offset, ranges.sizes[index])
    if blake3(data).digest() != ranges.hash(index):
        return None
    return Chunk(data, count, ranges.first(index), ranges.hash(index))


def _whole_ranges(stretch: Stretch, starts: list[int], old: FileSource, new: FileSource) -> tuple[int, int]:
    """Return the ranges that lie in a stretch and are followed there by what follows them here."""
    first = bisect_left(starts, stretch.old)
    last = bisect_right(starts, stretch.old + stretch.length) - 1
    framing = old.dataset.framing
    if framing.head and (first == 0) != (stretch.new + starts[first] == stretch.old):
        first += 1  # the head of the file is in its first range and in no other
    end = stretch.new + starts[max(last, 0)] - stretch.old
    ends_old, ends_new = starts[max(last, 0)] == old.dataset.count, end == new.dataset.count
    if ends_old != ends_new and framing.tail != framing.separator:
        last -= 1
    return first, last


def stretches(old: FileSource, new: FileSource) -> Iterator[Stretch]:
    """Yield what two versions have in common, in the order of the new one."""
    changes = compare(old.tree, new.tree)
    gone = {placed.position for placed in changes.removed}
    come = {placed.position for placed in changes.added}
    for change in changes.changed:
        gone.add(change.old_position)
        come.add(change.new_position)
    for move in changes.moved:
        gone.add(move.old_position)
        come.add(move.new_position)
    breaks_old = [*sorted(gone), old.dataset.count]
    breaks_new = [*sorted(come), new.dataset.count]
    i = j = a = b = 0
    while i < old.dataset.count and j < new.dataset.count:
        count = min(breaks_old[a] - i, breaks_new[b] - j)
        if count:
            yield Stretch(i, j, count)
        i, j = i + count, j + count
        while i == breaks_old[a] and i < old.dataset.count:
            i, a = i + 1, a + 1
        while j == breaks_new[b] and j < new.dataset.count:
            j, b = j + 1, b + 1
