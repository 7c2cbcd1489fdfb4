"""Rows: the entries of a dataset as they travel, as a change of the entries of another dataset.

Pages do not travel: they consist of ids, which do not compress, and an edit of one entry changes a page of 128. The
root of a tree follows from its entries, so what is sent is how to get them: from those of a *base*, *keep* some, *skip*
some, *add* some. Where there is no base, all are added. Long changes come in several pieces, each an object of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from rtstore.compare.sequences import Same, common_blocks, joined
from rtstore.errors import TamperError
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.tree import Entry, PageRef, Root, Tree, leaf_entries
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE

#: Entries that are added by one piece, at most.
MOST_ADDED: Final = 4096
_NO_BASE: Final = bytes(OBJECT_ID_SIZE)
_HEADER: Final = struct.Struct(f">{OBJECT_ID_SIZE}sBQBQI?")
_STEP: Final = struct.Struct(">BI")
_NUMBER: Final = struct.Struct(">I")
_KEEP, _SKIP, _ADD = range(3)


class Step(NamedTuple):
    """Keep ``keep`` entries of the base, skip ``skip`` others, then add ``added``."""

    keep: int
    skip: int
    added: Columns


class Piece(NamedTuple):
    """One piece of a change of the tree ``base`` that gives the tree ``root``: its number, and steps."""

    base: Root
    root: Root
    number: int
    is_last: bool
    steps: list[Step]


def common(old: Tree, new: Tree) -> list[Same]:
    """Return the stretches of entries that both have, in order. Only pages that differ are read."""
    return [*joined(list(_common(old, new))), Same(len(old), len(new), 0)]


def skipped(blocks: Iterable[Same]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the old entries, as (start, stop), that are in none of the blocks of ``common``."""
    done = 0
    for same in blocks:
        if same.old > done:
            yield done, same.old
        done = same.old + same.size


def steps(blocks: Iterable[Same], new: Tree) -> Iterator[Step]:
    """Yield the steps from the old to the new entries, which have ``blocks`` in common."""
    kept = old_done = new_done = 0
    for same in blocks:
        skip = same.old - old_done
        for added in stretch(new, new_done, same.new):
            yield Step(kept, skip, added)
            kept = skip = 0
        if skip:
            yield Step(kept, skip, Columns())
            kept = 0
        kept += same.size
        old_done, new_done = same.old + same.size, same.new + same.size
    if kept:
        yield Step(kept, 0, Columns())


def stretch(tree: Tree, start: int, stop: int) -> Iterator[Columns]:
    """Yield the entries from position ``start`` to before ``stop``, leaf by leaf."""
    for page in tree.leaves(start) if start < stop else ():
        if page.start >= stop:
            return
        columns = Columns()
        columns.extend_from_page(
            tree.leaf(page), max(start - page.start, 0), min(stop, page.stop) - page.start
        )
        yield columns


class PieceWriter:
    """Encodes the steps from the tree ``base`` to the tree ``root`` as pieces."""

    def __init__(self, base: Root, root: Root) -> None:
        self._trees = (base.id or _NO_BASE, base.height, base.count, root.height, root.count)
        self._number = 0
        self._body = bytearray()
        self._room = MOST_ADDED

    def add(self, step: Step) -> Iterator[bytes]:
        """Add a step; yield the pieces that are full."""
        for code, count in ((_KEEP, step.keep), (_SKIP, step.skip)):
            if count:
                self._body += _STEP.pack(code, count)
        start, total = 0, len(step.added)
        while start < total:
            if not self._room:
                yield self._close(False)
            stop = min(start + self._room, total)
            self._body += _encode_added(step.added.slice(start, stop))
            self._room -= stop - start
            start = stop

    def finish(self) -> bytes:
        """Return the last piece."""
        return self._close(True)

    def _close(self, is_last: bool) -> bytes:
        piece = _HEADER.pack(*self._trees, self._number, is_last) + self._body
        self._number += 1
        self._body, self._room = bytearray(), MOST_ADDED
        return piece


def decode_piece(root: bytes, data: bytes) -> Piece:
    """Return a piece of the tree whose root has the id ``root``.

    Raises:
        TamperError: it is none.
    """
    try:
        base, *sizes, number, is_last = _HEADER.unpack_from(data)
        steps = list(_decode_steps(data, _HEADER.size))
    except (struct.error, ValueError) as error:
        raise TamperError(f"the backup has rows that cannot be read: {error}") from error
    base_height, base_count, height, count = sizes
    old = Root() if base == _NO_BASE else Root(base, base_height, base_count)
    return Piece(old, Root(root, height, count), number, is_last, steps)


