"""What a set of roots reaches: every object that collection must keep, and ``fsck`` must find.

Records, annotations, stamps, registries and blobs are only named, never read; so what is reached is known at
the cost of reading commits, snapshots, datasets and each distinct page once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import iter_unpack
from typing import TypeVar

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind
from rtstore.model.objects import (
    Commit,
    Dataset,
    InnerPage,
    LeafPage,
    Merge,
    Operation,
    Saved,
    Side,
    Snapshot,
    State,
    decode,
)
from rtstore.storage.interface import ObjectReader

T = TypeVar("T", Commit, Dataset, InnerPage, LeafPage, Snapshot)

Damage = Callable[[Kind, bytes, DamagedError], None]


class Reach:
    """The ids of what is reached, by kind, in the order they were found; grows with each root that is added.

    An object that is missing or damaged raises ``DamagedError``; with ``damage`` it is told instead, and what
    lies behind it is not found. Override the methods ``on_...`` to see what is read, each object once; a page
    after those below it, a dataset after its pages.
    """

    def __init__(self, reader: ObjectReader, damage: Damage | None = None) -> None:
        self.ids: dict[Kind, dict[bytes, None]] = {kind: {} for kind in Kind}
        self._reader = reader
        self._damage = damage

    def add_operation(self, operation: Operation) -> None:
        """Add what an operation reaches: its state, and what working files held before and after it."""
        self.add_state(operation.state)
        for change in operation.files.values():
            self.add_saved(change.before)
            self.add_saved(change.after)

    def add_state(self, state: State) -> None:
        """Add what a state reaches: HEAD, branches, version tags, tracked datasets, a merge in progress."""
        if state.detached is not None:
            self.add_commit(state.detached)
        for commit in (*state.branches.values(), *state.tags.values()):
            self.add_commit(commit)
        for dataset in state.tracked.values():
            self.add_dataset(dataset)
        if state.merging is not None:
            self.add_merge(state.merging)

    def add_merge(self, merge: Merge) -> None:
        """Add what a merge in progress reaches: what it brings together, and what it can be taken back to."""
        for commit in (merge.head, *merge.commits, *merge.remaining):
            self.add_commit(commit)
        for saved in merge.before.values():
            self.add_saved(saved)
        for conflict in (*merge.conflicts, *(resolved.conflict for resolved in merge.resolved)):
            for side in (conflict.base, conflict.ours, conflict.theirs, conflict.left):
                if side is not None:
                    self._add_side(side)

    def _add_side(self, side: Side) -> None:
        if side.record is not None:
            self.ids[Kind.RECORD][side.record] = None
        if side.annotation is not None:
            self.ids[Kind.ANNOTATION][side.annotation] = None
        if side.registry is not None:
            self.ids[Kind.REGISTRY][side.registry] = None
        if side.dataset is not None:
            self.add_dataset(side.dataset)

    def add_saved(self, saved: Saved) -> None:
        """Add what a working file held."""
        if saved.dataset is not None:
            self.add_dataset(saved.dataset)
        self.ids[Kind.BLOB].update(dict.fromkeys((*(saved.file or ()), *(saved.sidecar or ()))))

    def add_commit(self, id: bytes) -> None:
        """Add a commit and its ancestors, newest first along the first parents."""
        pending = [id]
        while pending:
            id = pending.pop()
            commit = self._read_new(Kind.COMMIT, id, Commit)
            if commit is not None:
                self.on_commit(id, commit)
                self.add_snapshot(commit.snapshot)
                pending.extend(reversed(commit.parents))

    def add_snapshot(self, id: bytes) -> None:
        """Add a snapshot and its datasets."""
        snapshot = self._read_new(Kind.SNAPSHOT, id, Snapshot)
        if snapshot is not None:
            self.on_snapshot(id, snapshot)
            for _, dataset in snapshot.datasets:
                self.add_dataset(dataset)

    def add_dataset(self, id: bytes) -> None:
        """Add a dataset with its entries, stamps, registry, and what is settled of its partition."""
        dataset = self._read_new(Kind.DATASET, id, Dataset)
        if dataset is None:
            return
        if dataset.stamps is not None:
            self.ids[Kind.STAMPS][dataset.stamps] = None
        if dataset.registry is not None:
            self.ids[Kind.REGISTRY][dataset.registry] = None
        if dataset.settled is not None:
            self.ids[Kind.BLOB][dataset.settled] = None
        if dataset.root is not None:
            self._add_page(dataset.root, dataset.height)
        self.on_dataset(id, dataset)

    def on_commit(self, id: bytes, commit: Commit) -> None:
        """See a commit that had not been reached before."""

    def on_snapshot(self, id: bytes, snapshot: Snapshot) -> None:
        """See a snapshot that had not been reached before."""

    def on_dataset(self, id: bytes, dataset: Dataset) -> None:
        """See a dataset that had not been reached before."""

    def on_inner(self, id: bytes, page: InnerPage) -> None:
        """See an inner page that had not been reached before."""

    def on_leaf(self, id: bytes, leaf: LeafPage) -> None:
        """See a leaf that had not been reached before; its records have not been added yet."""

    def _add_page(self, id: bytes, level: int) -> None:
        if level == 0:
            self._add_leaf(id)
            return
        page = self._read_new(Kind.INNER, id, InnerPage)
        if page is None:
            return
        if page.level != level:
            error = DamagedError(f"page {id.hex()} is on level {page.level}, its parent says {level}")
            self._tell(Kind.INNER, id, error)
            return
        known = self.ids[Kind.INNER if level > 1 else Kind.LEAF]
        for (child,) in iter_unpack("32s", page.pages):
            if child not in known:
                self._add_page(child, level - 1)
        self.on_inner(id, page)

    def _add_leaf(self, id: bytes) -> None:
        leaf = self._read_new(Kind.LEAF, id, LeafPage)
        if leaf is not None:
            self.on_leaf(id, leaf)
            self.ids[Kind.RECORD].update((record, None) for (record,) in iter_unpack("32s", leaf.records))
            self.ids[Kind.ANNOTATION].update((annotation, None) for _, annotation in leaf.annotations)

    def _read_new(self, kind: Kind, id: bytes, type_: type[T]) -> T | None:
        """Return an object that had not been reached before, if it can be read."""
        if id in self.ids[kind]:
            return None
        self.ids[kind][id] = None
        try:
            return decode(self._reader.read(kind, id), type_)
        except DamagedError as error:
            self._tell(kind, id, error)
            return None

    def _tell(self, kind: Kind, id: bytes, error: DamagedError) -> None:
        if self._damage is None:
            raise error
        self._damage(kind, id, error)


def operations_reach(reach: Reach, operations: Iterable[Operation]) -> None:
    """Add what operations reach, given newest first: what is tracked now comes before all else."""
    for operation in operations:
        for dataset in operation.state.tracked.values():
            reach.add_dataset(dataset)
        reach.add_operation(operation)
