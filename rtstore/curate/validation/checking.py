"""Validation of datasets: whole versions or what changed in them, working files or commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from rtstore.curate.entries import Entries, Leaf, entries_of
from rtstore.curate.selecting import Selection
from rtstore.curate.since import Changed
from rtstore.curate.validation.checker import Checker
from rtstore.curate.validation.findings import LEVELS, Finding, Level
from rtstore.curate.where.where import Where
from rtstore.errors import UsageError
from rtstore.model.jsontext import loads
from rtstore.model.shapes import turns
from rtstore.workspace.workspace import Workspace


class Found(msgspec.Struct, frozen=True):
    """A finding, and the entry it is about. ``dataset`` is as it was asked for; ``position`` counts from 0.

    ``commit`` is None for a working file.
    """

    dataset: str
    path: str
    commit: bytes | None
    position: int
    entry: bytes
    finding: Finding


class Checked(msgspec.Struct):
    """A dataset that was looked at: the number of its entries that were, and of those that have an error."""

    dataset: str
    path: str
    commit: bytes | None
    entries: int = 0
    invalid: int = 0


class Options(NamedTuple):
    """Which entries, and which findings; see ``Store.validate``."""

    where: Where | None = None
    since: str | None = None
    level: Level = "warning"


class Validation:
    """What is wrong with entries, found as it is gone through, once.

    ``datasets`` has what was looked at so far; ``warnings`` are about working files.
    """

    def __init__(self, workspace: Workspace, names: Sequence[str], options: Options) -> None:
        if options.level not in LEVELS:
            raise UsageError(f"there is no level {options.level!r}", hint=f"Take one of: {', '.join(LEVELS)}")
        self.datasets: list[Checked] = []
        self.warnings: list[str] = []
        self._workspace = workspace
        self._names = names
        self._options = options

    def __iter__(self) -> Iterator[Found]:
        """Yield what is found, by dataset and place.

        Raises:
            RevisionError: there is no such revision or dataset, or a working file is missing.
            InputError: a working file is no valid dataset.
        """
        for name in self._names:
            with entries_of(self._workspace, name) as entries:
                checked = Checked(name, entries.path, entries.commit)
                self.datasets.append(checked)
                self.warnings += entries.warnings
                yield from self._in(entries, checked)

    @property
    def invalid(self) -> int:
        """How many entries have an error, so far."""
        return sum(each.invalid for each in self.datasets)

    def _in(self, entries: Entries, checked: Checked) -> Iterator[Found]:
        where, since, level = self._options
        if where is None and since is None:
            entries.expect_all()
        selection = Selection(entries, where)
        checker = selection.scope.checker(level)
        changed = selection.scope.changed(since) if since is not None else None
        touched = changed.positions("changed") if changed is not None else None
        for leaf in entries.leaves():
            only = None if touched is None else [i for i in range(len(leaf.ids)) if leaf.start + i in touched]
            if only == []:
                continue
            indexes, records = selection.of(leaf, only)
            checked.entries += len(indexes)
            texts = entries.readable(records)
            for index, text, seen in zip(indexes, texts, checker.look(texts), strict=True):
                if seen:
                    if changed is not None:
                        seen = _new(seen, text, _before(entries, changed, leaf.start + index), checker)
                    checked.invalid += any(each.level == "error" for each in seen)
                    yield from self._found(checked, leaf, index, seen)

    def _found(self, checked: Checked, leaf: Leaf, index: int, seen: Sequence[Finding]) -> Iterator[Found]:
        for each in seen:
            yield Found(
                checked.dataset, checked.path, checked.commit, leaf.start + index, leaf.ids[index], each
            )


def _before(entries: Entries, changed: Changed, position: int) -> bytes | None:
    """Return the record that an entry had; None if it was added."""
    record = changed.edited.get(position)
    return None if record is None else entries.old_record(record)


def _new(seen: Sequence[Finding], text: bytes, before: bytes | None, checker: Checker) -> Sequence[Finding]:
    """Return the findings that an entry did not have before: of that code, at a turn that said the same."""
    if before is None:
        return seen
    had = Counter(_marks(loads(before), checker.careful(before)))
    fresh = []
    for each, mark in zip(seen, _marks(loads(text), seen), strict=True):
        if had[mark] > 0:
            had[mark] -= 1
        else:
            fresh.append(each)
    return fresh


def _marks(record: object, found: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return by what findings are recognised in another version: the code, and what the turn says."""
    said = turns(record) if isinstance(record, dict) else []
    return [
        (each.code, said[each.turn].content if each.turn is not None and each.turn < len(said) else "")
        for each in found
    ]
