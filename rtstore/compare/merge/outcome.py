"""What a merge of entries comes to: splices of ours, and what a user has to decide or should know."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from rtstore.compare.merge.versions import Version
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice


class Source(NamedTuple):
    """Where an entry of the result is in ours and theirs, None where it is not, and whose record it has.

    ``places``: the volatile values its record has room for, where it is neither side's.
    """

    ours: int | None
    theirs: int | None
    theirs_record: bool = False
    places: int | None = None


class EntryConflict(NamedTuple):
    """An entry that both sides changed in ways that contradict each other.

    ``kind``: what ours and what theirs did: ``edited`` (both), ``edited/removed``, ``removed/edited``. ``base``,
    ``ours``, ``theirs``: None where it is not there. ``left``: what the merge left in its place. ``position``: where
    that is in the result or, if it left nothing, would be.
    """

    kind: str
    entry: bytes
    base: Version | None
    ours: Version | None
    theirs: Version | None
    left: Version | None
    position: int = 0


class Notice(NamedTuple):
    """What a user should know about an entry although nothing has to be decided."""

    entry: bytes
    text: str


class MergedEntries(NamedTuple):
    """The result as splices of ours; ``sources`` has, for each, where its entries are from.

    ``renamed``: entries of theirs that got a new id, since ours has another one of that id. ``rewritten``: old
    and new version of every entry of ours whose content changes. ``moved``: whether any changes its place.
    """

    splices: list[Splice]
    sources: list[list[Source]]
    conflicts: list[EntryConflict]
    notices: list[Notice]
    renamed: list[bytes]
    rewritten: list[tuple[Version, Version]]
    moved: bool


class Item(NamedTuple):
    """An entry of the result that is not as ours has it, or not there."""

    entry: bytes
    version: Version
    separator: bytes | None
    source: Source


#: Entries to put in the place of those of ours from a position up to another.
Plan = tuple[int, int, list[Item]]


class Outcome:
    """The result, as plans in order. ``put``: where entries are that were put somewhere, or replaced, by id."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.put: dict[bytes, int] = {}
        self._plans = plans
        self._stops: list[int] = []
        self._shifts: list[int] = [0]
        for start, stop, items in plans:
            at = start + self._shifts[-1]
            self.put.update((item.entry, at + index) for index, item in enumerate(items))
            self._stops.append(stop)
            self._shifts.append(at + len(items) - stop)

    def position_of(self, position: int) -> int:
        """Return where an entry of ours is that stays as it is; where it was, if it leaves."""
        return position + self._shifts[bisect_right(self._stops, position)]

    def splices(self, usual: bytes) -> list[Splice]:
        """Return what makes the result of ours. ``usual``: the separator that goes without saying."""
        return [Splice(start, stop, _columns(items, usual)) for start, stop, items in self._plans]

    def sources(self) -> list[list[Source]]:
        """Return, for each splice, where its entries are from."""
        return [[item.source for item in items] for _, _, items in self._plans]


def _columns(items: Sequence[Item], usual: bytes) -> Columns:
    columns = Columns()
    for item in items:
        separator = None if item.separator == usual else item.separator
        columns.append(item.entry, item.version.record, item.version.annotation, separator)
    return columns
