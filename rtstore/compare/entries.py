"""Which entries differ between two versions of a dataset: added, removed, changed, moved.

Only pages that differ are read, so the cost follows the change and not the size of the dataset.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from struct import iter_unpack
from typing import Final, NamedTuple

from rtstore.compare.order import stayed
from rtstore.errors import DamagedError
from rtstore.history.columns import Columns
from rtstore.history.tree import PageRef, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE
from rtstore.model.objects import LeafPage

_ENTRY: Final = f"{ENTRY_ID_SIZE}s"
_RECORD: Final = f"{OBJECT_ID_SIZE}s"


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


#: Entries that both versions have in the same order, without a difference unless it is a single one: the
#: position of the first in the new version and in the old one, and their number.
Shared = tuple[int, int, int]
#: What two versions have in common, and the leaves of the old and of the new one that are not part of it.
Common = tuple[list[Shared], list[PageRef], list[PageRef]]


class Places:
    """Where the entries that two versions have in common are in either."""

    def __init__(self, shared: Sequence[Shared]) -> None:
        self._shared = shared

    def new(self, old: int) -> int | None:
        """Return the new position of the entry at an old one; None if the new version does not have it."""
        starts, runs = self._by_old
        at = bisect_right(starts, old) - 1
        if at < 0:
            return None
        new_start, old_start, count = runs[at]
        return new_start + old - old_start if old < old_start + count else None

    def goes_along(self, old: int, new: int) -> bool:
        """Tell whether an entry is behind the one that it was behind before, as but the first of a moved block is.

        What is in one version only does not count.
        """
        before_old = next((at for at in range(old - 1, -1, -1) if self.new(at) is not None), None)
        before_new = next((at for at in map(self.old, range(new - 1, -1, -1)) if at is not None), None)
        return before_old == before_new

    def old(self, new: int) -> int | None:
        """Return the old position of the entry at a new one; None if the old version does not have it."""
        starts, runs = self._by_new
        at = bisect_right(starts, new) - 1
        if at < 0:
            return None
        new_start, old_start, count = runs[at]
        return old_start + new - new_start if new < new_start + count else None

    @cached_property
    def _by_old(self) -> tuple[list[int], list[Shared]]:
        runs = sorted(self._shared, key=lambda run: run[1])
        return [run[1] for run in runs], runs

    @cached_property
    def _by_new(self) -> tuple[list[int], list[Shared]]:
        runs = sorted(self._shared)
        return [run[0] for run in runs], runs


class Relation(NamedTuple):
    """How two versions differ, and where what they share is in either."""

    changes: EntryChanges
    places: Places


def compare(old: Tree, new: Tree) -> EntryChanges:
    """Return how the entries of two versions differ, see ``relate``."""
    return relate(old, new).changes


def relate(old: Tree, new: Tree) -> Relation:
    """Return how the entries of two versions differ, and where those are that both have.

    Of the entries in both, those outside a heaviest common order moved; what is the same in both versions, a
    page or part of one, counts as one item as heavy as its entries, and stays or moves as a whole.

    Raises:
        DamagedError: a page is missing or damaged, or an entry is in one version twice.
    """
    shared, old_leaves, new_leaves = descend(old, new)
    before, after = _Side(old), _Side(new)
    shared += _take_leaves(before, old_leaves, after, new_leaves)
    before.close()
    after.close()
    pairs = [(i, j) for entry, j in after.index.items() if (i := before.index.get(entry)) is not None]
    shared += [(after.positions[j], before.positions[i], 1) for i, j in pairs]
    changes = EntryChanges(
        added=after.without(before),
        removed=before.without(after),
        changed=list(_changes(before, after, pairs)),
        moved=list(_moves(new, after, shared)),
    )
    return Relation(changes, Places(shared))


class _Side:
    """The entries of one version that have to be looked at one by one."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.positions: list[int] = []
        self.entries: list[bytes] = []
        self.records: list[bytes] = []
        self.index: dict[bytes, int] = {}
        self._columns = Columns()

    def take(self, ref: PageRef, start: int, stop: int) -> None:
        """Add the entries of a leaf from index ``start`` to before ``stop``."""
        self._columns.extend_from_page(self.tree.leaf(ref), start, stop)
        self.positions.extend(range(ref.start + start, ref.start + stop))

    def close(self) -> None:
        """Nothing is added any more."""
        columns = self._columns
        self.entries = [id for (id,) in iter_unpack(_ENTRY, columns.entries)]
        self.records = [id for (id,) in iter_unpack(_RECORD, columns.records)]
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


