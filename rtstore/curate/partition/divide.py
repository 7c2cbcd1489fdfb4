"""Dividing a working dataset, settling the sides of what came since, and taking a partition away.

Like ``import`` it changes what is tracked, here without a change of the files: ``status`` shows it, the next commit
records it, ``undo`` takes it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rtstore.curate.partition.alike import NO_GROUP, tags
from rtstore.curate.partition.follow import Cluster, Decide
from rtstore.curate.partition.results import PartitionReport, PartitionResult
from rtstore.curate.partition.sides import Entries, sides_of
from rtstore.curate.partition.stratify import Stratum, stratified
from rtstore.curate.partition.torn import torn
from rtstore.errors import NothingToDoError, UsageError
from rtstore.history.settled import read_settled, store_settled
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, encode
from rtstore.model.objects import Dataset as Stored
from rtstore.model.partitions import FINGERPRINT, Partition
from rtstore.storage.transaction import Transaction
from rtstore.workspace.annotate import with_annotations
from rtstore.workspace.operate import writing
from rtstore.workspace.retrack import recorded, retrack
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace


def divide(
    workspace: Workspace, name: str, wanted: Partition | None = None, redo: bool = False
) -> PartitionResult:
    """Divide the working dataset ``name`` as ``wanted``; None: as it is divided already.

    Entries that have a side for good keep it. With ``redo`` none has: then it can be divided in another way.

    Raises:
        UsageError: it is not divided and nothing is wanted, or it is divided in another way, or no entry has the
            field to group by.
        WorkspaceError, InputError, InProgressError: as for ``recorded``.
    """
    with writing(workspace):
        working, dataset = recorded(workspace, name, "partition")
        known = dataset.settings.partition
        definition = _definition(name, known, wanted, redo)
        begun = known is None or redo
        entries = Entries(workspace, dataset, definition, anew=begun)
        if begun:
            _check_groups(entries)
        sides = entries.sides(_stratifying(entries) if begun else None)
        # Entries that have sides keep them, unless it is divided anew.
        before = sides_of(workspace, dataset) if redo else None
        pins = _pins(entries, sides)
        settled = read_settled(workspace.objects, definition) | {
            mark[-FINGERPRINT:] for mark in entries.marks
        }
        with workspace.transaction() as transaction:
            partition = replace(definition, settled=store_settled(transaction, settled))
            changed = partition != known or bool(pins)
            if changed:
                id = transaction.add(Kind.DATASET, encode(_changed(transaction, dataset, pins, partition)))
                retrack(workspace, transaction, working, id, f"partition {name}")
    names = partition.names
    moved = 0 if before is None else sum(a != names[b] for a, b in zip(before, sides, strict=True))
    counts = Counter(sides)
    report = PartitionReport(
        name,
        partition,
        {side: counts[at] for at, side in enumerate(names)},
        torn=tuple(torn(entries.common, [names[side] for side in sides])),
    )
    return PartitionResult(report, len(entries.fresh), _pinned(pins), moved, changed)


def undivide(workspace: Workspace, name: str) -> PartitionReport:
    """Take the partition of the working dataset ``name`` away; return how it was divided.

    Raises:
        NothingToDoError: it is not divided.
        WorkspaceError, InputError, InProgressError: as for ``recorded``.
    """
    with writing(workspace):
        working, dataset = recorded(workspace, name, "partition --remove")
        partition, sides = dataset.settings.partition, sides_of(workspace, dataset)
        if partition is None or sides is None:
            raise NothingToDoError(f"{name} is not divided")
        entries = Entries(workspace, dataset, partition)
        pins = {
            at: replace(annotation, partition="")
            for at, id in entries.annotations.items()
            if (annotation := entries.annotation(id)).partition
        }
        with workspace.transaction() as transaction:
            id = transaction.add(Kind.DATASET, encode(_changed(transaction, dataset, pins, None)))
            retrack(workspace, transaction, working, id, f"partition --remove {name}")
    return PartitionReport(name, partition, sides.counts(), sides.fresh)


def _definition(name: str, known: Partition | None, wanted: Partition | None, redo: bool) -> Partition:
    """Return the partition to settle: what is known to be settled is part of it, unless all is done anew."""
    if known is None and wanted is None:
        raise UsageError(f"{name} is not divided yet", hint="Say how: --train 0.9 --val 0.1")
    if known is not None and not redo:
        if wanted is not None and not known.defines_the_same(wanted):
            raise UsageError(
                f"{name} is divided in another way, and entries would change sides",
                hint="With --redo it is divided anew; without fractions, what is new gets its side.",
            )
        return known
    new = wanted or known
    assert new is not None
    return replace(new, settled=None)


def _check_groups(entries: Entries) -> None:
    """Refuse to group by a field that no entry has: it is mistyped."""
    field = entries.partition.group_by
    if field is not None and all(each.group == NO_GROUP for each in entries.common):
        raise UsageError(
            f"no entry of {entries.dataset.path} has a text or a whole number in the field {field!r}",
            hint="Dots lead into objects: meta.character.",
        )


def _stratifying(entries: Entries) -> Decide | None:
    """Return what puts entries on sides such that each tag is divided in proportion, if that is wanted."""
    partition = entries.partition
    if partition.stratify is None:
        return None
    shares = [share for _, share in partition.sides]

    def decide(clusters: Sequence[Cluster]) -> list[int]:
        found = tags(entries.workspace, entries.dataset)
        strata = [
            Stratum(
                Counter(tag for at in cluster.positions for tag in dict.fromkeys(found[at])),
                len(cluster.positions),
                entries.deciding_mark(cluster.first),
            )
            for cluster in clusters
        ]
        return stratified(strata, shares)

    return decide


def _pins(entries: Entries, sides: bytes | bytearray) -> dict[int, Annotation]:
    """Return the annotations that have to change, by position, such that every entry stays on its side."""
    names = entries.partition.names
    found = {}
    for at in sorted(entries.annotations.keys() | _elsewhere(entries.own, sides)):
        id = entries.annotations.get(at)
        annotation = Annotation() if id is None else entries.annotation(id)
        is_pinned = at in entries.pins or sides[at] != entries.own[at]
        pin = names[sides[at]] if is_pinned else ""
        if annotation.partition != pin:
            found[at] = replace(annotation, partition=pin)
    return found


def _elsewhere(own: bytes, sides: bytes | bytearray) -> set[int]:
    """Return the positions of entries that are not where their ids put them."""
    return {at for at, (a, b) in enumerate(zip(own, sides, strict=True)) if a != b}


def _pinned(pins: Mapping[int, Annotation]) -> int:
    return sum(1 for annotation in pins.values() if annotation.partition)


def _changed(
    transaction: Transaction, dataset: Dataset, pins: Mapping[int, Annotation], partition: Partition | None
) -> Stored:
    """Return a dataset with other annotations and another partition, stored but for itself."""
    stored = with_annotations(transaction, dataset, pins)
    return replace(stored, settings=replace(stored.settings, partition=partition))
