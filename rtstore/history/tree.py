"""Reading the Merkle tree that holds the entries of a dataset in their order.

Nothing is read before it is asked for. Whatever is read is checked against what its parent said of it, so
that a damaged tree is an error and never an endless loop or a page at the wrong place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Set
from itertools import accumulate, islice
from struct import iter_unpack
from typing import Final, NamedTuple

import msgspec

from rtstore.errors import DamagedError, RevisionError
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import InnerPage, LeafPage, decode
from rtstore.storage.interface import ObjectReader

_INNER_CACHE: Final = 1024
_LEAF_CACHE: Final = 16
_PREFIX: Final = re.compile("[0-9a-f]{4,32}").fullmatch


class Root(msgspec.Struct, frozen=True, gc=False):
    """A whole tree: its root page (None: no entries), the page's level (0: a leaf), the number of entries."""

    id: bytes | None = None
    height: int = 0
    count: int = 0


class PageRef(msgspec.Struct, frozen=True, gc=False):
    """A page and its place.

    ``level`` is 0 for a leaf; ``start`` the position of its first entry; ``last`` the id of its last entry.
    """

    id: bytes
    level: int
    start: int
    count: int
    last: bytes

    @property
    def stop(self) -> int:
        """The position after its last entry."""
        return self.start + self.count


class Entry(NamedTuple):
    """One entry. ``separator`` is what follows its record, None where that is the usual."""

    entry: bytes
    record: bytes
    annotation: bytes | None
    separator: bytes | None


class Tree:
    """The entries of one version of a dataset, by position. Positions count from 0."""

    def __init__(self, reader: ObjectReader, root: Root) -> None:
        self.root = root
        self._reader = reader
        self._top: PageRef | None = None
        self._inner_pages: dict[bytes, tuple[InnerPage, list[int]]] = {}
        self._leaves: dict[bytes, LeafPage] = {}

    def __len__(self) -> int:
        return self.root.count

    def top(self) -> PageRef:
        """Return the root page of a tree that has entries.

        Raises:
            IndexError: there are none.
        """
        if self._top is None:
            self._top = self._find_top()
        return self._top

    def leaves(self, start: int = 0) -> Iterator[PageRef]:
        """Yield the leaves in order, from the one with position ``start``, without loading them."""
        return self.pages(0, start)

    def pages(self, level: int, start: int = 0) -> Iterator[PageRef]:
        """Yield the pages of a level in order, from the one with position ``start``, without loading them.

        Raises:
            DamagedError: one of them comes twice: a few small pages could stand for any number of entries then.
        """
        seen = set()
        for ref in self._pages_below(self.top(), level, start) if start < len(self) else ():
            if ref.id in seen:
                raise DamagedError(f"page {ref.id.hex()} is in a stored version of a dataset twice")
            seen.add(ref.id)
            yield ref

    def children(self, ref: PageRef) -> list[PageRef]:
        """Return the pages below an inner page."""
        page, ends = self._inner(ref)
        return [_child(ref, page, ends, index) for index in range(len(page))]

    def page_at(self, level: int, position: int) -> PageRef:
        """Return the page of a level that holds the entry at ``position``.

        Raises:
            IndexError: there is no such position.
        """
        if not 0 <= position < len(self):
            raise IndexError(f"position {position} of {len(self)} entries")
        ref = self.top()
        while ref.level > level:
            page, ends = self._inner(ref)
            ref = _child(ref, page, ends, bisect_right(ends, position - ref.start))
        return ref

    def inner(self, ref: PageRef) -> InnerPage:
        """Return the content of an inner page."""
        return self._inner(ref)[0]

    def children_before(self, ref: PageRef, position: int) -> int:
        """Return how many children of an inner page end at or before ``position``."""
        return bisect_right(self._inner(ref)[1], position - ref.start)

    def content(self, ref: PageRef) -> LeafPage | InnerPage:
        """Return the content of a page of any level."""
        return self.inner(ref) if ref.level else self.leaf(ref)

    def leaf(self, ref: PageRef) -> LeafPage:
        """Return the content of a leaf."""
        leaf = self._leaves.pop(ref.id, None)
        if leaf is None:
            leaf = self._read_leaf(ref)
            if len(self._leaves) >= _LEAF_CACHE:
                del self._leaves[next(iter(self._leaves))]
        else:
            _check(leaf.entries, len(leaf), ref)
        self._leaves[ref.id] = leaf
        return leaf

    def locate(self, position: int) -> tuple[LeafPage, int]:
        """Return the leaf that holds the entry at ``position``, and the entry's index in it.

        Raises:
            IndexError: there is no such position.
        """
        ref = self.page_at(0, position)
        return self.leaf(ref), position - ref.start

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from position ``start`` to before ``stop`` (None: to the end)."""
        stop = len(self) if stop is None else min(stop, len(self))
        if start >= stop:
            return
        for ref in self.leaves(start):
            if ref.start >= stop:
                return
            leaf = self._read_leaf(ref)
            yield from leaf_entries(leaf, max(start - ref.start, 0), min(stop - ref.start, len(leaf)))

    def position_of(self, entry: bytes) -> int | None:
        """Return the position of an entry, or None; reads leaves from the first on until it is found."""
        for position, found in self._find(entry):
            if found == entry:
                return position
        return None

    def positions_with_prefix(self, prefix: str, limit: int = 8) -> list[tuple[int, bytes]]:
        """Return (position, id) of the first ``limit`` entries whose id starts with these hexadecimal digits.

        Dashes, as in a UUID, are ignored.

        Raises:
            RevisionError: it is not at least four hexadecimal digits.
        """
        digits = prefix_digits(prefix)
        whole = bytes.fromhex(digits[: len(digits) // 2 * 2])
        matches = (match for match in self._find(whole) if match[1].hex().startswith(digits))
        return list(islice(matches, limit))

    def _find(self, prefix: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (position, id) of the entries whose id starts with ``prefix``."""
        for ref in self.leaves():
            ids = self._read_leaf(ref).entries
            at = ids.find(prefix)
            while at >= 0:
                beyond = at % ENTRY_ID_SIZE
                if not beyond:
                    yield ref.start + at // ENTRY_ID_SIZE, ids[at : at + ENTRY_ID_SIZE]
                at = ids.find(prefix, at - beyond + ENTRY_ID_SIZE)

    def _pages_below(self, ref: PageRef, level: int, start: int) -> Iterator[PageRef]:
        if ref.level == level:
            yield ref
            return
        page, ends = self._inner(ref)
        first = bisect_right(ends, start - ref.start) if start > ref.start else 0
        for index in range(first, len(page)):
            child = _child(ref, page, ends, index)
            if child.level == level:
                yield child
            else:
                yield from self._pages_below(child, level, start)

    def _find_top(self) -> PageRef:
        id, height, count = self.root.id, self.root.height, self.root.count
        if id is None:
            raise IndexError("a tree without entries has no pages")
        if height:
            keys = self._load_inner(id)[0].lasts
        else:
            self._leaves[id] = leaf = decode(self._reader.read(Kind.LEAF, id), LeafPage)
            keys = leaf.entries
        return PageRef(id, height, 0, count, keys[-ENTRY_ID_SIZE:])

    def _inner(self, ref: PageRef) -> tuple[InnerPage, list[int]]:
        """Return an inner page and where, counted from its start, each of its children ends."""
        page, ends = self._load_inner(ref.id)
        if page.level != ref.level:
            raise DamagedError(f"page {ref.id.hex()} is on level {page.level}, its parent says {ref.level}")
        _check(page.lasts, ends[-1], ref)
        return page, ends

    def _load_inner(self, id: bytes) -> tuple[InnerPage, list[int]]:
        known = self._inner_pages.get(id)
        if known is None:
            page = decode(self._reader.read(Kind.INNER, id), InnerPage)
            known = page, list(accumulate(page.counts))
            if len(self._inner_pages) >= _INNER_CACHE:
                del self._inner_pages[next(iter(self._inner_pages))]
            self._inner_pages[id] = known
        return known

    def _read_leaf(self, ref: PageRef) -> LeafPage:
        leaf = decode(self._reader.read(Kind.LEAF, ref.id), LeafPage)
        _check(leaf.entries, len(leaf), ref)
        return leaf


