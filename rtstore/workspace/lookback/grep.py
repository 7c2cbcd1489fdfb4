"""Turns that match a pattern, in any version, at the speed at which records can be read.

Where most records of a store are looked at, those that may match are sorted out block by block first. Records are
read in the order they are stored, and only those that may match are decoded. What several versions
have in common is looked at once: a leaf that a version before had as well, and in a leaf that changed the records
it kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from rtstore.history.tree import PageRef, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE
from rtstore.model.objects import Dataset, LeafPage
from rtstore.model.shapes import turns
from rtstore.model.volatile import Volatile
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.lookback.patterns import Pattern, Spans
from rtstore.workspace.lookback.reading import decoded, has_tag
from rtstore.workspace.lookback.sieve import sift
from rtstore.workspace.views import unknown_dataset
from rtstore.workspace.workspace import Workspace


class Match(Struct, frozen=True):
    """A turn that matches. ``position`` is that of its entry, from 0; ``turn`` its own among the turns, from 0.

    ``spans`` is where in its ``text``: pairs of start and end in characters.
    """

    commit: bytes
    path: str
    position: int
    entry: bytes
    turn: int
    role: str
    text: str
    spans: Spans


class Query(NamedTuple):
    """What is looked for: a pattern in turns, in those of a role, in entries with a tag."""

    pattern: Pattern
    role: str | None = None
    tag: str | None = None


class _Hit(NamedTuple):
    turn: int
    role: str
    text: str
    spans: Spans


#: By record id, what matches in it.
_Hits = dict[bytes, list[_Hit]]


class _Looked(NamedTuple):
    """A leaf that was looked at: its page, the ids of its records, and what matched."""

    page: bytes
    records: bytes
    hits: _Hits


def grep(
    workspace: Workspace, query: Query, versions: Mapping[bytes, Sequence[tuple[str, bytes]]]
) -> Iterator[Match]:
    """Yield the turns that match, by version, dataset and place.

    ``versions``: by commit id the names and ids of the datasets to look into.

    Raises:
        DamagedError: a record or page is missing or damaged.
    """
    ids = {id for datasets in versions.values() for _, id in datasets}
    counts = {dataset.root: dataset.count for dataset in map(workspace.dataset, ids)}
    candidates = sift(workspace.objects, query.pattern.may_match, max(counts.values(), default=0))
    with RecordSource(workspace.objects) as source:
        search = _Search(query, source, candidates, remember=len(ids) > 1)
        for commit, datasets in versions.items():
            for path, id in datasets:
                dataset = workspace.dataset(id)
                for ref, leaf, hits in search.leaves(workspace.tree(dataset), dataset):
                    yield from _matches(commit, path, ref, leaf, hits)


def selected(
    workspace: Workspace, commits: Iterable[bytes], names: Sequence[str]
) -> dict[bytes, list[tuple[str, bytes]]]:
    """Return the names and ids of the datasets of commits; with ``names``, of those.

    Raises:
        RevisionError: none of the commits has one that is named.
    """
    snapshots = {commit: workspace.snapshot(commit) for commit in commits}
    known = {name: id for snapshot in snapshots.values() for name, id in snapshot.items()}
    for name in names:
        if name not in known:
            where = " and ".join(commit.hex()[:12] for commit in snapshots)
            raise unknown_dataset(name, known, where)
    return {
        commit: [(name, id) for name, id in snapshot.items() if not names or name in names]
        for commit, snapshot in snapshots.items()
    }


class _Search:
    """Looks into the leaves of trees; remembers them by their last entry if there is more than one tree.

    ``candidates``: the ids of the records that may match, where they are known.
    """

    def __init__(
        self, query: Query, source: RecordSource, candidates: set[bytes] | None, remember: bool
    ) -> None:
        self._query = query
        self._source = source
        self._candidates = candidates
        self._remember = remember
        self._looked: dict[tuple[bytes, tuple[str, ...]], _Looked] = {}

    def leaves(self, tree: Tree, dataset: Dataset) -> Iterator[tuple[PageRef, LeafPage, _Hits]]:
        """Yield the leaves with matches, each with them."""
        volatile = Volatile(dataset.settings.volatile)
        for ref in tree.leaves():
            key = ref.last, volatile.paths
            before = self._looked.get(key)
            if before is not None and before.page == ref.id:
                hits = before.hits
            else:
                records = tree.leaf(ref).records
                hits = self._hits(records, before, volatile)
                if self._remember:
                    self._looked[key] = _Looked(ref.id, records, hits)
            if hits:
                yield ref, tree.leaf(ref), hits

    def _hits(self, records: bytes, before: _Looked | None, volatile: Volatile) -> _Hits:
        hits: _Hits = {}
        if before is not None:
            known = set(_ids(before.records))
            ids = list(_ids(records))
            hits = {id: before.hits[id] for id in ids if id in before.hits}
            records = b"".join(id for id in ids if id not in known)
        if self._candidates is not None:
            records = b"".join(id for id in _ids(records) if id in self._candidates)
        may_match = self._query.pattern.may_match
        for index, record in enumerate(self._source.records(records)):
            if may_match(record) and (found := self._in(record, volatile)):
                hits[records[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]] = found
        return hits

    def _in(self, record: bytes, volatile: Volatile) -> list[_Hit]:
        pattern, role, tag = self._query
        value = decoded(volatile.readable(record))
        if tag is not None and not has_tag(value, tag):
            return []
        return [
            _Hit(index, turn.role, turn.content, spans)
            for index, turn in enumerate(turns(value))
            if (role is None or turn.role == role) and (spans := pattern.find(turn.content)) is not None
        ]


def _ids(records: bytes) -> Iterator[bytes]:
    return (records[at : at + OBJECT_ID_SIZE] for at in range(0, len(records), OBJECT_ID_SIZE))


def _matches(commit: bytes, path: str, ref: PageRef, leaf: LeafPage, hits: _Hits) -> Iterator[Match]:
    for index, record in enumerate(_ids(leaf.records)):
        for hit in hits.get(record, ()):
            entry = leaf.entries[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE]
            yield Match(commit, path, ref.start + index, entry, *hit)
