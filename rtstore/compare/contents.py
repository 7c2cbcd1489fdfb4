"""Entries that differ between two versions of a dataset, with what differs in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

import msgspec

from rtstore.compare.counting import volatile_of
from rtstore.compare.difference import MISSING, Beside, EntryChange, FieldChange
from rtstore.compare.entries import Change, EntryChanges, Move, Placed
from rtstore.compare.records import RecordDifference, record_difference
from rtstore.compare.registries import mapping_difference
from rtstore.compare.version import Version
from rtstore.history.tree import entry_at
from rtstore.model.jsontext import loads
from rtstore.model.objects import Annotation

_Item = Placed | Change | Move
#: What people noted, which a record may have members of the same names as.
_PATHS: Final = {name: f"annotation/{name}" for name in ("note", "rating", "review", "partition")}


class EntryReader:
    """Makes the differing entries of two versions values, one after the other."""

    def __init__(self, old: Version, new: Version, changes: EntryChanges) -> None:
        self._old = old
        self._new = new
        self._changes = changes
        self._volatile = volatile_of(old.dataset, new.dataset)
        self._moves = {move.entry: move for move in changes.moved}

    def entries(self) -> Iterator[EntryChange]:
        """Yield them in the order of the new version; a removed one where it was, before what was added there."""
        for _, kind, _, item in self._in_order():
            if isinstance(item, Change):
                found = self._changed(item)
            elif isinstance(item, Move):
                found = self._moved(item)
            else:
                found = self._added(item) if kind else self._removed(item)
            yield found

    def _in_order(self) -> list[tuple[int, int, int, _Item]]:
        """Return everything by the number of entries before it that stayed, kind and position."""
        changes = self._changes
        changed = {change.entry: change for change in changes.changed}
        leaving = sorted(
            [each.position for each in changes.removed] + [each.old_position for each in changes.moved]
        )
        arriving: list[tuple[int, _Item]] = [(each.position, each) for each in changes.added]
        arriving += [(each.new_position, changed.get(each.entry, each)) for each in changes.moved]
        arriving.sort(key=lambda pair: pair[0])
        taken = [position for position, _ in arriving]
        items: list[tuple[int, int, int, _Item]] = [
            (position - index, 1, position, item) for index, (position, item) in enumerate(arriving)
        ]
        for gone in changes.removed:
            items.append((gone.position - bisect_left(leaving, gone.position), 0, gone.position, gone))
        for change in changes.changed:
            if change.entry not in self._moves:
                position = change.new_position
                items.append((position - bisect_left(taken, position), 2, position, change))
        items.sort(key=lambda item: item[:3])
        return items

    def _added(self, placed: Placed) -> EntryChange:
        return added_entry(placed, self._new, self._new.entry_before(placed.position))

    def _removed(self, placed: Placed) -> EntryChange:
        return removed_entry(placed, self._old)

    def _moved(self, move: Move) -> EntryChange:
        text = self._new.record(move.new_position, self._new.record_id(move.new_position))
        beside = _beside(self._new, move.new_position)
        return EntryChange(
            "moved",
            move.entry,
            move.old_position,
            move.new_position,
            text,
            text,
            moved=True,
            after=self._new.entry_before(move.new_position),
            old_beside=beside,
            new_beside=beside,
        )

    def _changed(self, change: Change) -> EntryChange:
        before = self._old.record(change.old_position, change.old_record)
        after = before
        found = RecordDifference()
        if change.old_record != change.new_record:
            after = self._new.record(change.new_position, change.new_record)
            found = record_difference(self._volatile.readable(before), self._volatile.readable(after))
        fields = found.fields
        if change.old_annotation != change.new_annotation:
            annotations = (
                self._old.annotation(change.old_annotation),
                self._new.annotation(change.new_annotation),
            )
            fields += annotation_difference(*annotations)
        moved = change.entry in self._moves
        return EntryChange(
            "edited" if found.turns or fields else "reformatted",
            change.entry,
            change.old_position,
            change.new_position,
            before,
            after,
            found.turns,
            fields,
            moved,
            self._new.entry_before(change.new_position) if moved else None,
            _beside(self._old, change.old_position),
            _beside(self._new, change.new_position),
        )


def added_entry(placed: Placed, version: Version, after: bytes | None) -> EntryChange:
    """Return an entry that only the new version has."""
    text = version.record(placed.position, placed.record)
    beside = _beside(version, placed.position)
    return EntryChange(
        "added", placed.entry, None, placed.position, new_text=text, after=after, new_beside=beside
    )


def removed_entry(placed: Placed, version: Version) -> EntryChange:
    """Return an entry that only the old version has."""
    text = version.record(placed.position, placed.record)
    beside = _beside(version, placed.position)
    return EntryChange("removed", placed.entry, placed.position, None, old_text=text, old_beside=beside)


def _beside(version: Version, position: int) -> Beside | None:
    row = entry_at(version.tree, position)
    stamps = version.stamps(position)
    if row.annotation is None and row.separator is None and not stamps:
        return None
    return Beside(version.annotation(row.annotation), row.separator, stamps)


def annotation_difference(old: Annotation, new: Annotation) -> tuple[FieldChange, ...]:
    """Return what differs in what is known about an entry; they are not the same."""
    found = mapping_difference(old.mapping, new.mapping)
    for name, before in msgspec.structs.asdict(old).items():
        after = getattr(new, name)
        if name != "mapping" and before != after:
            found.append(FieldChange(_PATHS.get(name, name), before or MISSING, after or MISSING))
    return tuple(found) or (FieldChange("mapping", loads(old.mapping), loads(new.mapping)),)
