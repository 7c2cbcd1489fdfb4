"""Writing a version of a file next to another one: what both have is copied from the file that is there.

Copying is many times faster than decompressing records. Meanwhile a second thread compares what is copied with the
BLAKE3 it had when it was scanned; if anything is not what it was, the file is written anew from the store.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from io import FileIO
from itertools import accumulate
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from blake3 import blake3

from rtstore.compare.entries import compare
from rtstore.workspace.files.materialize import Chunk, FileSource
from rtstore.workspace.files.ranges import Ranges
from rtstore.workspace.files.reading import open_to_read
from rtstore.workspace.files.stamps import slice_runs


class Stretch(NamedTuple):
    """``length`` entries that are the same and in the same order from ``old`` on and from ``new`` on."""

    old: int
    new: int
    length: int


class Reused(NamedTuple):
    """Consecutive ranges of the file that is there, from index ``first`` to before ``last``: ``size`` bytes from
    ``offset`` on."""

    first: int
    last: int
    offset: int
    size: int


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


def parts_reusing(old: FileSource, new: FileSource, ranges: Ranges) -> Iterator[Chunk | Reused]:
    """Yield the file ``new`` in parts, given a file that holds ``old`` in ``ranges``."""
    starts = ranges.starts()
    offsets = list(accumulate(ranges.sizes, initial=0))
    done = 0
    for stretch in stretches(old, new):
        shift = stretch.new - stretch.old
        for first, last in _alike(old, new, starts, shift, *_whole_ranges(stretch, starts, old, new)):
            yield from new.between(done, starts[first] + shift)
            yield Reused(first, last, offsets[first], offsets[last] - offsets[first])
            done = starts[last] + shift
    yield from new.between(done, new.dataset.count)


def _alike(
    old: FileSource, new: FileSource, starts: list[int], shift: int, first: int, last: int
) -> Iterator[tuple[int, int]]:
    """Yield the runs of ranges, of those from ``first`` to before ``last``, whose entries have the stamps they had."""
    if not old.runs and not new.runs:
        if first < last:
            yield first, last
        return
    begin = first
    for index in range(first, last):
        start, stop = starts[index], starts[index + 1]
        if slice_runs(old.runs, start, stop) != slice_runs(new.runs, start + shift, stop + shift):
            if begin < index:
                yield begin, index
            begin = index + 1
    if begin < last:
        yield begin, last


class RangeCheck:
    """Compares ranges of a file with the BLAKE3 they had, while they are being copied: on a second thread."""

    def __init__(self, path: str, ranges: Ranges) -> None:
        self._file = open_to_read(path)
        self._ranges = ranges
        self._parts: SimpleQueue[Reused | None] = SimpleQueue()
        self._intact = True
        self._thread = Thread(target=self._work, name="rtstore-range-check", daemon=True)
        self._thread.start()

    def __enter__(self) -> RangeCheck:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def add(self, part: Reused) -> None:
        """Have a part compared."""
        self._parts.put(part)

    def finish(self) -> bool:
        """Return whether all parts hold what they held; a file that cannot be read does not."""
        self._parts.put(None)
        self._thread.join()
        return self._intact

    def _work(self) -> None:
        buffer = bytearray(max(self._ranges.sizes, default=0))
        with self._file:
            while (part := self._parts.get()) is not None:
                self._intact = self._intact and self._is_intact(part, buffer)

    def _is_intact(self, part: Reused, buffer: bytearray) -> bool:
        try:
            self._file.seek(part.offset)
            return all(self._matches(index, buffer) for index in range(part.first, part.last))
        except OSError:
            return False

    def _matches(self, index: int, buffer: bytearray) -> bool:
        view = memoryview(buffer)[: self._ranges.sizes[index]]
        return _filled(self._file, view) and blake3(view).digest() == self._ranges.hash(index)


def _filled(file: FileIO, view: memoryview) -> bool:
    """Read until a buffer is full; false if the file ends before."""
    done = 0
    while done < len(view):
        step = file.readinto(view[done:])
        if not step:
            return False
        done += step
    return True


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
