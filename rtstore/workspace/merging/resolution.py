"""Datasets in which conflicts are resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from rtstore.compare.entries import Placed, relate
from rtstore.compare.merge.additions import new_names
from rtstore.compare.merge.contents import Storage, Texts, unite
from rtstore.compare.merge.order import insertions
from rtstore.compare.merge.registry import merge_registries
from rtstore.compare.merge.versions import Version
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import entry_at, positions_of
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset, Framing, Resolved, Settings, decode
from rtstore.workspace.draft import as_text
from rtstore.workspace.merging.conflicts import clashes_of, registries_of
from rtstore.workspace.merging.datasets import NO_VALUE, version_in, with_sidecar_in_order
from rtstore.workspace.merging.decision import BY_HAND, Decision
from rtstore.workspace.merging.frames import read_registry, stamps_for, store_registry
from rtstore.workspace.merging.present import Present, tree_of
from rtstore.workspace.rebuild import Piece, rebuilt

Stamps = tuple[bytes, ...]


def resolved_dataset(storage: Storage, conflict: Conflict, decision: Decision) -> Dataset | None:
    """Return what a dataset is to be that one side removed; None: gone.

    Raises:
        UsageError: the conflict cannot be resolved so.
    """
    decision.check(conflict, 0)
    side = getattr(conflict, decision.side or "ours")
    return None if side is None else decode(storage.read(Kind.DATASET, side.dataset), Dataset)


def resolved_entries(present: Present, conflicts: Sequence[Conflict], decision: Decision) -> Dataset:
    """Return a dataset in which conflicts about entries are resolved.

    What was changed in the working file since the merge stays, where it is not what is decided about.

    Raises:
        UsageError: a conflict cannot be resolved so.
        InputError: the record that was given is none.
    """
    if not conflicts:
        return present.dataset
    entries = _Entries(present, conflicts)
    for conflict in conflicts:
        entries.resolve(conflict, decision)
    return with_sidecar_in_order(present.storage, entries.rebuilt())


def resolved_registry(
    storage: Storage,
    conflicts: Sequence[Conflict],
    dataset: Dataset,
    decision: Decision,
    before: Sequence[Resolved],
) -> Dataset:
    """Return a dataset in which conflicts about values of its registry are resolved.

    ``before``: what has been resolved until now.

    Raises:
        UsageError: a conflict cannot be resolved so.
    """
    if not conflicts:
        return dataset
    base, ours, theirs = registries_of(storage, conflicts[0])
    sides: list[str | None] = [None] * len(merge_registries(base, ours, theirs).clashes)
    for one in before:
        if (one.conflict.kind, one.conflict.dataset) == ("registry", conflicts[0].dataset):
            sides[one.conflict.position] = None if one.how == BY_HAND else one.how
    left = merge_registries(base, ours, theirs, sides).registry
    for conflict in conflicts:
        decision.check(conflict, 1)
        sides[conflict.position] = decision.side
    new = merge_registries(base, ours, theirs, sides).registry
    now = read_registry(storage, dataset)
    if now != left:  # edited since
        new = merge_registries(left, now, new, "theirs").registry
    frame = msgspec.structs.replace(dataset, registry=store_registry(storage, new))
    rebuilt_ = rebuilt(
        storage, dataset, (), frame, stamps_for(storage, new, dataset, *_datasets(storage, conflicts[0]))
    )
    return with_sidecar_in_order(storage, rebuilt_)


def _datasets(storage: Storage, conflict: Conflict) -> list[Dataset]:
    """Return the datasets of ours and theirs, as far as the conflict knows them."""
    ids = (side.dataset for side in (conflict.ours, conflict.theirs) if side is not None)
    return [decode(storage.read(Kind.DATASET, id), Dataset) for id in ids if id is not None]


class _Row(NamedTuple):
    """An entry as it is to be."""

    id: bytes
    version: Version
    stamps: Stamps


class _Theirs:
    """The dataset that was merged, and where in it the entries are that conflicts are about."""

    def __init__(self, storage: Storage, conflicts: Sequence[Conflict]) -> None:
        sides = (conflict.theirs for conflict in conflicts)
        id = next((side.dataset for side in sides if side is not None and side.dataset is not None), None)
        self.dataset = Dataset(None, 0, 0, Framing(), Settings())
        if id is not None:
            self.dataset = decode(storage.read(Kind.DATASET, id), Dataset)
        self.tree = tree_of(storage, self.dataset)
        self.at: Mapping[bytes, int] = positions_of(self.tree, {conflict.entry for conflict in conflicts})
        self.stamps = StampsAt(read_stamps(storage, self.dataset).runs)


class _Entries:
    """The entries of a dataset, some of which get resolved."""

    def __init__(self, present: Present, conflicts: Sequence[Conflict]) -> None:
        self._present = present
        self._storage = present.storage
        self._contents = present.contents
        self._theirs = _Theirs(present.storage, conflicts)
        self._stamps = StampsAt(read_stamps(present.storage, present.dataset).runs)
        #: What takes the place of entries, by position.
        self._replaced: dict[int, list[_Row]] = {}
        #: What is put back, by position in theirs.
        self._inserted: dict[int, _Row] = {}

    def resolve(self, conflict: Conflict, decision: Decision) -> None:
        """Do what was decided."""
        decision.check(conflict, len(clashes_of(conflict, self._present)))
        self._put(conflict, self._rows(conflict, decision))

    def rebuilt(self) -> Dataset:
        """Return the dataset with all that was resolved."""
        plans = [(at, at + 1, rows) for at, rows in self._replaced.items()]
        here = relate(self._theirs.tree, self._present.tree).places.new if self._inserted else _nowhere
        for before, entries in insertions(self._inserted, here, ()):
            plans.append((before, before, [self._inserted[there] for there in entries]))
        pieces = [self._piece(*plan) for plan in sorted(plans, key=lambda plan: plan[:2])]
        return rebuilt(self._storage, self._present.dataset, pieces)

    def _rows(self, conflict: Conflict, decision: Decision) -> list[_Row]:
        """Return what is to be in the place of an entry."""
        if decision.record is not None:
            return [self._own(conflict, decision)]
        sides = version_in(conflict.ours), version_in(conflict.theirs)
        if decision.side == "both" and sides[0] is not None and sides[1] is not None:
            return self._both(conflict, sides[0], sides[1])
        texts = self._decided(conflict, decision)
        if texts is None:
            return []
        version, places = self._contents.store(self._as_edited_since(conflict, texts))
        return [_Row(conflict.entry, version, self._fitting(conflict, places))]

    def _decided(self, conflict: Conflict, decision: Decision) -> Texts | None:
        """Return what the entry is to say; None if it is to be gone."""
        base, ours, theirs = (version_in(side) for side in (conflict.base, conflict.ours, conflict.theirs))
        if ours is not None and theirs is not None:
            return self._contents.unite(base, ours, theirs, decision.choice).texts
        version = {"ours": ours, "theirs": theirs, "base": base}[decision.side or "ours"]
        return None if version is None else self._contents.read(version)

    def _as_edited_since(self, conflict: Conflict, new: Texts) -> Texts:
        """Return what was decided with what was edited in the file since."""
        now, left = self._present.version(conflict), version_in(conflict.left)
        if now is None or left is None or now == left:
            return new
        return unite(self._contents.read(left), self._contents.read(now), new, "theirs").texts

    def _both(self, conflict: Conflict, ours: Version, theirs: Version) -> list[_Row]:
        """Return ours, and behind it theirs as an entry of its own."""
        (id,) = new_names(self._present.tree, set(), [Placed(0, conflict.entry, theirs.record)])
        places = [self._contents.store(self._contents.read(version))[1] for version in (ours, theirs)]
        return [
            _Row(conflict.entry, ours, self._fitting(conflict, places[0])),
            _Row(id, theirs, self._fitting(conflict, places[1])),
        ]

    def _own(self, conflict: Conflict, decision: Decision) -> _Row:
        """Return an entry with the record that the user gave."""
        assert decision.record is not None
        old = self._present.version(conflict) or version_in(conflict.theirs)
        assert old is not None
        like = self._contents.read(old)
        text = as_text(decision.record, like.record)
        version, places = self._contents.store(Texts(text, like.annotation))
        stamps = self._contents.values(text)
        if NO_VALUE in stamps:
            # Conflicts show null for stamps, and what is written from them has that: then they stay.
            stamps = self._fitting(conflict, places)
        return _Row(conflict.entry, version, stamps)

    def _fitting(self, conflict: Conflict, places: int) -> Stamps:
        """Return stamps for an entry: those it has, else those it has in theirs, as far as they fit."""
        here, there = self._present.position(conflict), self._theirs.at.get(conflict.entry)
        found = [self._stamps.values(here)] if here is not None else []
        found += [self._theirs.stamps.values(there)] if there is not None else []
        return next((values for values in found if len(values) == places), (NO_VALUE,) * places)

    def _put(self, conflict: Conflict, rows: list[_Row]) -> None:
        here = self._present.position(conflict)
        if here is not None:
            self._replaced[here] = rows
        elif rows:
            self._inserted[self._theirs.at[conflict.entry]] = rows[0]

    def _piece(self, start: int, stop: int, rows: Sequence[_Row]) -> Piece:
        columns = Columns()
        for number, row in enumerate(rows):
            separator = (
                entry_at(self._present.tree, start).separator if number == 0 and stop > start else None
            )
            columns.append(row.id, row.version.record, row.version.annotation, separator)
        return Piece(Splice(start, stop, columns), [(1, row.stamps) for row in rows])


def _nowhere(position: int) -> int | None:
    return None