class Splices:
    """Steps, as they come, as splices of the base."""

    def __init__(self) -> None:
        self._found: list[Splice] = []
        self._place = 0

    def add(self, steps: Iterable[Step]) -> None:
        """Add steps."""
        for keep, skip, added in steps:
            self._place += keep
            last = self._found[-1] if self._found else None
            if last is not None and last.stop == self._place:
                last.columns.extend(added)
                self._found[-1] = last._replace(stop=self._place + skip)
            elif skip or added:
                columns = Columns()
                columns.extend(added)
                self._found.append(Splice(self._place, self._place + skip, columns))
            self._place += skip

    def finish(self, count: int) -> list[Splice]:
        """Return the splices of the base, which has ``count`` entries.

        Raises:
            TamperError: they reach beyond it, or leave some of it out.
        """
        if self._place != count:
            raise TamperError("the backup has rows that do not fit what they are a change of")
        return self._found


def _common(old: Tree, new: Tree) -> Iterator[Same]:
    before, after = list(old.leaves()), list(new.leaves())
    end = Same(len(before), len(after), 0)
    a = c = 0
    for pages in (*common_blocks([page.id for page in before], [page.id for page in after]), end):
        yield from _common_rows(old, before[a : pages.old], new, after[c : pages.new])
        a, c = pages.old + pages.size, pages.new + pages.size
        if pages.size:
            first = before[pages.old].start
            yield Same(first, after[pages.new].start, before[a - 1].stop - first)


def _common_rows(old: Tree, before: Sequence[PageRef], new: Tree, after: Sequence[PageRef]) -> Iterator[Same]:
    if before and after:
        for same in common_blocks(_rows(old, before), _rows(new, after)):
            yield Same(before[0].start + same.old, after[0].start + same.new, same.size)


def _rows(tree: Tree, pages: Sequence[PageRef]) -> list[Entry]:
    leaves = map(tree.leaf, pages)
    return [row for leaf in leaves for row in leaf_entries(leaf, 0, len(leaf))]


def _encode_added(columns: Columns) -> bytes:
    out = [_STEP.pack(_ADD, len(columns)), bytes(columns.entries), bytes(columns.records)]
    out.append(_NUMBER.pack(len(columns.annotations)))
    out += [_NUMBER.pack(index) + id for index, id in sorted(columns.annotations.items())]
    out.append(_NUMBER.pack(len(columns.separators)))
    for index, text in sorted(columns.separators.items()):
        out.append(_NUMBER.pack(index) + _NUMBER.pack(len(text)) + text)
    return b"".join(out)


def _decode_steps(data: bytes, at: int) -> Iterator[Step]:
    while at < len(data):
        code, count = _STEP.unpack_from(data, at)
        at += _STEP.size
        if code == _KEEP:
            yield Step(count, 0, Columns())
        elif code == _SKIP:
            yield Step(0, count, Columns())
        elif code == _ADD:
            added, at = _decode_added(data, at, count)
            yield Step(0, 0, added)
        else:
            raise ValueError(f"a step of an unknown kind {code}")


def _decode_added(data: bytes, at: int, count: int) -> tuple[Columns, int]:
    records = at + count * ENTRY_ID_SIZE
    stop = records + count * OBJECT_ID_SIZE
    if stop > len(data):
        raise ValueError("they end too early")
    columns = Columns(bytearray(data[at:records]), bytearray(data[records:stop]))
    number, at = _number(data, stop)
    for _ in range(number):
        index, at = _number(data, at)
        columns.annotations[index] = data[at : at + OBJECT_ID_SIZE]
        at += OBJECT_ID_SIZE
    number, at = _number(data, at)
    for _ in range(number):
        index, at = _number(data, at)
        size, at = _number(data, at)
        columns.separators[index] = data[at : at + size]
        at += size
    indices = (*columns.annotations, *columns.separators)
    if at > len(data) or any(index >= count for index in indices):
        raise ValueError("they name an entry that is not there")
    return columns, at


def _number(data: bytes, at: int) -> tuple[int, int]:
    return _NUMBER.unpack_from(data, at)[0], at + _NUMBER.size
