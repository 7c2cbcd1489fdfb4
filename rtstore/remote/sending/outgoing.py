"""What a backup lacks, as parts: commits from the oldest on, and before each what it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rtstore.history.ancestry import walk
from rtstore.history.revisions import CommitReader
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.objects import Commit, Dataset, Snapshot, decode
from rtstore.remote.format.part import PartBuilder, Sent
from rtstore.remote.format.rows import PieceWriter, common, skipped, steps, stretch
from rtstore.remote.sending.records import RecordSender
from rtstore.storage.objects import ObjectStore

T = TypeVar("T", Commit, Dataset, Snapshot)
_KINDS = {Commit: Kind.COMMIT, Dataset: Kind.DATASET, Snapshot: Kind.SNAPSHOT}


def missing_commits(
    commits: CommitReader, wanted: Iterable[bytes], there: Iterable[bytes]
) -> list[tuple[bytes, Commit]]:
    """Return the commits that ``wanted`` reach and ``there`` do not, none before its parents."""
    return list(walk(commits, wanted, there))[::-1]


class Outgoing:
    """Puts commits and what they reach into parts.

    ``there``: commits that the backup has. What it has of older ones may be sent again, where it is looked for in vain.
    """

    def __init__(self, store: ObjectStore, there: Iterable[bytes]) -> None:
        self._store = store
        self._builder = PartBuilder()
        self._records = RecordSender(store, self._builder)
        #: Ids of objects that the backup has, or gets in this push; pages stand for the rows below them.
        self._done: set[bytes] = set()
        for id in there:
            self._note(id)

    def parts(
        self, commits: Sequence[tuple[bytes, Commit]], more: Iterable[tuple[Sent, bytes, bytes]] = ()
    ) -> Iterator[bytes]:
        """Yield the parts for commits, which come after their parents, as they are before encryption.

        ``more``: kind, id and bytes of other objects that go in behind.

        Raises:
            DamagedError: something of it is missing or damaged in the store.
        """
        new = {id for id, _ in commits}
        for _, commit in commits:
            for parent in commit.parents:
                if parent not in new:
                    self._note(parent)
        for id, commit in commits:
            yield from self._commit(id, commit)
        for kind, object, data in more:
            self._builder.add(kind, object, data)
            yield from self._builder.take()
        yield from self._builder.take(rest=True)

    def _note(self, commit: bytes) -> None:
        """Note what a commit holds that the backup has."""
        if commit in self._done:
            return
        self._done.add(commit)
        for _, id in self._snapshot(commit).datasets:
            if id not in self._done:
                dataset = self._read(Dataset, id)
                self._done.update((id, *_parts_of(dataset)))

    def _commit(self, id: bytes, commit: Commit) -> Iterator[bytes]:
        bases: dict[str, Root] | None = None
        for name, dataset in self._read(Snapshot, commit.snapshot).datasets:
            if dataset not in self._done:
                bases = self._bases(commit) if bases is None else bases
                yield from self._dataset(name, dataset, bases)
        self._add(Sent.SNAPSHOT, commit.snapshot)
        self._add(Sent.COMMIT, id)
        yield from self._builder.take()

    def _dataset(self, name: str, id: bytes, bases: dict[str, Root]) -> Iterator[bytes]:
        dataset = self._read(Dataset, id)
        if dataset.root is not None and dataset.root not in self._done:
            # A dataset under a new name may have been one that is gone, or be a variant of any other.
            base = bases.get(name) or next(iter(bases.values()), Root())
            yield from self._rows(base, Root(dataset.root, dataset.height, dataset.count))
        parts = (Sent.STAMPS, dataset.stamps), (Sent.REGISTRY, dataset.registry), (Sent.BLOB, dataset.settled)
        for kind, part in parts:
            if part is not None:
                self._add(kind, part)
        self._add(Sent.DATASET, id)
        yield from self._builder.take()

    def _rows(self, base: Root, root: Root) -> Iterator[bytes]:
        assert root.id is not None
        self._done.add(root.id)
        old, new = Tree(self._store, base), Tree(self._store, root)
        blocks = common(old, new)
        for start, stop in skipped(blocks):
            for columns in stretch(old, start, stop):
                self._records.mark(bytes(columns.records))
                self._done.update(columns.annotations.values())
        pieces = PieceWriter(base, root)
        for step in steps(blocks, new):
            self._records.want(bytes(step.added.records))
            for annotation in step.added.annotations.values():
                self._add(Sent.ANNOTATION, annotation)
            for piece in pieces.add(step):
                self._builder.add(Sent.ROWS, root.id, piece)
            yield from self._builder.take()
        self._records.flush()
        self._builder.add(Sent.ROWS, root.id, pieces.finish())

    def _bases(self, commit: Commit) -> dict[str, Root]:
        """Return the trees of the datasets of a commit's parents, by name, that the backup has."""
        found: dict[str, Root] = {}
        for parent in reversed(commit.parents):
            for name, id in self._snapshot(parent).datasets:
                dataset = self._read(Dataset, id)
                if dataset.root in self._done:
                    found[name] = Root(dataset.root, dataset.height, dataset.count)
        return found

    def _add(self, kind: Sent, id: bytes) -> None:
        """Add an object unless the backup has it."""
        if id not in self._done:
            self._done.add(id)
            self._builder.add(kind, id, self._store.read(Kind(kind), id))

    def _snapshot(self, commit: bytes) -> Snapshot:
        return self._read(Snapshot, self._read(Commit, commit).snapshot)

    def _read(self, type_: type[T], id: bytes) -> T:
        return decode(self._store.read(_KINDS[type_], id), type_)


def _parts_of(dataset: Dataset) -> list[bytes]:
    parts = (dataset.root, dataset.stamps, dataset.registry, dataset.settled)
    return [id for id in parts if id is not None]