def prefix_digits(prefix: str) -> str:
    """Return the hexadecimal digits of the beginning of an entry id, as they are compared.

    Raises:
        RevisionError: they are none, or fewer than four.
    """
    digits = prefix.replace("-", "").lower()
    if not _PREFIX(digits):
        raise RevisionError(
            f"{prefix!r} is not the beginning of an entry id", hint="Give 4 to 32 hexadecimal digits."
        )
    return digits


def _check(keys: bytes, count: int, ref: PageRef) -> None:
    if count != ref.count:
        raise DamagedError(f"page {ref.id.hex()} has {count} entries, its parent says {ref.count}")
    if keys[-ENTRY_ID_SIZE:] != ref.last:
        raise DamagedError(f"page {ref.id.hex()} ends with another entry than its parent says")


def _child(parent: PageRef, page: InnerPage, ends: list[int], index: int) -> PageRef:
    return PageRef(
        page.pages[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE],
        parent.level - 1,
        parent.start + ends[index] - page.counts[index],
        page.counts[index],
        page.lasts[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE],
    )


def leaf_entries(leaf: LeafPage, start: int, stop: int) -> Iterator[Entry]:
    """Yield the entries of a leaf from index ``start`` to before ``stop``."""
    ids = iter_unpack("16s", leaf.entries[start * ENTRY_ID_SIZE : stop * ENTRY_ID_SIZE])
    records = iter_unpack("32s", leaf.records[start * OBJECT_ID_SIZE : stop * OBJECT_ID_SIZE])
    annotations, separators = dict(leaf.annotations), dict(leaf.separators)
    for index, (entry,), (record,) in zip(range(start, stop), ids, records, strict=True):
        yield Entry(entry, record, annotations.get(index), separators.get(index))


def entry_at(tree: Tree, position: int) -> Entry:
    """Return the entry at a position.

    Raises:
        IndexError: there is no such position.
    """
    leaf, index = tree.locate(position)
    return next(leaf_entries(leaf, index, index + 1))


def positions_of(tree: Tree, wanted: Set[bytes]) -> dict[bytes, int]:
    """Return the positions of entries, in one look at the ids of all; those the tree does not have are left out."""
    found: dict[bytes, int] = {}
    for ref in tree.leaves() if wanted else ():
        if len(found) == len(wanted):
            break
        ids = iter_unpack(f"{ENTRY_ID_SIZE}s", tree.leaf(ref).entries)
        found.update((id, ref.start + index) for index, (id,) in enumerate(ids) if id in wanted)
    return found
