"""Three-way merge of snapshots: which datasets there are, and each of them."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

from rtstore.compare.identity.inherited import with_old_ids
from rtstore.compare.merge.contents import Storage
from rtstore.compare.version import Version
from rtstore.history.ancestry import merge_bases
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset, Side, decode, encode
from rtstore.workspace.between import snapshot_changes
from rtstore.workspace.changes import change_between, same_content
from rtstore.workspace.merging.datasets import MergedDataset, merge_datasets
from rtstore.workspace.merging.lineages import Datasets, lineages
from rtstore.workspace.merging.scratch import OverScratch, Scratch
from rtstore.workspace.renames import as_renamed
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.workspace import Workspace


class MergedSnapshot(NamedTuple):
    """Merged datasets by name, how they differ from ours, and what a user has to decide or should know."""

    datasets: dict[str, bytes]
    changes: tuple[DatasetChange, ...]
    conflicts: tuple[Conflict, ...]
    notices: tuple[str, ...]


class Base(NamedTuple):
    """What two versions have in common: datasets by name, and where they are stored."""

    datasets: Datasets
    storage: Storage


def common_base(workspace: Workspace, storage: Storage, ours: bytes, theirs: bytes) -> Base | None:
    """Return what two commits have in common; None if it is nothing.

    Where their histories cross there are several bases. They are merged first, into one that no commit has; what they
    contradict each other about is in it as their own base has it.
    """
    bases = merge_bases(workspace, ours, theirs)
    if len(bases) < 2:
        return Base(workspace.snapshot(bases[0]), storage) if bases else None
    scratch = Scratch(storage)

    def merged(first: Datasets, other: bytes) -> Datasets:
        below = common_base(workspace, scratch, bases[0], other)
        known = below.datasets if below is not None else {}
        source = scratch if below is None else below.storage
        return merge_snapshots(source, known, first, workspace.snapshot(other), "base").datasets

    return Base(reduce(merged, bases[1:], workspace.snapshot(bases[0])), OverScratch(scratch, storage))


def merge_snapshots(
    storage: Storage, base: Datasets, ours: Datasets, theirs: Datasets, choose: str | None = None
) -> MergedSnapshot:
    """Merge two snapshots.

    ``choose``: ``ours``, ``theirs`` or ``base`` decides where they contradict each other; then the conflicts tell
    what was decided.

    Raises:
        DamagedError: what is needed of them is missing or damaged.
    """
    datasets: dict[str, bytes] = {}
    changes: list[DatasetChange] = []
    conflicts: list[Conflict] = []
    notices: list[str] = []
    lines = lineages(storage, base, ours, theirs)
    for line in lines:
        versions = (base.get(line.base or ""), ours.get(line.ours or ""), theirs.get(line.theirs or ""))
        one = _Three(storage, line.name, *versions, choose, len({line.base, line.ours, line.theirs}) > 1)
        merged = one.merge()
        if merged.id is not None:
            datasets[line.name] = merged.id
        renamed_from = line.ours if merged.id is not None and line.ours != line.name else None
        if merged.id != one.ours or renamed_from is not None:
            changes.append(as_renamed(merged.change or one.change_to(merged.id), renamed_from))
        conflicts += merged.conflicts
        notices += merged.notices if line.notice is None else (line.notice, *merged.notices)
    if any(line.ours != line.name and line.ours in datasets for line in lines):
        # A name has gone from one dataset to another: then it is told by name.
        changes = list(snapshot_changes(storage, ours, datasets))
    changes = [change for change in changes if not change.clean]
    return MergedSnapshot(datasets, tuple(changes), tuple(conflicts), tuple(notices))


class _Three(NamedTuple):
    """One dataset in three versions, None where it is not there. ``renamed``: its name is not the same in all."""

    storage: Storage
    name: str
    base: bytes | None
    ours: bytes | None
    theirs: bytes | None
    choose: str | None
    renamed: bool

    def merge(self) -> MergedDataset:
        if self.theirs in (self.base, self.ours):
            return MergedDataset(self.ours)
        if self.ours == self.base:
            return MergedDataset(self.theirs)
        base, ours, theirs = (self._read(id) for id in (self.base, self.ours, self.theirs))
        if self.renamed and base is not None:
            ours, theirs = (self._with_ids_of(base, side) for side in (ours, theirs))
        if same_content(theirs, base) or same_content(theirs, ours):
            return MergedDataset(self.ours)
        if ours is not None and theirs is not None:
            return merge_datasets(self.storage, self.name, base, ours, theirs, self.choose)
        if same_content(ours, base):
            return MergedDataset(self.theirs)
        return self._merge_removed(ours)

    def change_to(self, id: bytes | None) -> DatasetChange:
        """Return how a version differs from ours."""
        return change_between(self.name, self._read(self.ours), self._read(id), self.storage)

    def _merge_removed(self, ours: Dataset | None) -> MergedDataset:
        """One side removed what the other changed."""
        kind = "removed/edited" if ours is None else "edited/removed"
        left = {"theirs": self.theirs, "base": self.base}.get(self.choose or "", self.ours)
        # Of a base that no commit has, the entries are not stored: it can decide, but not be shown or gone back to.
        base = None if isinstance(self.storage, OverScratch) else self.base
        sides = (self._side(id) for id in (base, self.ours, self.theirs, left))
        return MergedDataset(left, None, (Conflict(self.name, kind, b"", "", 0, *sides),))

    def _with_ids_of(self, base: Dataset, side: Dataset | None) -> Dataset | None:
        if side is None:
            return None
        storage = self.storage
        return with_old_ids(Version(base, storage), Version(side, storage), storage).dataset

    def _side(self, id: bytes | None) -> Side | None:
        if id is None:
            return None
        dataset = self._read(id)
        assert dataset is not None
        return Side(dataset=self.storage.add(Kind.DATASET, encode(dataset)))

    def _read(self, id: bytes | None) -> Dataset | None:
        return None if id is None else decode(self.storage.read(Kind.DATASET, id), Dataset)
