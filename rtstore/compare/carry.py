"""Carrying uncommitted changes over to another version, where the two do not collide.

A small three-way merge of entries: what the working file changed against ``base`` is done to ``target``. Whatever
both changed differently is a collision; nothing is merged inside an entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rtstore.compare.entries import EntryChanges, compare
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.tree import Entry, Tree


class Carried(NamedTuple):
    """The changes as splices of the target. ``sources`` has, for each, the working positions of its entries.

    ``collisions``: the entries both sides changed; then the rest is of no use.
    """

    splices: list[Splice]
    sources: list[list[int]]
    collisions: list[bytes]


class _Content(NamedTuple):
    record: bytes
    annotation: bytes | None


def carry(base: Tree, working: Tree, target: Tree) -> Carried:
    """Return what makes of ``target`` a version with the changes from ``base`` to ``working``."""
    ours, theirs = compare(base, working), compare(base, target)
    collisions = _collisions(ours, theirs)
    if collisions:
        return Carried([], [], collisions)
    return Carried(*_splices(ours, theirs, working, target), [])


def _collisions(ours: EntryChanges, theirs: EntryChanges) -> list[bytes]:
    mine, other = _contents(ours), _contents(theirs)
    return [entry for entry, content in mine.items() if entry in other and other[entry] != content]


def _contents(changes: EntryChanges) -> dict[bytes, _Content | None]:
    """Return the new content of every entry whose content changed; None where it was removed."""
    contents: dict[bytes, _Content | None] = {placed.entry: None for placed in changes.removed}
    contents.update((placed.entry, _Content(placed.record, None)) for placed in changes.added)
    contents.update(
        (change.entry, _Content(change.new_record, change.new_annotation)) for change in changes.changed
    )
    return contents


def _splices(
    ours: EntryChanges, theirs: EntryChanges, working: Tree, target: Tree
) -> tuple[list[Splice], list[list[int]]]:
    there = _contents(theirs)
    moved = {move.entry: move.new_position for move in ours.moved}
    placed = {p.entry: p.position for p in ours.added} | moved
    removed = {p.entry for p in ours.removed}
    edited = {c.entry: c.new_position for c in ours.changed}
    anchors = _anchors(working, placed)
    wanted = removed | set(moved) | set(edited) | set(placed) | {a for a in anchors.values() if a is not None}
    at = positions(target, wanted)
    planned: list[tuple[int, int, list[tuple[Entry, int]]]] = []
    for entry in removed | set(moved):
        if entry in at:
            planned.append((at[entry], at[entry] + 1, []))
    for entry, position in edited.items():
        if entry in at and entry not in moved and entry not in removed:
            planned.append((at[entry], at[entry] + 1, [(_entry(working, position), position)]))
    planned.extend(_insertions(working, target, placed, anchors, at, moved, edited, there))
    planned.sort(key=lambda plan: plan[:2])
    splices = [
        Splice(start, stop, _columns(entry for entry, _ in entries)) for start, stop, entries in planned
    ]
    return splices, [[position for _, position in entries] for _, _, entries in planned]


def _insertions(
    working: Tree,
    target: Tree,
    placed: dict[bytes, int],
    anchors: dict[bytes, bytes | None],
    at: dict[bytes, int],
    moved: dict[bytes, int],
    edited: dict[bytes, int],
    there: dict[bytes, _Content | None],
) -> list[tuple[int, int, list[tuple[Entry, int]]]]:
    """Return the insertions: each run goes after its nearest left neighbour that the target has."""
    runs: dict[int, list[tuple[Entry, int]]] = {}
    for entry, position in sorted(placed.items(), key=lambda item: item[1]):
        if entry in at and entry not in moved:
            continue  # the target added the same
        if entry in moved and entry not in at:
            continue  # the target removed it
        item = _entry(working, position)
        if entry in moved and entry not in edited and entry in there:
            item = _entry(target, at[entry])
        anchor = anchors[entry]
        after = at[anchor] + 1 if anchor is not None and anchor in at else 0
        runs.setdefault(after, []).append((item, position))
    return [(after, after, entries) for after, entries in runs.items()]


def _anchors(working: Tree, placed: dict[bytes, int]) -> dict[bytes, bytes | None]:
    """Return for each inserted or moved entry the nearest entry to its left that is neither."""
    anchors: dict[bytes, bytes | None] = {}
    for entry, position in placed.items():
        left = position - 1
        while left >= 0 and (neighbour := _entry(working, left).entry) in placed:
            left -= 1
        anchors[entry] = neighbour if left >= 0 else None
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


def _columns(entries: Iterable[Entry]) -> Columns:
    columns = Columns()
    for entry in entries:
        columns.append(entry.entry, entry.record, entry.annotation, entry.separator)
    return columns
