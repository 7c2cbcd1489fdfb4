"""Three-way merge of a dataset: its entries, and what is around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rtstore.compare.counting import volatile_of
from rtstore.compare.merge.contents import RecordContents, Storage
from rtstore.compare.merge.entries import merge_entries
from rtstore.compare.merge.outcome import EntryConflict, MergedEntries, Source
from rtstore.compare.merge.versions import Version
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Counts, Dataset, Side, encode
from rtstore.workspace.changes import change_between, same_content
from rtstore.workspace.files.sidecars import as_read_back
from rtstore.workspace.merging.frames import MergedFrame, merge_frames, read_registry
from rtstore.workspace.rebuild import Piece, rebuilt
from rtstore.workspace.results import DatasetChange

#: Stands for a volatile value that nobody has.
NO_VALUE = b"null"


class MergedDataset(NamedTuple):
    """A merged dataset: its id, None where it is to be gone. ``change``: how it differs from ours.

    ``conflicts``: with a side chosen, what that side decided.
    """

    id: bytes | None
    change: DatasetChange | None = None
    conflicts: tuple[Conflict, ...] = ()
    notices: tuple[str, ...] = ()


def merge_datasets(
    storage: Storage, name: str, base: Dataset | None, ours: Dataset, theirs: Dataset, choose: str | None
) -> MergedDataset:
    """Merge two versions of a dataset that both sides have.

    ``choose``: ``ours``, ``theirs`` or ``base`` decides where they contradict each other.

    Raises:
        DamagedError: what is needed of them is missing or damaged.
    """
    framed = merge_frames(storage, name, base, ours, theirs, choose)
    contents = RecordContents(storage, volatile_of(ours, theirs), framed.registry.renames)
    before, mine, other = (_tree(storage, dataset) for dataset in (base, ours, theirs))
    merged = merge_entries(before, mine, other, contents, framed.frame.framing.separator, choose)
    dataset = _rebuilt(storage, framed, merged, ours, theirs)
    conflicts = (*framed.conflicts, *_conflicts(storage, name, merged.conflicts, theirs))
    notices = (*framed.notices, *(f"{name}#{one.entry.hex()[:8]}: {one.text}" for one in merged.notices))
    change = _change(storage, name, ours, dataset, merged, contents)
    return MergedDataset(storage.add(Kind.DATASET, encode(dataset)), change, conflicts, notices)


def side_of(version: Version | None, dataset: bytes | None = None) -> Side | None:
    """Return a version of an entry as it is kept in a conflict."""
    return None if version is None else Side(version.record, version.annotation, dataset=dataset)


def version_in(side: Side | None) -> Version | None:
    """Return the version of an entry that a conflict keeps."""
    return None if side is None or side.record is None else Version(side.record, side.annotation)


def _tree(storage: Storage, dataset: Dataset | None) -> Tree:
    return Tree(storage, Root(dataset.root, dataset.height, dataset.count) if dataset else Root())


def _rebuilt(
    storage: Storage, framed: MergedFrame, merged: MergedEntries, ours: Dataset, theirs: Dataset
) -> Dataset:
    stamps = _Stamps(*(StampsAt(read_stamps(storage, one).runs) for one in (ours, theirs)))
    pieces = [
        Piece(one, [(1, stamps.of(source)) for source in sources])
        for one, sources in zip(merged.splices, merged.sources, strict=True)
    ]
    dataset = rebuilt(storage, ours, pieces, framed.frame, framed.sidecar_stamps)
    return with_sidecar_in_order(storage, dataset)


def with_sidecar_in_order(storage: Storage, dataset: Dataset) -> Dataset:
    """Return a dataset whose registry says of the order of mappings just what a scan of the file would.

    It says nothing where the mappings are in the order of the entries, as RoleThread writes them.
    """
    registry = read_registry(storage, dataset)
    if registry is None:
        return dataset
    loose = any(section.name == "entry_character_mappings" and section.items for section in registry.sections)
    return as_read_back(storage, dataset) if registry.mapping_order or loose else dataset


class _Stamps(NamedTuple):
    """The stamps of both sides: ours are taken where they fit."""

    ours: StampsAt
    theirs: StampsAt

    def of(self, source: Source) -> tuple[bytes, ...]:
        """Return the volatile values of an entry of the result."""
        mine = self.ours.values(source.ours) if source.ours is not None else None
        other = self.theirs.values(source.theirs) if source.theirs is not None else None
        places = source.places
        if places is None:
            places = len((other if source.theirs_record else mine) or ())
        for values in (mine, other):
            if values is not None and len(values) == places:
                return values
        return (NO_VALUE,) * places


def _conflicts(
    storage: Storage, name: str, conflicts: Sequence[EntryConflict], theirs: Dataset
) -> list[Conflict]:
    if not conflicts:
        return []
    whole = storage.add(Kind.DATASET, encode(theirs))
    for conflict in conflicts:
        # The base may be one that no commit has.
        if conflict.base is not None:
            storage.add(Kind.RECORD, storage.read(Kind.RECORD, conflict.base.record))
            if conflict.base.annotation is not None:
                storage.add(Kind.ANNOTATION, storage.read(Kind.ANNOTATION, conflict.base.annotation))
    return [
        Conflict(
            name,
            conflict.kind,
            conflict.entry,
            "",
            conflict.position,
            side_of(conflict.base),
            side_of(conflict.ours),
            side_of(conflict.theirs, whole),
            side_of(conflict.left),
        )
        for conflict in conflicts
    ]


def _change(
    storage: Storage,
    name: str,
    ours: Dataset,
    merged: Dataset,
    entries: MergedEntries,
    contents: RecordContents,
) -> DatasetChange:
    """Return how the result differs from ours: from what was done, as far as that tells."""
    same_frame = (ours.framing, ours.settings) == (merged.framing, merged.settings)
    if entries.moved or not same_frame or same_content(ours, merged):
        return change_between(name, ours, merged, storage)
    edited = sum(contents.is_edit(old, new) for old, new in entries.rewritten)
    splices = entries.splices
    counts = Counts(
        added=sum(len(columns) for start, stop, columns in splices if start == stop),
        removed=sum(not columns for start, stop, columns in splices if start < stop),
        edited=edited,
        reformatted=sum(bool(columns) for start, stop, columns in splices if start < stop) - edited,
    )
    return DatasetChange(
        name, "edited", counts, merged.count, registry_changed=ours.registry != merged.registry
    )
