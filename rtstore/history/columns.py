"""Runs of items by column: entries (``Columns``) and the pages above them (``Children``).

Bytearrays instead of lists of ``bytes``: a million ids in a list take nine times the memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import ClassVar, Final

from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import InnerPage, LeafPage

_E: Final = ENTRY_ID_SIZE
_O: Final = OBJECT_ID_SIZE


class Columns:
    """A run of entries that can grow: the items of leaves.

    ``entries`` holds 16 bytes an entry, ``records`` 32. ``annotations`` and ``separators`` are sparse, by
    index in the run: the id of an annotation, and the bytes after a record where they are not the dataset's
    usual separator.
    """

    __slots__ = ("annotations", "entries", "records", "separators")

    level: ClassVar[int] = 0
    kind: ClassVar[Kind] = Kind.LEAF

    def __init__(
        self,
        entries: bytearray | None = None,
        records: bytearray | None = None,
        annotations: dict[int, bytes] | None = None,
        separators: dict[int, bytes] | None = None,
    ) -> None:
        self.entries = bytearray() if entries is None else entries
        self.records = bytearray() if records is None else records
        self.annotations = {} if annotations is None else annotations
        self.separators = {} if separators is None else separators

    @classmethod
    def from_leaf(cls, leaf: LeafPage) -> Columns:
        """Return the entries of a leaf."""
        return cls(
            bytearray(leaf.entries), bytearray(leaf.records), dict(leaf.annotations), dict(leaf.separators)
        )

    @property
    def keys(self) -> bytearray:
        """The column that decides boundaries: 16 bytes an item."""
        return self.entries

    def __len__(self) -> int:
        return len(self.entries) // _E

    def append(
        self, entry: bytes, record: bytes, annotation: bytes | None = None, separator: bytes | None = None
    ) -> None:
        """Add one entry at the end.

        Raises:
            ValueError: an id is not of the right length.
        """
        if len(entry) != _E or len(record) != _O:
            raise ValueError(f"not an entry id and a record id: {entry!r}, {record!r}")
        index = len(self)
        self.entries += entry
        self.records += record
        if annotation is not None:
            self.annotations[index] = annotation
        if separator is not None:
            self.separators[index] = separator

    def extend(self, other: Columns) -> None:
        """Add the entries of another run at the end."""
        shift = len(self)
        self.entries += other.entries
        self.records += other.records
        self.annotations.update((shift + i, value) for i, value in other.annotations.items())
        self.separators.update((shift + i, value) for i, value in other.separators.items())

    def extend_from_page(self, leaf: LeafPage, start: int, stop: int) -> None:
        """Add the entries ``start`` to ``stop`` of a leaf at the end."""
        shift = len(self) - start
        self.entries += leaf.entries[start * _E : stop * _E]
        self.records += leaf.records[start * _O : stop * _O]
        self.annotations.update((shift + i, value) for i, value in leaf.annotations if start <= i < stop)
        self.separators.update((shift + i, value) for i, value in leaf.separators if start <= i < stop)

    def slice(self, start: int, stop: int) -> Columns:
        """Return a copy of the entries ``start`` to ``stop``, 0 <= start <= stop."""
        return Columns(
            self.entries[start * _E : stop * _E],
            self.records[start * _O : stop * _O],
            {i - start: value for i, value in self.annotations.items() if start <= i < stop},
            {i - start: value for i, value in self.separators.items() if start <= i < stop},
        )

    def without_last_separator(self) -> Columns:
        """Return the same run without a separator for its last entry; shares all that it can."""
        last = len(self) - 1
        if last not in self.separators:
            return self
        separators = {index: value for index, value in self.separators.items() if index != last}
        return Columns(self.entries, self.records, self.annotations, separators)

    def pages(self, ends: list[int]) -> Iterator[tuple[LeafPage, int]]:
        """Yield the leaves that end at ``ends``, each with its number of entries."""
        annotations, separators = _by_page(self.annotations, ends), _by_page(self.separators, ends)
        start = 0
        for stop in ends:
            with memoryview(self.entries) as entries, memoryview(self.records) as records:
                leaf = LeafPage(
                    bytes(entries[start * _E : stop * _E]),
                    bytes(records[start * _O : stop * _O]),
                    next(annotations),
                    next(separators),
                )
            yield leaf, stop - start
            start = stop


class Children:
    """A run of pages of one level that can grow: the items of inner pages of ``level``.

    ``ids`` holds 32 bytes a child; ``lasts`` 16, the id of its last entry; ``counts`` has the entries below
    it.
    """

    __slots__ = ("counts", "ids", "lasts", "level")

    kind: ClassVar[Kind] = Kind.INNER

    def __init__(self, level: int) -> None:
        self.level = level
        self.ids = bytearray()
        self.lasts = bytearray()
        self.counts: list[int] = []

    @property
    def keys(self) -> bytearray:
        """The column that decides boundaries: 16 bytes an item."""
        return self.lasts

    def __len__(self) -> int:
        return len(self.counts)

    def append(self, id: bytes, last: bytes | bytearray, count: int) -> None:
        """Add one page at the end."""
        self.ids += id
        self.lasts += last
        self.counts.append(count)

    def extend(self, other: Children) -> None:
        """Add the pages of another run at the end."""
        self.ids += other.ids
        self.lasts += other.lasts
        self.counts += other.counts

    def extend_from_page(self, page: InnerPage, start: int, stop: int) -> None:
        """Add the children ``start`` to ``stop`` of an inner page at the end."""
        self.ids += page.pages[start * _O : stop * _O]
        self.lasts += page.lasts[start * _E : stop * _E]
        self.counts += page.counts[start:stop]

    def pages(self, ends: list[int]) -> Iterator[tuple[InnerPage, int]]:
        """Yield the inner pages that end at ``ends``, each with its number of entries."""
        start = 0
        for stop in ends:
            counts = tuple(self.counts[start:stop])
            ids, lasts = self.ids[start * _O : stop * _O], self.lasts[start * _E : stop * _E]
            yield InnerPage(self.level, bytes(ids), bytes(lasts), counts), sum(counts)
            start = stop


Items = Columns | Children


def _by_page(values: dict[int, bytes], ends: list[int]) -> Iterator[tuple[tuple[int, bytes], ...]]:
    """Yield the sparse column of each page that ends at ``ends``, by index in the page."""
    indices = sorted(values)
    at = start = 0
    for stop in ends:
        until = bisect_left(indices, stop, at)
        yield tuple((index - start, values[index]) for index in indices[at:until])
        at, start = until, stop
