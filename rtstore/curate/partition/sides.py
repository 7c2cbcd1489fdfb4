"""The side of every entry of a dataset.

An entry that was settled is on the side its annotation names, else where its id puts it: nothing else counts, so it
stays there whatever is added, edited or moved. Only where there are entries that were not settled yet are records read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from struct import iter_unpack
from typing import overload

from rtstore.curate.partition.alike import NO_GROUP, Alike, alike
from rtstore.curate.partition.follow import Cluster, Decide, follow
from rtstore.history.settled import read_settled
from rtstore.model.ids import ENTRY_ID_SIZE, Kind
from rtstore.model.objects import Annotation, decode
from rtstore.model.partitions import FINGERPRINT, Divider, Partition
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace


class Sides(Sequence[str]):
    """The side of each entry of a dataset, by position from 0; ``of`` tells it by id."""

    def __init__(self, dataset: Dataset, partition: Partition, numbers: bytes, fresh: int) -> None:
        self.dataset = dataset
        self.partition = partition
        #: The number of the side of each entry, a byte for each.
        self.numbers = numbers
        #: How many entries have come since it was last settled which have a side.
        self.fresh = fresh

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        """Return the side of the entry at a position from 0, or those of several."""
        if isinstance(position, slice):
            return [self.names[number] for number in self.numbers[position]]
        return self.names[self.numbers[position]]

    def __iter__(self) -> Iterator[str]:
        return map(self.names.__getitem__, self.numbers)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the sides."""
        return self.partition.names

    def of(self, id: bytes) -> str | None:
        """Return the side of the entry with an id, None if there is no such entry."""
        position = self.dataset.position_of_id(id)
        return None if position is None else self[position]

    def counts(self) -> dict[str, int]:
        """Return how many entries are on each side."""
        found = Counter(self.numbers)
        return {name: found[number] for number, name in enumerate(self.names)}


class Entries:
    """The entries of a dataset as a partition sees them.

    ``own``: the side each id stands for. ``pins``: the sides that annotations name, by position; one that the
    partition does not have counts for nothing. ``fresh``: the positions of entries that have no side for good yet.
    With ``anew`` no pin counts.
    """

    def __init__(
        self, workspace: Workspace, dataset: Dataset, partition: Partition, anew: bool = False
    ) -> None:
        self.workspace = workspace
        self.dataset = dataset
        self.partition = partition
        self.divider = Divider(partition)
        self.pins: dict[int, int] = {}
        self.annotations: dict[int, bytes] = {}
        self._known: dict[bytes, Annotation] = {}
        ids = bytearray()
        for ref in dataset.tree.leaves():
            leaf = dataset.tree.leaf(ref)
            ids += leaf.entries
            self.annotations.update((ref.start + index, id) for index, id in leaf.annotations)
        self.marks = [self.divider.mark(id) for (id,) in iter_unpack(f"{ENTRY_ID_SIZE}s", ids)]
        self.own = bytes(map(self.divider.side, self.marks))
        numbers = {name: number for number, name in enumerate(partition.names)}
        for position, id in self.annotations.items():
            side = numbers.get(self.annotation(id).partition)
            if side is not None and not anew:
                self.pins[position] = side

    def annotation(self, id: bytes) -> Annotation:
        """Return an annotation; many entries may have the same."""
        known = self._known.get(id)
        if known is None:
            known = decode(self.workspace.objects.read(Kind.ANNOTATION, id), Annotation)
            self._known[id] = known
        return known

    @cached_property
    def fresh(self) -> list[int]:
        """The positions of entries that have no side for good yet, in order."""
        settled = read_settled(self.workspace.objects, self.partition)
        return [
            at
            for at, mark in enumerate(self.marks)
            if mark[-FINGERPRINT:] not in settled and at not in self.pins
        ]

    @cached_property
    def common(self) -> list[Alike]:
        """What the entries share with each other: one look at all records."""
        return alike(self.workspace, self.dataset, self.partition.group_by)

    def sides(self, decide: Decide | None = None) -> bytearray:
        """Return the side of every entry. ``decide``: where to put what nothing else decides about."""
        found = bytearray(self.own)
        for position, side in self.pins.items():
            found[position] = side
        if self.fresh:
            for position, side in follow(self.fresh, self.common, found, decide or self._by_id).items():
                found[position] = side
        return found

    def _by_id(self, clusters: Sequence[Cluster]) -> list[int]:
        """Put each cluster where the group, else the id of its first entry, puts it."""
        return [self.divider.side(self.deciding_mark(cluster.first)) for cluster in clusters]

    def deciding_mark(self, position: int) -> bytes:
        """Return the mark that puts an entry, and all that hang together with it, where nothing else does."""
        group = self.common[position].group
        return self.marks[position] if group == NO_GROUP else self.divider.mark(b"group " + group)


def sides_of(workspace: Workspace, dataset: Dataset) -> Sides | None:
    """Return the side of every entry of a dataset; None if it is not divided.

    Raises:
        DamagedError: what is needed of it is missing or damaged.
    """
    partition = dataset.settings.partition
    if partition is None:
        return None
    entries = Entries(workspace, dataset, partition)
    return Sides(dataset, partition, bytes(entries.sides()), len(entries.fresh))
