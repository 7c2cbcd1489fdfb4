"""Building a tree: items are cut into pages, which are the items of the level above, up to a single page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from rtstore.history.columns import Children, Columns, Items
from rtstore.history.shape import STORE_SHAPE, Shape
from rtstore.history.tree import PageRef, Root
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.model.objects import InnerPage, LeafPage, encode
from rtstore.storage.interface import ObjectWriter


class OldPage:
    """A page that new pages replace, and may be stored as a difference from."""

    __slots__ = ("keys", "ref")

    def __init__(self, ref: PageRef, page: LeafPage | InnerPage) -> None:
        self.ref = ref
        self.keys = page.entries if isinstance(page, LeafPage) else page.lasts


class Builder:
    """Writes the pages of one tree. ``inner`` keeps the inner pages it wrote, by id."""

    def __init__(self, writer: ObjectWriter, shape: Shape) -> None:
        self.shape = shape
        self.inner: dict[bytes, InnerPage] = {}
        self._writer = writer

    def cut(self, items: Items, replaced: Sequence[OldPage] = ()) -> Children:
        """Write the pages that a run of items makes and return them. ``replaced``: what was there."""
        made = Children(items.level + 1)
        bases = _Bases(replaced)
        ends = _unmoved_ends(items, replaced) or self.shape.page_ends(items.keys, items.level)
        pages: Iterator[tuple[LeafPage | InnerPage, int]] = items.pages(ends)
        start = 0
        for stop, (page, count) in zip(ends, pages, strict=True):
            keys = items.keys[start * ENTRY_ID_SIZE : stop * ENTRY_ID_SIZE]
            id = self._writer.add(items.kind, encode(page), bases.of(keys))
            made.append(id, keys[-ENTRY_ID_SIZE:], count)
            if isinstance(page, InnerPage):
                self.inner[id] = page
            start = stop
        return made

    def raise_to_root(self, items: Items, replaced: Sequence[OldPage] = ()) -> Root:
        """Write all levels above a whole level of items, of which there must be some, and return the root."""
        while isinstance(items, Columns) or len(items) > 1:
            items = self.cut(items, replaced)
            replaced = ()
        return Root(bytes(items.ids), items.level - 1, items.counts[0])


def build(writer: ObjectWriter, columns: Columns, shape: Shape = STORE_SHAPE) -> Root:
    """Write the tree of a sequence of entries and return its root.

    What follows the last record belongs to the dataset's framing: a separator noted for the last entry is
    dropped, so that equal sequences have equal roots.
    """
    if not columns:
        return Root()
    return Builder(writer, shape).raise_to_root(columns.without_last_separator())


def _unmoved_ends(items: Items, replaced: Sequence[OldPage]) -> list[int] | None:
    """Return where the pages end if the items are those that the old pages had: edits never move a boundary."""
    if items.keys != b"".join(page.keys for page in replaced):
        return None
    if any(page.ref.stop != after.ref.start for page, after in pairwise(replaced)):
        return None  # pages between are gone, and their items counted where an over-long run was split
    return list(accumulate(len(page.keys) // ENTRY_ID_SIZE for page in replaced))


class _Bases:
    """Finds the old page that a new one resembles: the one that ends alike, else one that shares an item."""

    def __init__(self, replaced: Sequence[OldPage]) -> None:
        self._replaced = replaced
        self._by_last = {page.keys[-ENTRY_ID_SIZE:]: index for index, page in enumerate(replaced)}
        self._next = 0

    def of(self, keys: bytes | bytearray) -> bytes | None:
        """Return the base of the next new page, given its keys."""
        if not self._replaced:
            return None
        index = self._by_last.get(bytes(keys[-ENTRY_ID_SIZE:]))
        if index is not None:
            self._next = min(index + 1, len(self._replaced) - 1)
            return self._replaced[index].ref.id
        page = self._replaced[self._next]
        middle = len(keys) // (2 * ENTRY_ID_SIZE) * ENTRY_ID_SIZE
        probes = (keys[at : at + ENTRY_ID_SIZE] for at in (0, middle))
        return page.ref.id if any(probe in page.keys for probe in probes) else None
