"""Going through the entries of a version for those an expression means, reading no more than that needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from rtstore.curate.entries import Entries, Leaf, committed_entries
from rtstore.curate.registry import categories, inactive_characters
from rtstore.curate.since import Changed, changed_since
from rtstore.curate.where.subject import Candidate, Subject
from rtstore.curate.where.where import Where
from rtstore.model.objects import Annotation
from rtstore.workspace.lookback.grep import Match
from rtstore.workspace.views import Entry
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.curate.partition.sides import Sides
    from rtstore.curate.validation.checker import Checker
    from rtstore.curate.validation.findings import Level


class VersionScope:
    """What expressions ask about the version of a dataset; each answer is found once."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._changed: dict[str, Changed] = {}
        self._checkers: dict[Level, Checker] = {}
        self._positions: dict[tuple[str, str], frozenset[int]] = {}

    def category(self, tag: str) -> str | None:
        """Return the slug of the category a tag is in."""
        return self._categories.get(tag)

    def partition(self, entry: Candidate) -> str:
        """Return the side of the dataset's partition that an entry is on, empty if it has none."""
        if self._sides is None:
            return ""
        return self._sides[entry.position] if self._in_order else self._sides.of(entry.id) or ""

    def since(self, kind: str, revision: str) -> frozenset[int]:
        """Return the positions of entries changed, added or edited since a revision.

        Raises:
            RevisionError: there is no such revision.
        """
        key = kind, revision
        if key not in self._positions:
            self._positions[key] = self.changed(revision).positions(kind)
        return self._positions[key]

    def changed(self, revision: str) -> Changed:
        """Return what was added and edited since a revision.

        Raises:
            RevisionError: there is no such revision.
        """
        if revision not in self._changed:
            self._changed[revision] = changed_since(self._entries, revision)
        return self._changed[revision]

    def checker(self, level: Level) -> Checker:
        """Return what checks records down to a level."""
        if level not in self._checkers:
            from rtstore.curate.validation.checker import Checker

            self._checkers[level] = Checker(level, inactive_characters(self._entries.registry))
        return self._checkers[level]

    @cached_property
    def _sides(self) -> Sides | None:
        if self._entries.dataset.settings.partition is None:
            return None
        from rtstore.curate.partition.sides import sides_of

        return sides_of(self._entries.workspace, self._entries.as_stored())

    @cached_property
    def _in_order(self) -> bool:
        """Whether sides are those of these entries at the same positions: a working file may change meanwhile."""
        return self._sides is not None and self._sides.dataset.stored.root == self._entries.dataset.root

    @cached_property
    def _categories(self) -> dict[str, str]:
        return categories(self._entries.registry)


class _Candidate:
    """An entry of a leaf; ``text`` is empty where its record has not been read."""

    __slots__ = ("_annotation", "_entries", "id", "position", "text")

    def __init__(self, entries: Entries, leaf: Leaf, index: int, text: bytes) -> None:
        self._entries = entries
        self._annotation = leaf.annotations.get(index)
        self.id = leaf.ids[index]
        self.position = leaf.start + index
        self.text = text

    @property
    def annotation(self) -> Annotation:
        return self._entries.annotation(self._annotation)


class Selection:
    """The entries of a version that an expression means; without one, all."""

    def __init__(self, entries: Entries, where: Where | None = None) -> None:
        self.entries = entries
        self.scope = VersionScope(entries)
        self._where = where

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries that are meant, in order."""
        for leaf in self.entries.leaves():
            for index, record in zip(*self.of(leaf), strict=True):
                yield self.entries.entry(leaf, index, record)

    def of(self, leaf: Leaf, only: Sequence[int] | None = None) -> tuple[list[int], list[bytes]]:
        """Return the indexes of the entries of a leaf that are meant, and their records, volatile values cut out.

        ``only``: the indexes that come into question; None: all.

        Raises:
            DamagedError: a record is missing or damaged.
            InputError: a record is nested too deep to be read.
        """
        where = self._where
        indexes = list(range(len(leaf.ids)) if only is None else only)
        if where is not None and where.needs_rows:
            indexes = [index for index in indexes if where.may(self._subject(where, leaf, index))]
        records = self.entries.records(leaf, indexes)
        if where is None or not where.needs_records:
            return indexes, records
        texts = self.entries.filled(records, [leaf.start + index for index in indexes])
        found = [
            at
            for at, text in enumerate(texts)
            if where.may_record(text) and where.does(self._subject(where, leaf, indexes[at], text))
        ]
        return [indexes[at] for at in found], [records[at] for at in found]

    def _subject(self, where: Where, leaf: Leaf, index: int, text: bytes = b"") -> Subject:
        return where.subject(_Candidate(self.entries, leaf, index, text), self.scope)

    def means(self, position: int) -> bool:
        """Tell whether an entry is meant. Quick where one asks about neighbours, one after the other."""
        leaf = self.entries.leaf_at(position)
        return bool(self.of(leaf, [position - leaf.start])[0])


def among(workspace: Workspace, matches: Iterable[Match], where: Where) -> Iterator[Match]:
    """Yield the turns that were found in entries that an expression means."""
    for (commit, path), found in groupby(matches, key=lambda match: (match.commit, match.path)):
        with committed_entries(workspace, commit, path) as entries:
            selection = Selection(entries, where)
            for position, turns in groupby(found, key=lambda match: match.position):
                if selection.means(position):
                    yield from turns