def descend(old: Tree, new: Tree) -> Common:
    """Return the largest pages that both versions have, and the leaves of each that are in none of them.

    Raises:
        DamagedError: a page is missing or damaged.
    """
    shared: list[Shared] = []
    olds = [old.top()] if len(old) else []
    news = [new.top()] if len(new) else []
    if olds and news and olds[0].id == news[0].id:
        return [(0, 0, len(new))], [], []
    for level in range(max(old.root.height, new.root.height), 0, -1):
        old_pages, new_pages = _below(old, olds, level), _below(new, news, level)
        shared += [
            (start, old_pages[id][0], count) for id, (start, count) in new_pages.items() if id in old_pages
        ]
        olds = _only_in(old, old_pages, new_pages, level - 1)
        news = _only_in(new, new_pages, old_pages, level - 1)
    return shared, olds, news


def _below(tree: Tree, pages: list[PageRef], level: int) -> dict[bytes, tuple[int, int]]:
    """Return the start and size by id of the pages on the level below ``level``, and of those already there."""
    found: dict[bytes, tuple[int, int]] = {}
    total = 0
    for page in pages:
        if page.level < level:
            found[page.id] = page.start, page.count
            total += 1
        else:
            inner = tree.inner(page)
            ids = (id for (id,) in iter_unpack(_RECORD, inner.pages))
            starts = accumulate(inner.counts, initial=page.start)
            found.update(zip(ids, zip(starts, inner.counts, strict=False), strict=True))
            total += len(inner)
    if len(found) < total:
        raise DamagedError("a stored version of a dataset has a page twice")
    return found


def _only_in(
    tree: Tree, pages: dict[bytes, tuple[int, int]], others: dict[bytes, tuple[int, int]], level: int
) -> list[PageRef]:
    """Return the pages that the other version does not have."""
    level = min(level, tree.root.height)
    return [tree.page_at(level, start) for id, (start, _) in pages.items() if id not in others]


def _take_leaves(
    before: _Side, old_leaves: list[PageRef], after: _Side, new_leaves: list[PageRef]
) -> list[Shared]:
    """Give each side what differs in its leaves, and return what does not.

    Most leaves of an edited dataset have the entries they had: of those only the ones that differ are looked at.
    """
    shared: list[Shared] = []
    by_last = {ref.last: ref for ref in old_leaves}
    matched = set()
    for new in new_leaves:
        old = by_last.get(new.last)
        if (
            old is None
            or old.count != new.count
            or before.tree.leaf(old).entries != after.tree.leaf(new).entries
        ):
            after.take(new, 0, new.count)
            continue
        matched.add(old.start)
        done = 0
        for index in [*_differing(before.tree.leaf(old), after.tree.leaf(new)), new.count]:
            if index > done:
                shared.append((new.start + done, old.start + done, index - done))
            if index < new.count:
                before.take(old, index, index + 1)
                after.take(new, index, index + 1)
            done = index + 1
    for old in old_leaves:
        if old.start not in matched:
            before.take(old, 0, old.count)
    return shared


def _differing(old: LeafPage, new: LeafPage) -> list[int]:
    """Return where two leaves with the same entries differ."""
    found = {index for index, _ in {*old.annotations} ^ {*new.annotations}}
    found |= {index for index, _ in {*old.separators} ^ {*new.separators}}
    pairs = zip(iter_unpack(_RECORD, old.records), iter_unpack(_RECORD, new.records), strict=True)
    found.update(index for index, (before, after) in enumerate(pairs) if before != after)
    return sorted(found)


def _changes(before: _Side, after: _Side, pairs: list[tuple[int, int]]) -> Iterator[Change]:
    # Few entries have an annotation or a separator of their own, and those of most do not differ.
    old_sparse = before.annotations.keys() | before.separators.keys()
    new_sparse = after.annotations.keys() | after.separators.keys()
    for i, j in pairs:
        if before.records[i] == after.records[j] and i not in old_sparse and j not in new_sparse:
            continue
        change = Change(
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
        if (change.old_record, change.old_annotation, change.old_separator) != (
            change.new_record,
            change.new_annotation,
            change.new_separator,
        ):
            yield change


def _moves(new: Tree, after: _Side, shared: list[Shared]) -> Iterator[Move]:
    shared.sort()
    kept = stayed([old for _, old, _ in shared], [weight for _, _, weight in shared])
    if len(kept) == len(shared):
        return
    staying = set(kept)
    for index, (new_position, old_position, count) in enumerate(shared):
        if index in staying:
            continue
        at = bisect_left(after.positions, new_position)
        if at < len(after.positions) and after.positions[at] == new_position:
            yield Move(after.entries[at], old_position, new_position)
            continue
        for offset, each in enumerate(new.entries(new_position, new_position + count)):
            yield Move(each.entry, old_position + offset, new_position + offset)
