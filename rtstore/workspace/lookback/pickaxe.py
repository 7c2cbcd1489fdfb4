"""Commits that added or removed a text in any turn: those in which an entry holds it more or less often than before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from rtstore.compare.entries import relate
from rtstore.errors import UsageError
from rtstore.model.ids import ENTRY_ID_SIZE, Kind
from rtstore.model.objects import Commit, Dataset
from rtstore.model.volatile import Volatile
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.lookback.following import following
from rtstore.workspace.lookback.patterns import Phrase
from rtstore.workspace.lookback.places import Places
from rtstore.workspace.lookback.reading import turns_of
from rtstore.workspace.renames import renames_between
from rtstore.workspace.workspace import Workspace

#: So many records are read one by one: of scattered ones that is quicker than reading all that lies around them.
FEW: Final = 512
#: By entry, how much more often it holds the text than before; those for which it is not 0.
_Deltas = dict[bytes, int]


def changing(
    workspace: Workspace,
    text: str,
    commits: Iterable[tuple[bytes, Commit]],
    starts: Sequence[bytes],
    paths: Collection[str] | None = None,
) -> Iterator[tuple[bytes, Commit]]:
    """Return those of some commits that added or removed a text.

    ``paths``: only these datasets count, named as in ``starts``, under whatever name they had before.
    Entries are looked at one by one, so a text that went from one to another was removed and added. A merge counts
    if it has an entry as none of its parents has it.

    Raises:
        UsageError: the text is empty.
        DamagedError: something is missing or damaged.
    """
    if not text:
        raise UsageError("there is nothing to look for", hint="Give a text that turns may hold.")
    if paths is None:
        return _changing(workspace, text, ((id, commit, None) for id, commit in commits))
    return _changing(workspace, text, following(workspace, commits, starts, paths))


def _changing(
    workspace: Workspace, text: str, commits: Iterable[tuple[bytes, Commit, Collection[str] | None]]
) -> Iterator[tuple[bytes, Commit]]:
    with RecordSource(workspace.objects) as source:
        counter = _Counter(workspace, Phrase(text), source)
        for id, commit, names in commits:
            if counter.changed(id, commit, names):
                yield id, commit


class _Counter:
    """Counts a text in the entries that differ between versions. Commits come newest first.

    What an old version of a record holds is remembered: it is the new version in a commit to come.
    """

    def __init__(self, workspace: Workspace, phrase: Phrase, source: RecordSource) -> None:
        self._objects = workspace.objects
        self._places = Places(workspace)
        self._phrase = phrase
        self._source = source
        self._known: dict[bytes, int] = {}

    def changed(self, id: bytes, commit: Commit, paths: Collection[str] | None) -> bool:
        """Tell whether a commit added or removed the text."""
        if not commit.parents:
            datasets = self._places.datasets(id)
            found = (self._holding(each) for name, each in datasets.items() if paths is None or name in paths)
            return next(chain.from_iterable(found), None) is not None
        if len(commit.parents) == 1 and not any(paths is None or name in paths for name, _ in commit.counts):
            return False
        changed: set[bytes] | None = None
        for parent in commit.parents:
            deltas = self._deltas(parent, id, paths)
            changed = set(deltas) if changed is None else changed & deltas.keys()
            if not changed:
                return False
        return True

    def _deltas(self, parent: bytes, commit: bytes, paths: Collection[str] | None) -> _Deltas:
        before, after = self._places.datasets(parent), self._places.datasets(commit)
        total: _Deltas = {}
        for old, new in self._pairs(before, after, paths):
            for entry, delta in self._differing(old, new):
                total[entry] = total.get(entry, 0) + delta
        return {entry: delta for entry, delta in total.items() if delta}

    def _pairs(
        self, before: dict[str, bytes], after: dict[str, bytes], paths: Collection[str] | None
    ) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Yield what differs between snapshots: the ids of a dataset before and after, whatever its name."""
        sources = renames_between(self._objects, before, after)
        gone = set(sources.values())
        for name in before.keys() | after.keys():
            old, new = before.get(sources.get(name, name)), after.get(name)
            if (paths is None or name in paths) and name not in gone and old != new:
                yield old, new

    def _differing(self, old: bytes | None, new: bytes | None) -> Iterator[tuple[bytes, int]]:
        """Yield entries with how often they hold the text, less for those removed."""
        if old is None or new is None:
            sign = 1 if old is None else -1
            for entry, count in self._holding(old or new or b""):
                yield entry, sign * count
            return
        (before, before_tree), (after, after_tree) = map(self._places.dataset, (old, new))
        if before.root == after.root:
            return
        changes = relate(before_tree, after_tree).changes
        edited = [change for change in changes.changed if change.old_record != change.new_record]
        news = [(each.entry, each.record) for each in changes.added]
        news += [(each.entry, each.new_record) for each in edited]
        for entry, _, count in self._counted(news, after):
            yield entry, count
        olds = [(each.entry, each.record) for each in changes.removed]
        olds += [(each.entry, each.old_record) for each in edited]
        for entry, record, count in self._counted(olds, before):
            self._known[record] = count
            yield entry, -count

    def _counted(
        self, rows: list[tuple[bytes, bytes]], dataset: Dataset
    ) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield entries and their records again, with how often they hold the text."""
        volatile = Volatile(dataset.settings.volatile)
        counts = {record: self._known.pop(record, None) for _, record in rows}
        unknown = [record for record, count in counts.items() if count is None]
        for record, text in zip(unknown, self._texts(unknown), strict=True):
            counts[record] = self._in(text, volatile)
        for entry, record in rows:
            yield entry, record, counts[record] or 0

    def _texts(self, records: list[bytes]) -> list[bytes]:
        if len(records) > FEW:
            return self._source.records(b"".join(records))
        return [self._objects.read(Kind.RECORD, record) for record in records]

    def _holding(self, id: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield the entries of a dataset that hold the text, with how often they do."""
        dataset, tree = self._places.dataset(id)
        volatile = Volatile(dataset.settings.volatile)
        for ref in tree.leaves():
            leaf = tree.leaf(ref)
            for index, record in enumerate(self._source.records(leaf.records)):
                if self._phrase.may_match(record) and (count := self._in(record, volatile)):
                    yield leaf.entries[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE], count

    def _in(self, record: bytes, volatile: Volatile) -> int:
        if not self._phrase.may_match(record):
            return 0
        return sum(self._phrase.count(turn.content) for turn in turns_of(volatile.readable(record)))
