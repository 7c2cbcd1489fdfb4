"""Carrying uncommitted changes over to another version, where the two do not collide.

A small three-way merge of entries: what the working file changed against ``base`` is done to ``target``. Whatever
both changed differently is a collision; nothing is merged inside an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rtstore.compare.entries import Change, EntryChanges, compare
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.tree import Entry, Tree


class Source(NamedTuple):
    """Where the record of a carried entry is from: its position in the target, else in the working version."""

    position: int
    in_target: bool = False


class Carried(NamedTuple):
    """The changes as splices of the target. ``sources`` has, for each, where its entries are from.

    ``collisions``: the entries both sides changed; then the rest is of no use.
    """

    splices: list[Splice]
    sources: list[list[Source]]
    collisions: list[bytes]


class _Content(NamedTuple):
    record: bytes
    annotation: bytes | None


#: Entries to put in the place of those of the target from a position up to another.
_Plan = tuple[int, int, list[tuple[Entry, Source]]]


def carry(base: Tree, working: Tree, target: Tree, usual: bytes) -> Carried:
    """Return what makes of ``target`` a version with the changes from ``base`` to ``working``.

    ``usual`` is the separator that goes without saying in the result.
    """
    ours, theirs = compare(base, working), compare(base, target)
    collisions = _collisions(ours, theirs)
    if collisions:
        return Carried([], [], collisions)
    plans = _Carrying(ours, theirs, working, target).plans()
    return Carried(
        [Splice(start, stop, _columns([entry for entry, _ in items], usual)) for start, stop, items in plans],
        [[source for _, source in items] for _, _, items in plans],
        [],
    )


def _collisions(ours: EntryChanges, theirs: EntryChanges) -> list[bytes]:
    mine, other = _contents(ours), _contents(theirs)
    return [entry for entry, content in mine.items() if entry in other and other[entry] != content]


def _contents(changes: EntryChanges) -> dict[bytes, _Content | None]:
    """Return the new content of every entry whose content changed; None where it was removed."""
    contents: dict[bytes, _Content | None] = {placed.entry: None for placed in changes.removed}
    contents.update((placed.entry, _Content(placed.record, None)) for placed in changes.added)
    contents.update(
        (change.entry, _Content(change.new_record, change.new_annotation))
        for change in changes.changed
        if _is_of_content(change)
    )
    return contents


def _is_of_content(change: Change) -> bool:
    """Tell whether more than what follows the record changed."""
    return (change.old_record, change.old_annotation) != (change.new_record, change.new_annotation)


class _Carrying:
    """Plans how to do our changes to the target."""

    def __init__(self, ours: EntryChanges, theirs: EntryChanges, working: Tree, target: Tree) -> None:
        self._working = working
        self._target = target
        self._moved = {move.entry for move in ours.moved}
        #: Entries that go to a new place, in the order of the working version.
        self._placed = dict(
            sorted(
                [(p.entry, p.position) for p in ours.added] + [(m.entry, m.new_position) for m in ours.moved],
                key=lambda item: item[1],
            )
        )
        self._removed = {placed.entry for placed in ours.removed}
        self._changed = {change.entry: change for change in ours.changed}
        self._anchors = self._find_anchors({placed.entry for placed in theirs.removed})
        anchors = {anchor for anchor in self._anchors.values() if anchor is not None}
        self._at = positions(target, {*self._removed, *self._changed, *self._placed, *anchors})

    def plans(self) -> list[_Plan]:
        """Return what to replace in the target, in order."""
        plans: list[_Plan] = [
            (at, at + 1, [])
            for entry in {*self._removed, *self._moved}
            if (at := self._at.get(entry)) is not None
        ]
        for entry, change in self._changed.items():
            at = self._at.get(entry)
            if at is not None and entry not in self._moved:
                plans.append((at, at + 1, [self._item(entry, change.new_position)]))
        plans.extend(self._insertions())
        return sorted(plans, key=lambda plan: plan[:2])

    def _insertions(self) -> list[_Plan]:
        """Return the insertions: each run goes after its nearest left neighbour that the target has."""
        runs: dict[int, list[tuple[Entry, Source]]] = {}
        for entry, position in self._placed.items():
            # What is not moved is added, and may be there: the target added the same. What is moved may be gone.
            if (entry in self._moved) is not (entry in self._at):
                continue
            anchor = self._anchors[entry]
            runs.setdefault(0 if anchor is None else self._at[anchor] + 1, []).append(
                self._item(entry, position)
            )
        return [(after, after, items) for after, items in runs.items()]

    def _item(self, entry: bytes, position: int) -> tuple[Entry, Source]:
        """Return an entry as it is to be: our content if we changed it, else that of the target."""
        ours = _entry(self._working, position)
        change = self._changed.get(entry)
        at = self._at.get(entry)
        if at is None or (change is not None and _is_of_content(change)):
            return ours, Source(position)
        theirs = _entry(self._target, at)
        if change is not None:
            theirs = theirs._replace(separator=ours.separator)
        return theirs, Source(at, in_target=True)

    def _find_anchors(self, gone: set[bytes]) -> dict[bytes, bytes | None]:
        """Return for each placed entry the nearest one to its left that stays where it is and is not ``gone``."""
        anchors: dict[bytes, bytes | None] = {}
        for entry, position in self._placed.items():
            anchors[entry] = None
            for left in range(position - 1, -1, -1):
                neighbour = _entry(self._working, left).entry
                if neighbour in self._placed:
                    anchors[entry] = anchors[neighbour]
                    break
                if neighbour not in gone:
                    anchors[entry] = neighbour
                    break
        return anchors


def positions(tree: Tree, wanted: set[bytes]) -> dict[bytes, int]:
    """Return the positions of entries; those the tree does not have are left out."""
    found: dict[bytes, int] = {}
    if wanted:
        for position, entry in enumerate(tree.entries()):
            if entry.entry in wanted:
                found[entry.entry] = position
    return found


def _entry(tree: Tree, position: int) -> Entry:
    return next(iter(tree.entries(position, position + 1)))


def _columns(entries: Sequence[Entry], usual: bytes) -> Columns:
    columns = Columns()
    for entry in entries:
        separator = None if entry.separator == usual else entry.separator
        columns.append(entry.entry, entry.record, entry.annotation, separator)
    return columns
