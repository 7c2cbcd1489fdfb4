"""Three-way merge of the entries of a dataset.

Who changed what is told by comparing each side with the base, so that only pages that differ are read; what is
inside a record is looked at only where both sides changed it. The result is ours with splices, in the order of
:mod:`rtstore.compare.merge.order`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rtstore.compare.entries import Change, Placed, Relation, relate
from rtstore.compare.merge.additions import new_names, pair_additions
from rtstore.compare.merge.order import Correspondence, insertions, left_neighbours
from rtstore.compare.merge.outcome import EntryConflict, Item, MergedEntries, Notice, Outcome, Plan, Source
from rtstore.compare.merge.versions import Contents, Joined, Version, new_version, old_version, version_of
from rtstore.history.tree import Tree, entry_at


def merge_entries(
    base: Tree,
    ours: Tree,
    theirs: Tree,
    contents: Contents,
    usual: bytes,
    choose: str | None = None,
    their_moves: bool = False,
) -> MergedEntries:
    """Return what makes of ``ours`` a version with what ``theirs`` changed against ``base``.

    ``usual``: the separator that goes without saying in the result. ``choose``: ``ours``, ``theirs`` or ``base``
    decides where the sides contradict each other. ``their_moves``: of an entry that both moved, theirs counts.

    Raises:
        DamagedError: a page or record is missing or damaged.
    """
    merge = _Merge(relate(base, ours), relate(base, theirs), ours, theirs, contents, choose, their_moves)
    return merge.run(usual)


class _Row(NamedTuple):
    """An entry of ours that theirs has changed: where it is, and what is there."""

    position: int
    entry: bytes
    version: Version
    separator: bytes | None


class _Merge:
    def __init__(
        self,
        mine: Relation,
        other: Relation,
        ours: Tree,
        theirs: Tree,
        contents: Contents,
        choose: str | None,
        their_moves: bool,
    ) -> None:
        self._mine, self._other = mine, other
        self._ours, self._theirs = ours, theirs
        self._contents, self._choose, self._their_moves = contents, choose, their_moves
        self._my_changes = {change.old_position: change for change in mine.changes.changed}
        self._my_moves = {move.old_position: move.new_position for move in mine.changes.moved}
        self._both = Correspondence(mine.places, other.places)
        #: What becomes of entries of ours, by position; None: it leaves this place.
        self._changed: dict[int, Item | None] = {}
        #: What is to be put somewhere, by position in theirs.
        self._placed: dict[int, Item] = {}
        #: With the position in ours, else the one in theirs.
        self._conflicts: list[tuple[EntryConflict, int | None, int]] = []
        self._notices: list[Notice] = []
        self._renamed: list[bytes] = []
        self._rewritten: list[tuple[Version, Version]] = []
        self._moved = False

    def run(self, usual: bytes) -> MergedEntries:
        """Take over what theirs did, kind by kind."""
        self._take_added()
        for placed in self._other.changes.removed:
            self._take_removed(placed)
        for change in self._other.changes.changed:
            self._take_changed(change)
        self._rename_ours()
        self._take_moved()
        plans = self._plans()
        outcome = Outcome(plans)
        return MergedEntries(
            outcome.splices(usual),
            outcome.sources(),
            self._placed_conflicts(outcome),
            self._notices,
            self._renamed,
            self._rewritten,
            self._moved,
        )

    def _take_added(self) -> None:
        mine = self._mine.changes.added
        additions = pair_additions(mine, self._other.changes.added)
        for placed, twin in additions.twins:
            self._unite(placed, twin)
        renamed = self._new_names(additions.new)
        for placed in additions.new:
            row = entry_at(self._theirs, placed.position)
            version = self._contents.renamed(version_of(row), "theirs")
            source = Source(None, placed.position, theirs_record=True)
            id = renamed.get(placed.entry, placed.entry)
            self._placed[placed.position] = Item(id, version, row.separator, source)

    def _new_names(self, added: Sequence[Placed]) -> dict[bytes, bytes]:
        """Return new ids by the old ones, for what theirs added under an id that ours added something else under."""
        taken = {placed.entry for placed in self._mine.changes.added}
        clashing = [placed for placed in added if placed.entry in taken]
        names = new_names(self._ours, taken | {placed.entry for placed in added}, clashing)
        renamed = {placed.entry: name for placed, name in zip(clashing, names, strict=True)}
        for old, new in renamed.items():
            self._note_renamed(old, new)
        return renamed

    def _unite(self, placed: Placed, twin: Placed) -> None:
        """Take two added entries for one; what is known about them may differ."""
        self._both.unite(placed.position, twin.position)
        ours, theirs = entry_at(self._ours, twin.position), entry_at(self._theirs, placed.position)
        if ours.annotation != theirs.annotation:
            row = _Row(twin.position, ours.entry, version_of(ours), ours.separator)
            source = Source(twin.position, placed.position)
            self._join(row, None, version_of(theirs), ours.separator, source)

    def _note_renamed(self, old: bytes, new: bytes) -> None:
        self._renamed.append(old)
        text = (
            f"both sides added an entry with the id {old.hex()[:8]}, each its own; theirs has the new id "
            f"{new.hex()[:8]} now, and the old one still in its record"
        )
        self._notices.append(Notice(new, text))

    def _take_removed(self, placed: Placed) -> None:
        position = self._mine.places.new(placed.position)
        if position is None:
            return
        mine = self._my_changes.get(placed.position)
        if mine is None or not self._is_missed(mine):
            self._changed[position] = None
            return
        base, ours = old_version(mine), new_version(mine)
        left: Version | None = ours
        if self._choose == "theirs":
            self._changed[position] = left = None
        elif self._choose == "base":
            left = base
            row = _Row(position, placed.entry, ours, mine.new_separator)
            self._replace(row, base, row.separator, Source(position, None))
        conflict = EntryConflict("edited/removed", placed.entry, base, ours, None, left)
        self._conflicts.append((conflict, position, -1))

    def _take_changed(self, change: Change) -> None:
        position = self._mine.places.new(change.old_position)
        if position is None:
            self._take_changed_of_removed(change)
            return
        mine = self._my_changes.get(change.old_position)
        source = Source(position, change.new_position)
        if mine is None:
            row = _Row(position, change.entry, old_version(change), change.old_separator)
            new = self._contents.renamed(new_version(change), "theirs")
            self._take(row, new, change.new_separator, source)
            return
        row = _Row(position, change.entry, new_version(mine), mine.new_separator)
        alone = mine.old_separator == mine.new_separator
        separator = change.new_separator if alone else mine.new_separator
        self._join(row, old_version(change), new_version(change), separator, source)

    def _take_changed_of_removed(self, change: Change) -> None:
        """Ours removed what theirs changed: a change of formatting is not worth a conflict."""
        if not self._is_missed(change):
            return
        base, theirs, there = old_version(change), new_version(change), change.new_position
        left = {"theirs": theirs, "base": base}.get(self._choose or "")
        if left is not None:
            source = Source(None, there, theirs_record=True)
            self._placed[there] = Item(change.entry, left, change.new_separator, source)
        conflict = EntryConflict("removed/edited", change.entry, base, None, theirs, left)
        self._conflicts.append((conflict, None, there))

    def _rename_ours(self) -> None:
        """Give what ours uses, in what it added or changed, the new names that theirs gave."""
        positions = [placed.position for placed in self._mine.changes.added]
        positions += [change.new_position for change in self._mine.changes.changed]
        for position in positions if self._contents.has_renames else ():
            if position not in self._changed:
                old = entry_at(self._ours, position)
                row = _Row(position, old.entry, version_of(old), old.separator)
                new = self._contents.renamed(row.version, "ours")
                self._replace(row, new, row.separator, Source(position, None))

    def _take_moved(self) -> None:
        for move in self._other.changes.moved:
            position = self._mine.places.new(move.old_position)
            if position is None:
                continue
            if move.old_position in self._my_moves and not self._their_moves:
                if not self._both.is_behind_the_same(move.new_position, position):
                    self._notices.append(
                        Notice(move.entry, "both sides moved it; it stays where ours has it")
                    )
                continue
            item = self._changed.get(position) or self._as_it_is(position, move.new_position)
            self._changed[position] = None
            self._placed[move.new_position] = item
            self._moved = True

    def _is_missed(self, change: Change) -> bool:
        return old_version(change) != new_version(change) and self._contents.outweighs_removal(
            old_version(change), new_version(change)
        )

    def _join(
        self, row: _Row, base: Version | None, theirs: Version, separator: bytes | None, source: Source
    ) -> None:
        """Bring together what both sides made of an entry."""
        ours = row.version
        if ours == base or theirs in (base, ours):
            self._take(row, theirs if ours == base else ours, separator, source)
            return
        joined = self._contents.join(base, ours, theirs, None)
        if joined.clash:
            joined = self._decided(base, ours, theirs, joined)
            conflict = EntryConflict("edited", row.entry, base, ours, theirs, joined.version)
            self._conflicts.append((conflict, row.position, -1))
        self._notices += (Notice(row.entry, text) for text in joined.notices)
        self._replace(row, joined.version, separator, source._replace(places=joined.places))

    def _decided(self, base: Version | None, ours: Version, theirs: Version, joined: Joined) -> Joined:
        """Return what a side that was chosen makes of versions that contradict each other."""
        if self._choose in ("ours", "theirs"):
            return self._contents.join(base, ours, theirs, self._choose)
        if self._choose == "base" and base is not None:
            return Joined(base, joined.places)
        return joined

    def _take(self, row: _Row, version: Version, separator: bytes | None, source: Source) -> None:
        """Give an entry the content that one side has."""
        theirs = version.record != row.version.record
        self._replace(row, version, separator, source._replace(theirs_record=theirs))

    def _replace(self, row: _Row, version: Version, separator: bytes | None, source: Source) -> None:
        if version != row.version:
            self._rewritten.append((row.version, version))
        if (version, separator) != (row.version, row.separator):
            self._changed[row.position] = Item(row.entry, version, separator, source)

    def _as_it_is(self, here: int, there: int) -> Item:
        row = entry_at(self._ours, here)
        return Item(row.entry, version_of(row), row.separator, Source(here, there))

    def _plans(self) -> list[Plan]:
        """Return what to replace in ours, in order."""
        mine = self._mine.changes.added
        own = {placed.position for placed in mine if placed.position not in self._both.twinned}
        their_moves = {move.old_position for move in self._other.changes.moved}
        own |= {
            new
            for old, new in self._my_moves.items()
            if old not in their_moves and not self._mine.places.goes_along(old, new)
        }
        own |= {position for position, item in self._changed.items() if item is None}
        plans: list[Plan] = [
            (before, before, [self._placed[there] for there in entries])
            for before, entries in insertions(self._placed, self._both.here, own)
        ]
        plans += [
            (position, position + 1, [] if item is None else [item])
            for position, item in self._changed.items()
        ]
        return sorted(plans, key=lambda plan: plan[:2])

    def _placed_conflicts(self, outcome: Outcome) -> list[EntryConflict]:
        """Return the conflicts with the positions in the result."""
        absent = [there for _, here, there in self._conflicts if here is None]
        left = left_neighbours(absent, self._both.here)
        found = []
        for conflict, here, there in self._conflicts:
            position = outcome.put.get(conflict.entry)
            if position is None and here is not None:
                position = outcome.position_of(here)
            elif position is None:
                position = outcome.position_of(left[there]) + 1 if left[there] >= 0 else 0
            found.append(conflict._replace(position=position))
        return found
