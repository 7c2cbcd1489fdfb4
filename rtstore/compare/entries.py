"""Which entries differ between two versions of a dataset: added, removed, changed, moved.

Only pages that differ are read, so the cost follows the change and not the size of the dataset.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from struct import iter_unpack
from typing import NamedTuple

from rtstore.compare.order import stayed
from rtstore.errors import DamagedError
from rtstore.history.columns import Columns
from rtstore.history.tree import PageRef, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE


class Placed(NamedTuple):
    """An entry that only one version has, at its position there."""

    position: int
    entry: bytes
    record: bytes


class Change(NamedTuple):
    """An entry of both versions whose record, annotation or separator differs."""

    entry: bytes
    old_position: int
    new_position: int
    old_record: bytes
    new_record: bytes
    old_annotation: bytes | None
    new_annotation: bytes | None
    old_separator: bytes | None
    new_separator: bytes | None


class Move(NamedTuple):
    """An entry of both versions that changed its place among the others."""

    entry: bytes
    old_position: int
    new_position: int


class EntryChanges(NamedTuple):
    """How two versions differ. Positions count from 0.

    ``added``, ``changed`` and ``moved`` are in the new version's order, ``removed`` in the old one's. An
    entry can be both changed and moved. An entry that merely has another position because others came or went
    has not moved.
    """

    added: list[Placed]
    removed: list[Placed]
    changed: list[Change]
    moved: list[Move]

    def __bool__(self) -> bool:
        return any(self)


#: What both versions have, as one item of their orders: its position in the new version and in the old one,
#: its number of entries, and, where it is a whole page, the page.
_Shared = tuple[int, int, int, PageRef | None]


def compare(old: Tree, new: Tree) -> EntryChanges:
    """Return how the entries of two versions differ.

    Of the entries in both, those outside a heaviest common order moved; a page that is the same in both
    versions counts as one item as heavy as its entries, and stays or moves as a whole.

    Raises:
        DamagedError: a page is missing or damaged, or an entry is in one version twice.
    """
    shared, old_leaves, new_leaves = _descend(old, new)
    before, after = _Side(old, old_leaves), _Side(new, new_leaves)
    pairs = [(i, j) for entry, j in after.index.items() if (i := before.index.get(entry)) is not None]
    shared += [(after.positions[j], before.positions[i], 1, None) for i, j in pairs]
    return EntryChanges(
        added=after.without(before),
        removed=before.without(after),
        changed=list(_changes(before, after, pairs)),
        moved=list(_moves(new, after, shared)),
    )


class _Side:
    """The entries of one version that are in pages the other does not have."""

    def __init__(self, tree: Tree, leaves: list[PageRef]) -> None:
        columns = Columns()
        self.positions: list[int] = []
        for ref in leaves:
            columns.extend_from_page(tree.leaf(ref), 0, ref.count)
            self.positions.extend(range(ref.start, ref.stop))
        self.entries: list[bytes] = [id for (id,) in iter_unpack(f"{ENTRY_ID_SIZE}s", columns.entries)]
        self.records: list[bytes] = [id for (id,) in iter_unpack(f"{OBJECT_ID_SIZE}s", columns.records)]
        self.annotations, self.separators = columns.annotations, columns.separators
        self.index = {entry: index for index, entry in enumerate(self.entries)}
        if len(self.index) < len(self.entries):
            raise DamagedError("a stored version of a dataset has an entry twice")

    def without(self, other: _Side) -> list[Placed]:
        """Return the entries that the other version does not have."""
        return [
            Placed(self.positions[index], entry, self.records[index])
            for entry, index in self.index.items()
            if entry not in other.index
        ]


def _descend(old: Tree, new: Tree) -> tuple[list[_Shared], list[PageRef], list[PageRef]]:
    """Return the largest pages that both versions have, and the leaves of each that are in none of them."""
    shared: list[_Shared] = []
    olds = [old.top()] if len(old) else []
    news = [new.top()] if len(new) else []
    for level in range(max(old.root.height, new.root.height), -1, -1):
        old_pages, new_pages = _on_level(olds, level), _on_level(news, level)
        both = old_pages.keys() & new_pages.keys()
        for id in both:
            page = new_pages[id]
            shared.append((page.start, old_pages[id].start, page.count, page))
        olds, news = _expand(old, olds, level, both), _expand(new, news, level, both)
    return shared, olds, news


def _on_level(pages: list[PageRef], level: int) -> dict[bytes, PageRef]:
    found = [page for page in pages if page.level == level]
    by_id = {page.id: page for page in found}
    if len(by_id) < len(found):
        raise DamagedError("a stored version of a dataset has a page twice")
    return by_id


def _expand(tree: Tree, pages: list[PageRef], level: int, shared: set[bytes]) -> list[PageRef]:
    """Return the pages that are not shared, inner pages of ``level`` replaced by those below them."""
    result = []
    for page in pages:
        if page.level < level or (level == 0 and page.id not in shared):
            result.append(page)
        elif page.id not in shared:
            result += tree.children(page)
    return result


def _changes(before: _Side, after: _Side, pairs: list[tuple[int, int]]) -> Iterator[Change]:
    for i, j in pairs:
        if (
            before.records[i] != after.records[j]
            or before.annotations.get(i) != after.annotations.get(j)
            or before.separators.get(i) != after.separators.get(j)
        ):
            yield Change(
                after.entries[j],
                before.positions[i],
                after.positions[j],
                before.records[i],
                after.records[j],
                before.annotations.get(i),
                after.annotations.get(j),
                before.separators.get(i),
                after.separators.get(j),
            )


def _moves(new: Tree, after: _Side, shared: list[_Shared]) -> Iterator[Move]:
    # Positions in the new version differ, so no two pages are ever compared.
    shared.sort()
    kept = stayed([old for _, old, _, _ in shared], [weight for _, _, weight, _ in shared])
    if len(kept) == len(shared):
        return
    staying = set(kept)
    for index, (new_position, old_position, _, page) in enumerate(shared):
        if index in staying:
            continue
        if page is None:
            entry = after.entries[bisect_left(after.positions, new_position)]
            yield Move(entry, old_position, new_position)
        else:
            for offset, each in enumerate(new.entries(page.start, page.stop)):
                yield Move(each.entry, old_position + offset, new_position + offset)
